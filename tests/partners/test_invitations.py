"""Invitations: sent, withdrawn, accepted once by whoever holds the link, and silent about everybody else."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import IPv6Address
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from nhc import attempts, authentication, environment
from nhc.access import EMPLOYERS_GIVE, ROLES
from nhc.actors import Actor
from nhc.models import AuditEvent, OutboxJob, User
from partners import permissions, tasks
from partners.models import Employment, Invitation, Membership
from partners.permissions import Viewer
from partners.services import invitations
from partners.services import people as people_services
from partners.services.invitations import ClosedError, HasAccountError, NotProvedError, Place
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.conftest import Database
from tests.factories import EmploymentFactory, TeamFactory, UserFactory
from tests.partners.pages import signed_in, words

PASSWORD = "lantern gravel otter"
LATER = NOW + timedelta(days=30)

in_a_transaction = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


@pytest.fixture(autouse=True)
def public_address(settings: LazySettings) -> None:
    """Let links lead to an address of the tests."""
    settings.PUBLIC_URL = "https://backbone.example"


@pytest.fixture
def visitor() -> Client:
    """Return a browser at a network address whose attempts no other test counts."""
    return Client(REMOTE_ADDR=str(IPv6Address((0x2A00 << 112) | (uuid4().int >> 16))))


def invite(people: Cast, email: str = "wren@example.org", place: Place | None = None) -> Invitation:
    return invitations.invite(
        organisation=people.trust,
        email=email,
        name="Wren",
        employed_from=NOW,
        place=place,
        inviter=people.alice,
        by=Actor.user(people.alice),
        at=NOW,
    )


def accept(invitation: Invitation, **later: int) -> User:
    return invitations.accept_as_new(
        invitation=invitation, name="Wren Hale", password=PASSWORD, by=MAKER, at=NOW + timedelta(**later)
    )


def address(invitation: Invitation) -> str:
    return f"/invitations/{invitations.token_of(invitation)}/"


class TestServices:
    pytestmark = in_a_transaction

    def test_accepting_begins_employment_and_placement(self, people: Cast) -> None:
        invitation = invite(people, place=Place(people.backbone, "practitioner", LATER))
        user = accept(invitation, days=1)
        employment, placement = Employment.objects.get(user=user), Membership.objects.get(user=user)
        assert (employment.organisation, employment.starts_at) == (people.trust, NOW + timedelta(days=1))
        assert (placement.team, placement.role, placement.ends_at) == (people.backbone, "practitioner", LATER)
        assert user.check_password(PASSWORD)
        invitation.refresh_from_db()
        assert invitation.user == user

    @pytest.mark.parametrize("role", sorted(set(ROLES) - EMPLOYERS_GIVE))
    def test_an_older_invitation_gives_no_role_of_the_whole_centre(
        self, people: Cast, visitor: Client, role: str
    ) -> None:
        invitation = invite(people, place=Place(people.backbone, "practitioner"))
        Invitation.objects.filter(pk=invitation.pk).update(role=role)
        page = words(visitor.get(address(invitation)))
        assert "names a role that only the centre gives" in page
        user = accept(invitation)
        assert user.employments.get().organisation == people.trust
        assert not user.memberships.exists()

    def test_a_link_opens_once(self, people: Cast) -> None:
        invitation = invite(people)
        accept(invitation)
        with pytest.raises(ClosedError):
            accept(invitation)

    @pytest.mark.parametrize(("days", "opens"), [(6, True), (7, False)])
    def test_a_link_expires_at_its_instant(self, people: Cast, days: int, opens: bool) -> None:
        invitation = invite(people)
        assert invitations.is_open(invitation, NOW + timedelta(days=days)) is opens
        if not opens:
            with pytest.raises(ClosedError):
                accept(invitation, days=days)

    def test_a_withdrawn_link_does_not_open(self, people: Cast) -> None:
        invitation = invite(people)
        for _ in range(2):
            invitations.withdraw(invitation=invitation, by=MAKER, at=NOW)
        with pytest.raises(ClosedError):
            accept(invitation)
        assert AuditEvent.objects.filter(verb="invitation.withdrawn").count() == 1

    def test_one_accepted_cannot_be_withdrawn(self, people: Cast) -> None:
        invitation = invite(people)
        accept(invitation)
        with pytest.raises(ClosedError):
            invitations.withdraw(invitation=invitation, by=MAKER, at=NOW)

    def test_an_address_has_one_open_invitation_of_an_organisation(self, people: Cast) -> None:
        invite(people)
        with pytest.raises(ValidationError, match="open invitation"):
            invite(people, email=" WREN@example.org")

    def test_an_expired_invitation_makes_room(self, people: Cast) -> None:
        old = invite(people)
        Invitation.objects.filter(pk=old.pk).update(created_at=NOW - timedelta(days=8), expires_at=NOW)
        assert invite(people).pk != old.pk

    def test_an_invitation_reads_the_same_whoever_has_an_account(self, people: Cast) -> None:
        known, new = invite(people, email="carol@example.org"), invite(people)
        assert (known.name, known.expires_at, known.user) == (new.name, new.expires_at, None)

    def test_someone_with_an_account_is_not_overwritten_by_a_link(self, people: Cast) -> None:
        invitation = invite(people, email="carol@example.org")
        with pytest.raises(HasAccountError):
            accept(invitation)
        people.carol.refresh_from_db()
        assert not people.carol.has_usable_password()

    def test_someone_with_an_account_joins_a_second_employer(self, people: Cast) -> None:
        invitation = invite(people, email="carol@example.org")
        authentication.prove_address(user=people.carol, at=NOW)
        invitations.accept_as(invitation=invitation, user=people.carol, at=NOW)
        assert {each.code for each in permissions.organisations_for(Viewer.user(people.carol), NOW)} == {
            "ZZ001",
            "ZZ002",
        }

    def test_an_account_whose_address_nobody_proved_is_given_no_place(self, people: Cast) -> None:
        """The administrator of another employer may have accepted its first invitation, and know the password."""
        accept(invite(people))
        planted = User.objects.get(email="wren@example.org")
        second = invite(people)
        with pytest.raises(NotProvedError, match="I have forgotten my password"):
            invitations.accept_as(invitation=second, user=planted, at=NOW)
        authentication.change_password(request=None, user=planted, password="violet tram marmalade", at=NOW)
        assert invitations.accept_as(invitation=second, user=planted, at=NOW) == planted

    def test_nobody_accepts_for_somebody_else(self, people: Cast) -> None:
        with pytest.raises(HasAccountError):
            invitations.accept_as(invitation=invite(people), user=people.carol, at=NOW)

    def test_a_weak_password_is_refused_and_the_link_still_opens(self, people: Cast) -> None:
        invitation = invite(people)
        with pytest.raises(ValidationError, match="too short"):
            invitations.accept_as_new(invitation=invitation, name="Wren", password="short", by=MAKER, at=NOW)
        assert accept(invitation).name == "Wren Hale"

    def test_another_organisations_team_is_no_place(self, people: Cast) -> None:
        team = TeamFactory.create(organisation=people.charity, centre=people.riverside)
        with pytest.raises(ValidationError, match="own teams"):
            invite(people, place=Place(team, "peer"))

    def test_the_token_is_stored_nowhere(self, people: Cast) -> None:
        invitation = invite(people)
        token = invitations.token_of(invitation)
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(i)::text FROM partners_invitation i WHERE id = %s", [invitation.pk])
            assert token not in cursor.fetchone()[0]
        job = OutboxJob.objects.get(task="partners.tasks.send_invitation")
        assert job.arguments == {"invitation": str(invitation.pk)}
        assert not AuditEvent.objects.filter(details__icontains="wren").exists()

    def test_the_email_holds_the_link_and_nobodys_name(self, people: Cast) -> None:
        invitation = invite(people)
        tasks.send_invitation(invitation=str(invitation.pk))
        (message,) = mail.outbox
        assert message.to == ["wren@example.org"]
        assert f"https://backbone.example{address(invitation)}" in message.body
        assert "Wren" not in message.body
        assert "Alice" not in message.body

    def test_a_withdrawn_invitation_is_not_sent(self, people: Cast) -> None:
        invitation = invite(people)
        invitations.withdraw(invitation=invitation, by=MAKER, at=NOW)
        tasks.send_invitation(invitation=str(invitation.pk))
        tasks.send_invitation(invitation=str(UUID(int=7)))
        assert mail.outbox == []

    def test_a_link_of_another_secret_key_is_not_sent(self, people: Cast, settings: LazySettings) -> None:
        invitation = invite(people)
        settings.SECRET_KEY = "another"
        tasks.send_invitation(invitation=str(invitation.pk))
        assert mail.outbox == []


class TestPages:
    pytestmark = in_a_transaction

    @pytest.fixture
    def browser(self, people: Cast) -> Client:
        """Return the browser of an administrator of the trust."""
        people_services.set_administrator(
            employment=people.alice.employments.get(), administrator=True, by=MAKER, at=NOW
        )
        return signed_in(people.alice)

    def send(self, browser: Client, **changed: object) -> str:
        data = {"name": "Wren", "email": "wren@example.org", "team": "", "role": "", "line_manager": ""}
        first_day = {"starts-day": "2", "starts-month": "4", "starts-year": "2026"}
        answer = browser.post("/organisations/ZZ001/people/invite/", data | first_day | changed)
        return answer["Location"] if answer.status_code == 302 else words(answer)

    def test_whoever_invites_does_not_see_the_link_that_is_sent(self, people: Cast, browser: Client) -> None:
        assert "They get an email" in words(browser.get("/organisations/ZZ001/people/invite/"))
        page = browser.get(self.send(browser)).content.decode()
        assert "We are sending it to wren@example.org" in page
        assert invitations.token_of(Invitation.objects.get()) not in page

    def test_where_no_email_is_sent_the_link_is_shown_once(
        self, people: Cast, browser: Client, settings: LazySettings
    ) -> None:
        settings.MAILERS = {"default": environment.mailer("NHC_NO_SUCH_ADDRESS", "none://")}
        assert "hand over yourself" in words(browser.get("/organisations/ZZ001/people/invite/"))
        shown = self.send(browser, team=str(people.backbone.pk), role="practitioner")
        page = browser.get(shown).content.decode()
        invitation = Invitation.objects.get()
        assert f"https://backbone.example{address(invitation)}" in page
        assert invitation.team == people.backbone
        assert browser.get(shown)["Location"] == "/organisations/ZZ001/invitations/"
        listed = words(browser.get("/organisations/ZZ001/invitations/"))
        assert "Wren wren@example.org" in listed
        assert invitations.token_of(invitation) not in listed

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"email": "no address"}, "Enter an email address in the correct format"),
            ({"role": "peer"}, "Select the team where they will have the role"),
            ({"team": "999999999"}, "Select team from the list"),
            ({"line_manager": "carol@example.org"}, "someone Riverside Mental Health Trust employs"),
            ({"line_manager": "nobody@example.org"}, "someone Riverside Mental Health Trust employs"),
            ({"starts-day": "1"}, "must be 2 April 2026 or later"),
            ({"until-day": "1", "until-month": "4", "until-year": "2026"}, "must be 2 April 2026 or later"),
        ],
    )
    def test_the_form_says_what_is_wrong(self, browser: Client, changed: dict[str, str], sentence: str) -> None:
        assert sentence in self.send(browser, **changed)
        assert not Invitation.objects.exists()

    def test_an_invitation_is_withdrawn_after_asking(self, people: Cast, browser: Client) -> None:
        page = f"/organisations/ZZ001/invitations/{invite(people).pk}/withdraw/"
        assert "Withdraw this invitation?" in words(browser.get(page))
        assert browser.post(page).status_code == 302
        assert browser.get(page).status_code == 404
        assert "Withdrawn" in words(browser.get("/organisations/ZZ001/invitations/"))

    def test_the_link_makes_an_account_and_signs_in(self, people: Cast, visitor: Client) -> None:
        invitation = invite(people, place=Place(people.backbone, "practitioner"))
        page = words(visitor.get(address(invitation)))
        assert "Alice invites you to work as practitioner in Backbone at Riverside centre" in page
        assert "wren@example.org" not in page
        answer = visitor.post(address(invitation), {"name": "Wren Hale", "password": PASSWORD})
        assert answer.status_code == 302
        assert visitor.get("/centres/riverside/").status_code == 200
        assert visitor.get(address(invitation)).status_code == 404

    def test_the_emailed_link_alone_proves_the_address(self, people: Cast, visitor: Client) -> None:
        for email, proved in (("wren@example.org", False), ("lark@example.org", True)):
            invitation = invite(people, email=email)
            tasks.send_invitation(invitation=str(invitation.pk))
            (sent,) = re.findall(r"https://backbone.example(\S+)", str(mail.outbox[-1].body))
            visitor.post(sent if proved else address(invitation), {"name": "Wren Hale", "password": PASSWORD})
            assert (User.objects.get(email=email).address_proved_at is not None) == proved
            visitor.logout()

    def test_the_page_says_nothing_of_who_has_an_account(self, people: Cast, visitor: Client) -> None:
        known, new = invite(people, email="carol@example.org"), invite(people)
        assert words(visitor.get(address(known))) == words(visitor.get(address(new)))

    def test_an_account_cannot_be_taken_over(self, people: Cast, visitor: Client) -> None:
        invitation = invite(people, email="carol@example.org")
        answer = visitor.post(address(invitation), {"name": "Eve", "password": PASSWORD})
        assert answer.status_code == 422
        assert "Sign in first" in words(answer)
        assert Employment.objects.filter(user=people.carol).count() == 1

    def test_someone_signed_in_accepts_with_one_click(self, people: Cast) -> None:
        invitation = invite(people, email="carol@example.org")
        authentication.prove_address(user=people.carol, at=NOW)
        carol = signed_in(people.carol)
        assert "Choose a password" not in words(carol.get(address(invitation)))
        assert carol.post(address(invitation)).status_code == 302
        assert Employment.objects.filter(user=people.carol).count() == 2
        assert signed_in(people.dev).post(address(invite(people))).status_code == 422

    def test_closed_expired_and_invented_links_look_the_same(self, people: Cast, visitor: Client) -> None:
        withdrawn = invite(people)
        invitations.withdraw(invitation=withdrawn, by=MAKER, at=NOW)
        expired = invite(people, email="late@example.org")
        Invitation.objects.filter(pk=expired.pk).update(created_at=NOW - timedelta(days=8), expires_at=NOW)
        answers = [visitor.get(page) for page in (address(withdrawn), address(expired), "/invitations/invented/")]
        assert {answer.status_code for answer in answers} == {404}
        assert len({words(answer) for answer in answers}) == 1

    def test_whoever_tries_too_often_has_to_wait(self, people: Cast, visitor: Client) -> None:
        states = [visitor.get(f"/invitations/guess-{number}/").status_code for number in range(22)]
        assert states == [404] * 20 + [429] * 2
        assert visitor.get(address(invite(people))).status_code == 429
        assert Client(REMOTE_ADDR="198.51.100.8").get(address(Invitation.objects.get())).status_code == 200

    def test_without_redis_a_link_still_opens(self, people: Cast, visitor: Client, settings: LazySettings) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        assert not attempts.too_many(attempts.Limit("test", most=0, seconds=1), "192.0.2.1")
        assert visitor.get(address(invite(people))).status_code == 200


def test_of_two_who_accept_at_once_one_joins(committed: Database) -> None:
    people = cast.gather()
    invitation = invite(people, place=Place(people.backbone, "peer"))

    def attempt(_: int) -> bool:
        try:
            accept(invitation)
        except (ClosedError, HasAccountError):
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    assert Membership.objects.filter(team=people.backbone, role="peer").count() == 1


def test_two_organisations_invite_the_same_person_at_once(committed: Database) -> None:
    people = cast.gather()
    other = UserFactory.create()
    EmploymentFactory.create(user=other, organisation=people.charity)
    second = invitations.invite(
        organisation=people.charity,
        email="wren@example.org",
        name="Wren",
        employed_from=NOW,
        inviter=other,
        by=MAKER,
        at=NOW,
    )

    def attempt(invitation: Invitation) -> bool:
        try:
            accept(invitation)
        except HasAccountError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, [invite(people), second])) == [False, True]
    assert User.objects.filter(email="wren@example.org").count() == 1
