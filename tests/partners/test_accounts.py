"""Accounts that are closed, sessions that are ended, people who are helped back in: by whoever runs the service."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from nhc.models import AuditEvent, OutboxJob
from partners import permissions
from partners.models import AreaAppointment, Employment, Membership
from partners.permissions import NotVisible, Viewer
from partners.services import accounts, areas
from partners.services import people as people_services
from tests.cast import MAKER, NOW, Cast
from tests.factories import LONG_AGO, AreaAppointmentFactory, AreaFactory, MembershipFactory
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

ALICE = "alice@example.org"


def run(name: str, *given: str) -> str:
    said = StringIO()
    call_command(name, *given, stdout=said)
    return said.getvalue()


def is_signed_in(browser: Client) -> bool:
    return bool(browser.get("/session/").json()["seconds"])


def test_a_closed_account_signs_nobody_in_and_everything_of_theirs_has_ended(people: Cast) -> None:
    people.alice.set_password("lantern gravel otter")
    people.alice.save()
    employment = people.alice.employments.get()
    people_services.set_administrator(employment=employment, administrator=True, by=MAKER, at=NOW)
    MembershipFactory.create(user=people.alice, team=people.backbone, role="peer", starts_at=NOW + timedelta(days=3))
    AreaAppointmentFactory.create(user=people.alice)
    browser = signed_in(people.alice)
    assert "is closed" in run("deactivateuser", ALICE)
    assert not is_signed_in(browser)
    answer = Client().post("/sign-in/", {"username": ALICE, "password": "lantern gravel otter"})
    assert "The email address or password is not right" in words(answer)
    for kind in (Employment, Membership, AreaAppointment):
        assert not kind.objects.filter(user=people.alice).exclude(ends_at__lte=NOW).exists()
    with pytest.raises(NotVisible):
        permissions.get_centre_for(Viewer.user(people.alice), "riverside", NOW)
    assert AuditEvent.objects.get(verb="user.deactivated").subject_id == str(people.alice.pk)


def test_closing_twice_is_closing_once(people: Cast) -> None:
    for _ in range(2):
        accounts.deactivate(user=people.alice, by=MAKER, at=NOW)
    assert AuditEvent.objects.filter(verb="user.deactivated").count() == 1


def test_somebody_is_signed_out_everywhere_and_nobody_else_is(people: Cast) -> None:
    browsers = [signed_in(people.alice), signed_in(people.alice), signed_in(people.bashir)]
    assert "2 ended" in run("endsessions", ALICE)
    assert [is_signed_in(browser) for browser in browsers] == [False, False, True]
    assert "0 ended" in run("endsessions", ALICE)
    assert AuditEvent.objects.filter(verb="user.sessions-ended").count() == 2


def test_somebody_who_lost_every_factor_is_helped_once_it_is_known_who_it_is(people: Cast) -> None:
    for kind in ("totp", "webauthn", "recovery_codes"):
        Authenticator.objects.create(user=people.alice, type=kind, data={})
    Authenticator.objects.create(user=people.bashir, type="totp", data={})
    browser = signed_in(people.alice)
    run("removefactors", ALICE, "--checked", "in-person")
    assert [each.user for each in Authenticator.objects.all()] == [people.bashir]
    assert not is_signed_in(browser)
    event = AuditEvent.objects.get(verb="user.factors-removed")
    assert event.details == {"checked": "in-person", "factors": 3}
    job = OutboxJob.objects.get(task="nhc.tasks.send_account_notice")
    assert job.arguments == {"user_id": people.alice.pk, "change": "factors-removed"}
    with pytest.raises(CommandError, match="no second factor"):
        run("removefactors", ALICE, "--checked", "in-person")


@pytest.mark.parametrize("name", ["removefactors", "passwordlink"])
def test_how_it_was_checked_has_to_be_said(people: Cast, name: str) -> None:
    for given in ((), ("--checked", "it felt right")):
        with pytest.raises(CommandError, match="--checked"):
            run(name, ALICE, *given)
    with pytest.raises(ValidationError, match="how you checked"):
        accounts.remove_factors(user=people.alice, checked="", by=MAKER, at=NOW)


def test_a_handed_link_leads_to_a_new_password_and_proves_the_address(people: Cast) -> None:
    (path,) = re.findall(r"/forgotten-password/\S+", run("passwordlink", ALICE, "--checked", "employer"))
    browser = Client()
    browser.post(browser.get(path)["Location"], {"password": "violet tram marmalade"})
    people.alice.refresh_from_db()
    assert people.alice.check_password("violet tram marmalade")
    assert people.alice.address_proved_at is not None
    assert AuditEvent.objects.get(verb="user.password-link-made").details == {"checked": "employer"}


def test_an_appointment_to_an_area_ends_now(people: Cast) -> None:
    area = AreaFactory.create(code="east", name="East board")
    held = areas.appoint(user=people.dev, area=area, starts_at=LONG_AGO, by=MAKER, at=NOW)
    assert "no longer appointed to East board" in run("endappointment", "east", "dev@example.org")
    with pytest.raises(NotVisible):
        permissions.get_area_for(Viewer.user(people.dev), "east", NOW)
    with pytest.raises(ValidationError, match="ended already"):
        areas.end_appointment(appointment=held, ends_at=NOW, by=MAKER, at=NOW)
    assert AuditEvent.objects.filter(verb="area.appointment-ended").count() == 1


def test_an_appointment_that_has_not_begun_is_withdrawn_and_none_ends_in_the_past(people: Cast) -> None:
    tomorrow = NOW + timedelta(days=1)
    held = areas.appoint(user=people.dev, area=AreaFactory.create(), starts_at=tomorrow, by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="passed already"):
        areas.end_appointment(appointment=held, ends_at=NOW - timedelta(days=1), by=MAKER, at=NOW)
    areas.end_appointment(appointment=held, ends_at=NOW, by=MAKER, at=NOW)
    assert not AreaAppointment.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        ("deactivateuser", "nobody@example.org"),
        ("endsessions", "nobody@example.org"),
        ("removefactors", "nobody@example.org", "--checked", "video"),
        ("passwordlink", "nobody@example.org", "--checked", "video"),
        ("endappointment", "east", "nobody@example.org"),
    ],
)
def test_an_address_of_nobody_is_said(people: Cast, given: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"nobody@example\.org"):
        run(*given)
