"""Who employs people, where they work, who looks after them, and when each of these ends by itself."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from nhc import clock
from nhc.access import ROLES
from nhc.models import AuditEvent, User
from partners import permissions
from partners.models import Employment, Membership, Organisation
from partners.permissions import Audience, NotVisible, Viewer
from partners.queries import people as people_queries
from partners.services import people
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.factories import LONG_AGO, EmploymentFactory, MembershipFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=30)


@pytest.fixture
def people_here() -> Cast:
    """Give the cast."""
    return cast.gather()


def employment(user: User, organisation: Organisation) -> Employment:
    return Employment.objects.get(user=user, organisation=organisation)


def administer(user: User, organisation: Organisation) -> Employment:
    return people.set_administrator(employment=employment(user, organisation), administrator=True, by=MAKER, at=NOW)


def codes(user: User, at: datetime = NOW) -> list[str]:
    return [each.code for each in permissions.administered_organisations(Viewer.user(user), at)]


def test_a_person_holds_several_roles_at_several_centres(people_here: Cast) -> None:
    homes = TeamFactory.create(organisation=people_here.housing, centre=people_here.hillside)
    MembershipFactory.create(user=people_here.alice, team=homes, role="peer")
    MembershipFactory.create(user=people_here.alice, team=people_here.backbone, role="practitioner")
    standing = people_queries.standing(people_here.alice.pk, NOW)
    assert sorted(placement.role for placement in standing.placements) == ["manager", "peer", "practitioner"]
    assert standing.employers == {people_here.trust.pk}


def test_a_person_has_two_employers_or_none(people_here: Cast) -> None:
    people.add_employment(
        user=people_here.carol, organisation=people_here.council, starts_at=LONG_AGO, by=MAKER, at=NOW
    )
    carol, dev = (people_queries.standing(user.pk, NOW) for user in (people_here.carol, people_here.dev))
    assert carol.employers == {people_here.charity.pk, people_here.council.pk}
    assert dev.employers == frozenset()


def test_one_role_in_a_team_is_held_once_at_a_time(people_here: Cast) -> None:
    with pytest.raises(ValidationError, match="already has this role"):
        people.add_membership(
            user=people_here.alice, team=people_here.backbone, role="manager", starts_at=NOW, by=MAKER, at=NOW
        )


def test_an_organisation_employs_a_person_once_at_a_time(people_here: Cast) -> None:
    with pytest.raises(ValidationError, match="already employs"):
        people.add_employment(user=people_here.alice, organisation=people_here.trust, starts_at=NOW, by=MAKER, at=NOW)


def test_where_a_person_stands_is_one_query(
    people_here: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    administer(people_here.alice, people_here.trust)
    people.set_line_manager(
        employment=employment(people_here.bashir, people_here.trust),
        line_manager=people_here.alice,
        by=MAKER,
        at=NOW,
    )
    with django_assert_num_queries(1):  # employments, placements, areas and people managed together
        standing = people_queries.standing(people_here.alice.pk, NOW)
    assert standing.administers == {people_here.trust.pk}
    assert standing.manages


def test_a_placement_lapses_by_itself_at_its_instant(people_here: Cast) -> None:
    people.add_membership(
        user=people_here.dev,
        team=people_here.backbone,
        role="practitioner",
        starts_at=NOW,
        ends_at=LATER,
        by=MAKER,
        at=NOW,
    )
    viewer = Viewer.user(people_here.dev)
    for instant in (NOW, LATER - timedelta(microseconds=1)):
        assert permissions.get_centre_for(viewer, "riverside", instant).audience is Audience.MEMBER
    for instant in (NOW - timedelta(microseconds=1), LATER):
        with pytest.raises(NotVisible):
            permissions.get_centre_for(viewer, "riverside", instant)


def test_ending_an_employment_ends_placements_in_its_own_teams_alone(people_here: Cast) -> None:
    door = TeamFactory.create(organisation=people_here.charity, centre=people_here.riverside)
    elsewhere = MembershipFactory.create(user=people_here.alice, team=door)
    people.end_employment(employment=employment(people_here.alice, people_here.trust), ends_at=LATER, by=MAKER, at=NOW)
    assert Membership.objects.get(user=people_here.alice, team=people_here.backbone).ends_at == LATER
    elsewhere.refresh_from_db()
    assert elsewhere.ends_at is None
    assert AuditEvent.objects.filter(verb="membership.ended", organisation="ZZ001").count() == 1


def test_what_has_not_begun_is_withdrawn(people_here: Cast) -> None:
    starts = people.add_membership(
        user=people_here.dev, team=people_here.backbone, role="peer", starts_at=LATER, by=MAKER, at=NOW
    )
    people.end_membership(membership=starts, ends_at=NOW, by=MAKER, at=NOW)
    assert not Membership.objects.filter(user=people_here.dev).exists()
    assert AuditEvent.objects.filter(verb="membership.ended", subject_id=str(people_here.dev.pk)).count() == 1


def test_what_is_over_stays_over(people_here: Cast) -> None:
    membership = Membership.objects.get(user=people_here.alice)
    people.end_membership(membership=membership, ends_at=NOW, by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="ended already"):
        people.end_membership(membership=membership, ends_at=LATER, by=MAKER, at=NOW)


def test_nothing_ends_in_the_past(people_here: Cast) -> None:
    with pytest.raises(ValidationError, match="passed already"):
        people.end_employment(
            employment=employment(people_here.carol, people_here.charity),
            ends_at=NOW - timedelta(days=1),
            by=MAKER,
            at=NOW,
        )


def test_the_last_administrator_stays(people_here: Cast) -> None:
    held = administer(people_here.alice, people_here.trust)
    with pytest.raises(ValidationError, match="last administrator"):
        people.set_administrator(employment=held, administrator=False, by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="last administrator"):
        people.end_employment(employment=held, ends_at=LATER, by=MAKER, at=NOW)
    administer(people_here.bashir, people_here.trust)
    people.set_administrator(employment=held, administrator=False, by=MAKER, at=NOW)
    assert (codes(people_here.alice), codes(people_here.bashir)) == ([], ["ZZ001"])


def test_an_administrator_who_leaves_earlier_does_not_count(people_here: Cast) -> None:
    held = administer(people_here.alice, people_here.trust)
    leaving = administer(people_here.bashir, people_here.trust)
    people.end_employment(employment=leaving, ends_at=NOW + timedelta(days=1), by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="last administrator"):
        people.end_employment(employment=held, ends_at=LATER, by=MAKER, at=NOW)


def test_of_two_administrators_only_one_may_have_an_end(people_here: Cast) -> None:
    first, second = (administer(user, people_here.trust) for user in (people_here.alice, people_here.bashir))
    people.end_employment(employment=first, ends_at=LATER, by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="last administrator"):
        people.end_employment(employment=second, ends_at=NOW + timedelta(days=10), by=MAKER, at=NOW)


def test_looking_after_people_lapses_with_the_employment(people_here: Cast) -> None:
    held = administer(people_here.alice, people_here.trust)
    administer(people_here.bashir, people_here.trust)
    people.end_employment(employment=held, ends_at=LATER, by=MAKER, at=NOW)
    assert codes(people_here.alice, LATER - timedelta(microseconds=1)) == ["ZZ001"]
    assert codes(people_here.alice, LATER) == []


def test_a_line_manager_has_the_same_employer(people_here: Cast) -> None:
    held = employment(people_here.alice, people_here.trust)
    with pytest.raises(ValidationError, match="same employer"):
        people.set_line_manager(employment=held, line_manager=people_here.carol, by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="own line manager"):
        people.set_line_manager(employment=held, line_manager=people_here.alice, by=MAKER, at=NOW)


def test_a_line_manager_sees_placements_that_no_other_employer_manages(people_here: Cast) -> None:
    manager = UserFactory.create()
    EmploymentFactory.create(user=manager, organisation=people_here.trust)
    people.set_line_manager(
        employment=employment(people_here.bashir, people_here.trust), line_manager=manager, by=MAKER, at=NOW
    )
    seen = permissions.get_managed_for(Viewer.user(manager), people_here.bashir.pk, NOW)
    assert [each.team.name for each in seen.placements] == ["Backbone", "Front door"]
    EmploymentFactory.create(user=people_here.bashir, organisation=people_here.charity)
    seen = permissions.get_managed_for(Viewer.user(manager), people_here.bashir.pk, NOW)
    assert [each.team.name for each in seen.placements] == ["Backbone"]
    with pytest.raises(NotVisible):
        permissions.get_managed_for(Viewer.user(manager), people_here.alice.pk, NOW)


def test_a_person_is_seen_by_themselves_their_manager_and_their_administrators(people_here: Cast) -> None:
    administer(people_here.alice, people_here.trust)
    for viewer in (people_here.bashir, people_here.alice):
        assert permissions.get_person_for(Viewer.user(viewer), people_here.bashir.pk, NOW) == people_here.bashir
    for viewer, other in ((people_here.carol, people_here.bashir), (people_here.alice, people_here.carol)):
        with pytest.raises(NotVisible):
            permissions.get_person_for(Viewer.user(viewer), other.pk, NOW)


def test_a_line_manager_who_left_sees_nobody(people_here: Cast) -> None:
    manager = UserFactory.create()
    held = EmploymentFactory.create(user=manager, organisation=people_here.trust)
    EmploymentFactory.create(user=manager, organisation=people_here.council)
    bashir = people_here.bashir
    people.set_line_manager(employment=employment(bashir, people_here.trust), line_manager=manager, by=MAKER, at=NOW)
    Membership.objects.filter(user=bashir, team=people_here.backbone).update(line_manager=manager)
    assert permissions.get_managed_for(Viewer.user(manager), bashir.pk, NOW).placements
    people.end_employment(employment=held, ends_at=LATER, by=MAKER, at=NOW)
    assert not people_queries.standing(manager.pk, LATER).manages
    assert permissions.managed_people(Viewer.user(manager), LATER) == []
    with pytest.raises(NotVisible):
        permissions.get_managed_for(Viewer.user(manager), bashir.pk, LATER)


def test_every_role_says_who_holds_it_and_what_it_lets_them_do() -> None:
    assert len(ROLES) == 12
    for role in ROLES.values():
        assert role.held_by.endswith(".")
        assert role.permissions


@pytest.mark.parametrize("email", ["wren@example.org", "carol@example.org", "ALICE@example.org"])
def test_the_first_administrator_comes_from_the_command_line(people_here: Cast, email: str) -> None:
    for _ in range(2):
        call_command("addadministrator", "ZZ001", email, "Wren", stdout=StringIO())
    user = User.objects.get(email=email.lower())
    assert [each.code for each in permissions.administered_organisations(Viewer.user(user), clock.now())] == ["ZZ001"]


@pytest.mark.parametrize(
    ("code", "email", "sentence"),
    [("ZZ999", "wren@example.org", "No organisation has the code"), ("ZZ001", "no address", "valid email address")],
)
def test_the_command_says_what_is_wrong(people_here: Cast, code: str, email: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("addadministrator", code, email, "Wren", stdout=StringIO())
