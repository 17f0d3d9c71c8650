"""A new manager at an empty centre: from signing in to the record of the first huddle, in at most 12 pages."""

import re
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect

from huddles.models import Huddle
from nhc.models import User
from tests.conftest import Database
from tests.journeys.visitor import PASSWORD, Visitor, someone
from tests.serving import web

MOST_PAGES = 12
PATIENT = 20_000
"""Milliseconds for what comes over the live stream, on a machine that does everything at once."""


@pytest.fixture(scope="module")
def empty(browser: Browser, committed_together: Database) -> Iterator[str]:
    """Serve what an operator has opened from the command line: two partners, one team each, and the manager."""
    for command in (
        ("addorganisation", "ZZ001", "Dockside Mental Health Trust", "nhs_trust"),
        ("addorganisation", "L001", "Dockside Friends", "vcfse"),
        ("addcentre", "dockside", "Dockside centre"),
        ("addpartner", "dockside", "ZZ001", "Day team"),
        ("addpartner", "dockside", "L001", "Welcome team"),
        ("addadministrator", "ZZ001", "mae@example.org", "Mae Fenner"),
        ("givecentrerole", "dockside", "ZZ001", "mae@example.org", "manager"),
    ):
        call_command(*command, stdout=StringIO())
    mae = User.objects.get()
    mae.set_password(PASSWORD)
    mae.save()
    with web(committed_together, DJANGO_ALLOW_ASYNC_UNSAFE="") as served:
        yield f"http://127.0.0.1:{served.port}"


@pytest.fixture
def mae(browser: Browser, empty: str) -> Iterator[Visitor]:
    """Return the manager, who has never been here."""
    visitor = someone(browser, empty)
    yield visitor
    visitor.page.context.close()
    assert visitor.complaints == []


def sets_up(mae: Visitor) -> None:
    """From the sign-in to a huddle that is planned, as the huddle's own page leads on."""
    mae.when_opens("/")
    mae.when_signs_in("mae@example.org", PASSWORD)
    mae.then_all_is_well()
    mae.when_finds_in_the_menu("Huddle")
    mae.then_reads("Before your first huddle")
    mae.then_the_page_is_accessible_while_live()
    mae.when_follows("Set the time")
    mae.page.get_by_label("At what time does it start?").fill("09:15")
    mae.then_all_is_well()
    mae.page.get_by_role("button", name="Save").click()
    mae.then_reads("Daily huddle: Monday, Tuesday, Wednesday, Thursday, Friday, at 09:15")
    mae.then_reads("It is set.")
    mae.when_follows("Choose the team at the front door")
    mae.page.get_by_label("Which team receives referrals?").select_option(label="Day team")
    mae.then_all_is_well()
    mae.page.get_by_role("button", name="Save").click()
    mae.then_reads("Joint prompt action")
    mae.then_all_is_well()
    mae.when_finds_in_the_menu("Huddle")


def holds(mae: Visitor) -> None:
    """Start, say who is here, go through every lane, note a card and an action, and close: the board stays open."""
    page = mae.page
    page.locator("#start-huddle").click()
    mae.then_all_is_well()
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Dockside Friends").click()
    expect(page.get_by_role("button", name="Dockside Friends is here")).to_be_visible(timeout=PATIENT)
    huddle = Huddle.objects.get(state="live")
    page.locator("#begin-lane").click()
    first = page.locator(f"#lane-{huddle.agenda[0]}.app-lane--open")
    expect(first).to_be_in_viewport(timeout=PATIENT)
    expect(first).to_be_focused()
    for lane in huddle.agenda[1:]:
        page.locator("#next-lane").click(timeout=PATIENT)
        expect(page.locator(f"#lane-{lane}.app-lane--open")).to_be_visible(timeout=PATIENT)
    quick = page.locator("[data-quick]")
    quick.get_by_label("What is it?").fill("The lift is out of order")
    quick.get_by_label("Lane").select_option("space")
    quick.get_by_role("button", name="Add to the board").click()
    expect(page.locator("#board-rest").get_by_text("The lift is out of order").first).to_be_visible(timeout=PATIENT)
    mae.then_the_page_is_accessible_while_live()
    page.locator("#close-huddle").click()
    page.get_by_label("Summary for everyone who was not there").fill("We began. The lift is reported.")
    mae.then_all_is_well()
    page.get_by_role("button", name="Close and send the summary").click()


def test_the_first_huddle_is_set_up_held_and_closed_in_twelve_pages(mae: Visitor) -> None:
    loaded: list[str] = []
    mae.page.on("domcontentloaded", lambda page: loaded.append(page.url))
    sets_up(mae)
    holds(mae)
    mae.then_reads("We began. The lift is reported.")
    mae.then_reads("The lift is out of order")
    held = Huddle.objects.get(state="closed")
    expect(mae.page).to_have_url(re.compile(rf"/huddle/{held.pk}/record/$"))
    expect(mae.page.get_by_text(f"{len(held.agenda)} of {len(held.agenda)} lanes")).to_be_visible()
    mae.then_all_is_well()
    assert len(loaded) <= MOST_PAGES, loaded
    assert User.objects.count() == 1
