"""Roles of the whole centre: the centre gives them, no employer does, and nobody gives one to themselves."""

from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from nhc.access import EMPLOYERS_GIVE, ROLES
from nhc.actors import Actor
from partners.models import Invitation, Membership
from partners.services import invitations
from partners.services import people as services
from partners.services.invitations import Place
from tests.cast import MAKER, NOW, Cast
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
    return services.give_centre_role(user=people.bashir, team=people.backbone, role=role, starts_at=NOW, by=by, at=NOW)


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
            services.give_centre_role(
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
