"""Roles of the whole centre: the centre gives them, no employer does, and nobody gives one to themselves."""

from datetime import timedelta
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from nhc.access import EMPLOYERS_GIVE, ROLES
from nhc.actors import Actor
from nhc.models import AuditEvent
from partners.models import Invitation, Membership, Partnership
from partners.services import centre_roles, invitations
from partners.services import people as services
from partners.services.invitations import Place
from tests.cast import MAKER, NOW, TODAY, Cast
from tests.factories import LONG_AGO, MembershipFactory
from tests.partners.pages import signed_in, words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", sorted(set(ROLES) - EMPLOYERS_GIVE))
def test_an_administrator_gives_no_role_of_the_whole_centre(people: Cast, role: str) -> None:
    with pytest.raises(ValidationError, match="Ask the centre manager"):
        services.add_membership(
            user=people.bashir, team=people.backbone, role=role, starts_at=NOW, by=Actor.user(people.alice), at=NOW
        )


def invite(people: Cast, role: str, email: str) -> Invitation:
    return invitations.invite(
        organisation=people.trust,
        email=email,
        name="Wren",
        employed_from=NOW,
        place=Place(people.backbone, role),
        inviter=people.alice,
        by=Actor.user(people.alice),
        at=NOW,
    )


def test_an_invitation_holds_no_role_of_the_whole_centre(people: Cast) -> None:
    with pytest.raises(ValidationError, match="Ask the centre manager"):
        invite(people, "privacy", "wren@example.org")


def test_nobody_places_themselves(people: Cast) -> None:
    with pytest.raises(ValidationError, match="cannot give yourself"):
        services.add_membership(
            user=people.alice, team=people.backbone, role="peer", starts_at=NOW, by=Actor.user(people.alice), at=NOW
        )
    with pytest.raises(ValidationError, match="cannot give yourself"):
        invite(people, "peer", " ALICE@example.org")


@pytest.mark.usefixtures("at_noon")
def test_the_form_offers_no_role_of_the_whole_centre(people: Cast) -> None:
    services.set_administrator(employment=people.alice.employments.get(), administrator=True, by=MAKER, at=NOW)
    page = words(signed_in(people.alice).get(f"/organisations/ZZ001/people/{people.bashir.pk}/place/"))
    assert "Privacy officer" not in page
    assert "Ask the centre manager" in page


def give(people: Cast, role: str = "privacy", *, by: Actor) -> Membership:
    return centre_roles.give_centre_role(
        user=people.bashir, team=people.backbone, role=role, starts_at=NOW, by=by, at=NOW
    )


def test_the_manager_gives_a_role_of_the_centre(people: Cast) -> None:
    assert give(people, by=Actor.user(people.alice)).role == "privacy"


def test_others_do_not_give_it(people: Cast) -> None:
    for user in (people.bashir, people.operator):
        with pytest.raises(ValidationError, match="Only the manager"):
            give(people, by=Actor.user(user))
    with pytest.raises(ValidationError, match="not a role that the centre gives"):
        give(people, "peer", by=Actor.user(people.alice))


def test_the_manager_gives_it_to_one_of_the_organisations_people_other_than_themselves(people: Cast) -> None:
    for user, sentence in ((people.alice, "cannot give yourself"), (people.carol, "does not work for")):
        with pytest.raises(ValidationError, match=sentence):
            centre_roles.give_centre_role(
                user=user, team=people.backbone, role="safety", starts_at=NOW, by=Actor.user(people.alice), at=NOW
            )


def test_the_command_line_gives_the_first_manager(people: Cast) -> None:
    call_command("givecentrerole", "riverside", "ZZ002", "carol@example.org", "manager", stdout=StringIO())
    assert Membership.objects.get(user=people.carol).role == "manager"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("riverside", "ZZ002", "nobody@example.org", "manager"), "Nobody signs in"),
        (("hillside", "ZZ002", "carol@example.org", "manager"), "no team at"),
        (("riverside", "ZZ999", "carol@example.org", "manager"), "no team at"),
        (("riverside", "ZZ002", "carol@example.org", "peer"), "not a role that the centre gives"),
    ],
)
def test_the_command_says_what_is_wrong(people: Cast, given: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("givecentrerole", *given, stdout=StringIO())


def end(membership: Membership, *, by: Actor) -> None:
    centre_roles.end_centre_role(placement=membership, by=by, at=NOW)


def test_the_manager_ends_a_role_at_once(people: Cast) -> None:
    given = give(people, by=Actor.user(people.alice))
    Membership.objects.filter(pk=given.pk).update(starts_at=LONG_AGO)
    end(given, by=Actor.user(people.alice))
    given.refresh_from_db()
    assert given.ends_at == NOW
    event = AuditEvent.objects.get(verb="membership.ended")
    assert (event.centre, event.user_id) == ("riverside", people.alice.pk)


def test_others_end_none_and_nobody_ends_what_an_employer_gave(people: Cast) -> None:
    given = give(people, by=MAKER)
    for user in (people.bashir, people.operator, people.dev):
        with pytest.raises(ValidationError, match="Only the manager"):
            end(given, by=Actor.user(user))
    with pytest.raises(ValidationError, match="The employer gives"):
        end(people.bashir.memberships.filter(role="submitter")[0], by=Actor.user(people.alice))


def test_the_last_manager_stays(people: Cast) -> None:
    own = people.alice.memberships.get()
    with pytest.raises(ValidationError, match="last manager"):
        end(own, by=Actor.user(people.alice))
    second = give(people, "manager", by=Actor.user(people.alice))
    Membership.objects.filter(pk=second.pk).update(ends_at=NOW + timedelta(days=1))
    with pytest.raises(ValidationError, match="last manager"):
        end(own, by=Actor.user(people.alice))
    Membership.objects.filter(pk=second.pk).update(ends_at=None)
    end(own, by=Actor.user(people.alice))
    with pytest.raises(ValidationError, match="Only the manager"):
        end(second, by=Actor.user(people.alice))


def test_a_manager_whose_partnership_ended_gives_nothing(people: Cast) -> None:
    Partnership.objects.filter(organisation=people.trust).update(until_date=TODAY)
    with pytest.raises(ValidationError, match="Only the manager"):
        give(people, by=Actor.user(people.alice))


ROLES_PAGE = "/centres/riverside/roles/"


@pytest.mark.usefixtures("at_noon")
class TestPages:
    def test_the_manager_gives_and_ends_a_role(self, people: Cast) -> None:
        browser = signed_in(people.alice)
        assert "Roles of the centre" in words(browser.get("/centres/riverside/directory/"))
        sent = {"email": "OPERATOR@example.org", "role": "safety"}
        page = words(browser.post(f"{ROLES_PAGE}give/", sent, follow=True))
        assert "Operator is now safety officer" in page
        assert "Service desk Borough Council" in page
        given = people.operator.memberships.get(role="safety")
        assert "End this role?" in words(browser.get(f"{ROLES_PAGE}{given.pk}/end/"))
        assert "no longer safety officer" in words(browser.post(f"{ROLES_PAGE}{given.pk}/end/", follow=True))
        assert not people.operator.memberships.filter(role="safety").exists()

    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"email": "carol@example.org", "role": "safety"}, "Nobody with this address works here"),
            ({"email": "alice@example.org", "role": "safety"}, "You cannot give yourself a role"),
            ({"email": "operator@example.org", "role": "peer"}, "Select a role"),
            ({"email": "bashir@example.org", "role": "lead"}, "works: Backbone, Front door"),
            ({"email": "operator@example.org", "role": "operator"}, "already has this role"),
            ({"email": "x\0@example.org", "role": "lead"}, "email"),
        ],
    )
    def test_what_cannot_be_given_is_said(self, people: Cast, sent: dict[str, str], sentence: str) -> None:
        before = Membership.objects.count()
        refused = signed_in(people.alice).post(f"{ROLES_PAGE}give/", sent)
        assert refused.status_code == 422
        assert sentence in words(refused)
        assert Membership.objects.count() == before

    def test_of_two_teams_the_chosen_one_counts(self, people: Cast) -> None:
        sent = {"email": "bashir@example.org", "role": "lead", "team": str(people.backbone.pk)}
        assert signed_in(people.alice).post(f"{ROLES_PAGE}give/", sent).status_code == 302
        assert people.bashir.memberships.get(role="lead").team == people.backbone

    def test_the_last_manager_is_told(self, people: Cast) -> None:
        refused = signed_in(people.alice).post(f"{ROLES_PAGE}{people.alice.memberships.get().pk}/end/")
        assert refused.status_code == 409
        assert "This is the centre's last manager." in words(refused)

    def test_a_lead_gives_no_roles(self, people: Cast) -> None:
        give(people, "lead", by=MAKER)
        browser = signed_in(people.bashir)
        assert "Roles of the centre" not in words(browser.get("/centres/riverside/directory/"))
        assert browser.get(ROLES_PAGE).status_code == 403

    def test_a_second_factor_comes_first(self, people: Cast, settings: LazySettings) -> None:
        settings.SECOND_FACTOR_REQUIRED = True
        assert signed_in(people.alice).get(ROLES_PAGE).status_code == 302

    def test_the_list_costs_the_same_however_long(
        self, people: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(60):
            MembershipFactory.create(user__name=f"Member {number:02}", team=people.backbone, role="board")
        browser = signed_in(people.alice)
        with django_assert_max_num_queries(7):
            page = browser.get(ROLES_PAGE)
        assert "Member 40" in words(page)
        assert "Member 59" not in words(page)
