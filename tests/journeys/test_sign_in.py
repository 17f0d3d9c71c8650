"""Signing in with a passkey and with an app, going on before a session ends, and pairing a wall screen."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as one_time_codes
from playwright.sync_api import Browser, expect

from nhc import factors
from nhc.models import User
from partners.services import people
from tests import cast
from tests.cast import MAKER, NOW
from tests.conftest import Database
from tests.dashboard import pages
from tests.factories import LONG_AGO, UserFactory
from tests.journeys.visitor import PASSWORD, someone, with_a_fingerprint_reader
from tests.serving import web

NOTE = "/centres/riverside/measures/crisis-contacts-seen-in-4h/notes/add/"


@pytest.fixture(scope="module")
def riverside(browser: Browser, committed_together: Database) -> Database:
    """Store Riverside, where everyone has a password and nobody a second factor."""
    gathered = cast.gather()
    pages.fill(gathered)
    again = UserFactory.create(email="alice-two@example.org", name="Alice Two")
    people.add_membership(user=again, team=gathered.backbone, role="manager", starts_at=LONG_AGO, by=MAKER, at=NOW)
    for user in User.objects.all():
        user.set_password(PASSWORD)
        user.save()
    return committed_together


@pytest.fixture
def strict(riverside: Database) -> Iterator[str]:
    """Serve Riverside as in production, with second factors. Passkeys need a host with a name, not a number."""
    with web(riverside, NHC_DEMO="0", DJANGO_ALLOW_ASYNC_UNSAFE="") as served:
        yield f"http://localhost:{served.port}"


@pytest.fixture
def hasty(riverside: Database) -> Iterator[str]:
    """Serve Riverside with sessions that end after eight seconds and warn for five."""
    with web(riverside, NHC_IDLE_SECONDS="8", NHC_IDLE_WARNING_SECONDS="5", DJANGO_ALLOW_ASYNC_UNSAFE="") as served:
        yield f"http://localhost:{served.port}"


@pytest.fixture
def plain(riverside: Database) -> Iterator[str]:
    """Serve Riverside as the demonstration does."""
    with web(riverside, DJANGO_ALLOW_ASYNC_UNSAFE="") as served:
        yield f"http://localhost:{served.port}"


def test_a_passkey_is_set_up_and_signs_in(browser: Browser, strict: str) -> None:
    alice = someone(browser, strict)
    with_a_fingerprint_reader(alice)
    alice.when_opens("/sign-in/")
    alice.then_the_page_is_accessible()
    alice.when_signs_in("alice@example.org", PASSWORD)
    alice.then_reads("Protect your account")
    alice.then_the_page_is_accessible()
    alice.when_opens("/centres/riverside/")
    alice.then_reads("Protect your account")
    alice.when_follows("Add a passkey")
    alice.page.get_by_label("Name of the passkey").fill("Work laptop")
    alice.then_the_page_is_accessible()
    alice.when_presses("Enter")
    alice.then_reads("Each works once")
    alice.then_the_page_is_accessible()
    alice.when_follows("I have kept them")
    alice.then_reads("Work laptop")
    alice.then_the_page_is_accessible()
    alice.page.get_by_role("button", name="Sign out", exact=True).first.click()
    alice.then_reads("You are signed out")
    alice.when_opens("/sign-in/?next=/centres/riverside/")
    alice.page.get_by_role("button", name="Sign in with a passkey").click()
    alice.page.wait_for_url("**/centres/riverside/")
    assert alice.complaints == []


def test_a_code_of_an_app_follows_the_password(browser: Browser, strict: str) -> None:
    carol = someone(browser, strict)
    carol.when_opens("/sign-in/?next=/account/one-time-codes/")
    carol.when_signs_in("carol@example.org", PASSWORD)
    carol.then_the_page_is_accessible()
    secret = carol.page.locator(".app-code").inner_text().replace(" ", "")
    counters = list(one_time_codes.yield_hotp_counters_from_time())
    carol.page.get_by_label("Code that the app shows").fill(shown(secret, counters[0]))
    carol.when_presses("Enter")
    carol.then_reads("Each works once")
    carol.page.get_by_role("button", name="Sign out", exact=True).first.click()
    carol.when_opens("/sign-in/?next=/account/")
    carol.when_signs_in("carol@example.org", PASSWORD)
    carol.then_reads("Check that it is you")
    carol.then_the_page_is_accessible()
    carol.page.get_by_label("Code").fill("000000")
    carol.when_presses("Enter")
    carol.then_reads("There is a problem")
    carol.then_there_is_an_error("The code is not right, or was used before. Enter the newest code", at="id_code")
    kept = Authenticator.objects.get(user__email="carol@example.org", type="totp")
    assert factors.FactorAdapter().decrypt(kept.data["secret"]) == secret
    carol.page.get_by_label("Code").fill(shown(secret, counters[1]))
    carol.when_presses("Enter")
    carol.then_reads("Your account")
    assert carol.complaints == []


def shown(secret: str, counter: int) -> str:
    return str(one_time_codes.format_hotp_value(one_time_codes.hotp_value(secret, counter)))


def test_a_session_warns_in_every_tab_and_is_extended_in_one(browser: Browser, hasty: str) -> None:
    dana = someone(browser, hasty)
    dana.when_opens("/sign-in/?next=/centres/riverside/")
    dana.when_signs_in("alice-two@example.org", PASSWORD)
    warning = dana.page.get_by_role("dialog", name="You are about to be signed out")
    expect(warning).to_be_visible()
    dana.then_the_page_is_accessible()
    other = dana.page.context.new_page()
    other.goto("/centres/riverside/")
    expect(warning).to_be_hidden()
    second = other.get_by_role("dialog", name="You are about to be signed out")
    expect(second).to_be_visible(timeout=10_000)
    expect(warning).to_be_visible()
    expect(other.get_by_role("button", name="Stay signed in")).to_be_focused()
    other.keyboard.press("Enter")
    expect(second).to_be_hidden()
    expect(warning).to_be_hidden()
    assert dana.complaints == []


def test_what_was_typed_comes_back_after_signing_in_again(browser: Browser, hasty: str) -> None:
    alice = someone(browser, hasty)
    alice.when_opens(f"/sign-in/?next={NOTE}")
    alice.when_signs_in("alice-two@example.org", PASSWORD)
    words = alice.page.locator("main textarea, main input[type=text]").last
    words.fill("The lift was broken")
    alice.page.wait_for_url(re.compile("/sign-in/"), timeout=20_000)
    alice.then_reads("nothing was done for a while")
    alice.then_the_page_is_accessible()
    alice.when_signs_in("alice-two@example.org", PASSWORD)
    alice.then_reads("What you had typed is back")
    expect(alice.page.locator("main textarea, main input[type=text]").last).to_have_value("The lift was broken")
    assert alice.complaints == []


def test_a_wall_screen_is_paired_and_revoked(browser: Browser, plain: str) -> None:
    alice, screen = someone(browser, plain), someone(browser, plain)
    screen.when_opens("/wall/")
    screen.then_the_page_is_accessible()
    screen.when_presses("Enter")
    screen.then_reads("Enter this code")
    screen.then_the_page_is_accessible()
    code = screen.page.locator(".app-wall__code").inner_text()
    alice.given_is_signed_in("alice-two")
    alice.when_opens("/centres/riverside/screens/")
    alice.then_the_page_is_accessible()
    alice.page.get_by_role("button", name="Pair a screen").click()
    alice.page.get_by_label("Code on the screen").fill(code)
    alice.page.get_by_label("Name of the screen").fill("Front desk")
    alice.then_the_page_is_accessible()
    alice.when_presses("Enter")
    alice.then_reads("Front desk is paired")
    screen.when_opens("/wall/")
    screen.then_reads("last updated")
    screen.then_the_page_is_accessible_while_live()
    alice.when_follows("Revoke Front desk")
    alice.then_the_page_is_accessible()
    alice.page.get_by_role("button", name="Revoke").click()
    alice.then_reads("No screens yet")
    screen.when_opens("/wall/")
    screen.then_reads("This screen is not paired")
    assert [alice.complaints, screen.complaints] == [[], []]
