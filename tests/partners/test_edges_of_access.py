"""The edges of who may do what: each condition of a permission, held against somebody just beyond it."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission as ModelPermission

from nhc.actors import Actor
from nhc.models import User
from partners.models import CentreException
from partners.permissions import Audience, NotVisible, Viewer, get_centre_for
from partners.permissions.agreements import get_agreement_for
from partners.permissions.induction import get_draft_step, get_induction_for
from partners.permissions.people import get_person_for
from partners.permissions.viewers import permissions_of
from partners.queries import people as people_queries
from partners.queries import staff
from partners.queries.exceptions import of_centre, standing_exceptions
from partners.services import exceptions, invitations
from tests.cast import MAKER, NOW, Cast
from tests.factories import (
    EmploymentFactory,
    InvitationFactory,
    MembershipFactory,
    TeamFactory,
    UserFactory,
)
from tests.partners import agreements as made
from tests.partners.pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

DAY = timedelta(days=1)


def placed(people: Cast, role: str) -> User:
    return MembershipFactory.create(team=people.backbone, role=role).user


@pytest.mark.parametrize(
    ("role", "may"), [("linemanager", (False, False)), ("practitioner", (True, False)), ("manager", (True, True))]
)
def test_an_agreement_is_drafted_by_some_and_opened_by_fewer(people: Cast, role: str, may: tuple[bool, bool]) -> None:
    kind = made.opened(people.riverside, at=NOW).agreement.kind
    found = get_agreement_for(Viewer.user(placed(people, role)), "riverside", kind, NOW)
    assert (found.may_draft, found.may_open) == may


def test_exact_totals_come_with_the_place_at_a_partner_that_is_bound(people: Cast) -> None:
    begun = NOW - 60 * DAY
    version = made.opened(people.riverside, at=begun, sign_by=date(2026, 2, 25))
    made.signed(version, people.trust, at=begun)
    user = placed(people, "linemanager")
    team = TeamFactory.create(organisation=people.charity, centre=people.riverside)
    MembershipFactory.create(user=user, team=team, role="practitioner")
    assert get_centre_for(Viewer.user(user), "riverside", NOW).audience is Audience.OUTSIDE
    made.signed(version, people.charity, at=NOW)
    assert get_centre_for(Viewer.user(user), "riverside", NOW).audience is Audience.MEMBER


def test_a_role_that_is_no_more_gives_nothing() -> None:
    assert permissions_of(["practitioner", "abolished"]) == permissions_of(["practitioner"])


def test_an_induction_is_gone_through_at_its_own_centre(people: Cast) -> None:
    user = placed(people, "practitioner")
    MembershipFactory.create(user=user, team=TeamFactory.create(organisation=people.housing, centre=people.hillside))
    induction = made.inducted(user, made.pack(people.hillside, at=NOW), at=NOW)
    assert get_induction_for(Viewer.user(user), "hillside", induction.pk, NOW)[1] == induction
    with pytest.raises(NotVisible):
        get_induction_for(Viewer.user(user), "riverside", induction.pk, NOW)


def test_a_step_of_a_pack_in_use_is_not_written(people: Cast) -> None:
    step = made.pack(people.riverside, at=NOW).steps.first()
    assert step is not None
    with pytest.raises(NotVisible):
        get_draft_step(Viewer.user(people.alice), "riverside", step.pk, NOW)


def test_a_person_who_is_asked_for_is_the_one_who_is_shown(people: Cast) -> None:
    manager = EmploymentFactory.create(organisation=people.trust).user
    first, second = (
        EmploymentFactory.create(organisation=people.trust, line_manager=manager, user__name=name).user
        for name in ("Aaron", "Zoe")
    )
    for viewer, shown in ((manager, manager), (manager, first), (manager, second), (second, second)):
        assert get_person_for(Viewer.user(viewer), shown.pk, NOW) == shown


def test_an_exception_of_another_kind_or_for_later_opens_nothing(people: Cast) -> None:
    made_now = exceptions.grant_exception(
        user=people.dev, centre=people.riverside, reason="Audit", expires_at=NOW + 9 * DAY, by=_officer(people), at=NOW
    )
    assert list(standing_exceptions(people.dev.pk, NOW)) == [made_now]
    assert list(standing_exceptions(people.dev.pk, NOW - DAY)) == []
    other = UserFactory.create()
    CentreException.objects.create(
        user=other,
        content_object=people.riverside,
        permission=ModelPermission.objects.get(content_type__app_label="partners", codename="change_centre"),
        reason="Audit",
        granted_by=people.alice,
        granted_at=NOW,
        expires_at=NOW + DAY,
    )
    assert list(standing_exceptions(other.pk, NOW)) == []
    assert list(of_centre(people.hillside)) == []


def _officer(people: Cast) -> Actor:
    return Actor.user(placed(people, "privacy"))


def test_an_ended_exception_and_a_withdrawn_invitation_are_not_ended_again(people: Cast) -> None:
    officer = placed(people, "privacy")
    one = exceptions.grant_exception(
        user=people.dev,
        centre=people.riverside,
        reason="Audit",
        expires_at=NOW + 9 * DAY,
        by=Actor.user(officer),
        at=NOW,
    )
    client = signed_in(officer)
    assert client.get(f"/exceptions/{one.pk}/end/").status_code == 200
    exceptions.revoke_exception(exception=one, by=Actor.user(officer), at=NOW)
    assert client.get(f"/exceptions/{one.pk}/end/").status_code == 404
    EmploymentFactory.create(user=people.dev, organisation=people.trust, administrator=True)
    invitation = InvitationFactory.create(organisation=people.trust)
    administrator = signed_in(people.dev)
    page = f"/organisations/ZZ001/invitations/{invitation.pk}/withdraw/"
    assert administrator.get(page).status_code == 200
    invitations.withdraw(invitation=invitation, by=MAKER, at=NOW)
    assert administrator.get(page).status_code == 404


def manages(user: User) -> bool:
    return people_queries.standing(user.pk, NOW).manages


def test_whoever_manages_nobody_now_is_no_line_manager(people: Cast) -> None:
    manager, former = (EmploymentFactory.create(organisation=people.trust).user for _ in range(2))
    EmploymentFactory.create(organisation=people.trust, line_manager=manager)
    EmploymentFactory.create(organisation=people.trust, line_manager=former, ends_at=NOW)
    MembershipFactory.create(team=people.backbone, line_manager=former, ends_at=NOW)
    assert (manages(manager), manages(former), manages(people.bashir)) == (True, False, False)


def test_a_line_manager_by_placement_is_one_while_it_lasts(people: Cast) -> None:
    manager, bystander = (EmploymentFactory.create(organisation=people.trust).user for _ in range(2))
    MembershipFactory.create(team=people.backbone, line_manager=manager)
    assert (manages(manager), manages(bystander)) == (True, False)


def test_a_manager_at_a_former_employer_does_not_see_a_placement_elsewhere(people: Cast) -> None:
    manager = EmploymentFactory.create(organisation=people.trust).user
    person = EmploymentFactory.create(organisation=people.trust, ends_at=NOW - DAY).user
    team = TeamFactory.create(organisation=people.charity, centre=people.riverside)
    MembershipFactory.create(user=person, team=team, line_manager=manager)
    assert not manages(manager)
    assert list(staff.managed_by(manager.pk, NOW)) == []


def test_an_address_names_one_person_who_has_not_left(people: Cast) -> None:
    left = UserFactory.create(email="left@example.org", is_active=False)
    assert people_queries.by_email(" BASHIR@example.org ") == people.bashir
    assert people_queries.by_email(left.email) is None
