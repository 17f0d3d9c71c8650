"""The huddle in real browsers: two people and a wall see the same board; a cut connection loses nothing."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from huddles.models import Card, Huddle
from tests.journeys.visitor import Visitor, someone

HUDDLE = "/centres/riverside/huddle/"
SOON = 3_000
"""Milliseconds within which an edit in one browser is in the others."""
PATIENT = 20_000
"""The same where a machine with two cores does everything at once and nothing is promised."""


@pytest.fixture
def alice(browser: Browser, site: str) -> Iterator[Visitor]:
    yield from _signed_in(browser, site, "alice")


@pytest.fixture
def dana(browser: Browser, site: str) -> Iterator[Visitor]:
    yield from _signed_in(browser, site, "dana")


def _signed_in(browser: Browser, site: str, name: str) -> Iterator[Visitor]:
    visitor = someone(browser, site)
    visitor.given_is_signed_in(name)
    visitor.when_opens(HUDDLE)
    yield visitor
    visitor.page.context.close()


@pytest.fixture
def wall(browser: Browser, site: str, alice: Visitor) -> Iterator[Page]:
    """Return a screen that Alice has paired."""
    screen = someone(browser, site, width=1920)
    screen.when_opens("/wall/")
    screen.page.get_by_role("button", name="Show a code").click()
    code = screen.page.locator(".app-wall__code").inner_text()
    alice.when_opens("/centres/riverside/screens/pair/")
    alice.page.get_by_label("Code on the screen").fill(code)
    alice.page.get_by_label("Name of the screen").fill(f"Wall {code[:4]}")
    alice.when_presses("Enter")
    alice.then_reads("is paired")
    screen.when_opens("/wall/")
    expect(screen.page.locator("#wall-board")).to_be_visible()
    alice.when_opens(HUDDLE)
    yield screen.page
    screen.page.context.close()
    assert [told for told in screen.complaints if "security policy" in told] == []


def live(visitor: Visitor) -> None:
    expect(visitor.page.locator("[data-live-words]")).to_have_text(
        re.compile(r"^Live, updated \d\d:\d\d$"), timeout=PATIENT
    )


def add(visitor: Visitor, what: str) -> None:
    quick = visitor.page.locator("[data-quick]")
    quick.get_by_label("What is it?").fill(what)
    quick.get_by_label("Lane").select_option("safety")
    quick.get_by_role("button", name="Add to the board").click()


def start(visitor: Visitor) -> None:
    """Start a huddle unless one is under way."""
    if not Huddle.objects.filter(state="live").exists():
        visitor.when_opens(f"{HUDDLE}start/")
        visitor.page.get_by_label("Who chairs?").select_option(label="Alice")
        visitor.page.get_by_role("button", name="Start", exact=True).click()
    visitor.when_opens(HUDDLE)


def test_two_browsers_and_a_wall_show_the_same_board(alice: Visitor, dana: Visitor, wall: Page) -> None:
    live(dana)
    start(alice)
    expect(dana.page.locator("#board-head")).to_contain_text("Alice", timeout=PATIENT)
    expect(wall.locator("#wall-board")).to_contain_text("Under way", timeout=PATIENT)
    live(alice)
    alice.page.locator("#lane-safety").get_by_role("button", name="Safety").click()
    expect(dana.page.locator("#lane-safety.app-lane--open")).to_be_visible(timeout=PATIENT)
    add(alice, "Fridge alarm")
    expect(dana.page.locator("#lane-safety").get_by_text("Fridge alarm").first).to_be_visible(timeout=SOON)
    expect(alice.page.locator("#lane-safety").get_by_text("Fridge alarm").first).to_be_visible(timeout=SOON)
    for visitor in (alice, dana):
        visitor.then_the_page_is_accessible_while_live()
    expect(wall.locator("[data-live-words]")).to_have_text(re.compile("^Live, last updated"), timeout=PATIENT)
    assert "Fridge alarm" not in wall.content()
    assert [told for told in (*alice.complaints, *dana.complaints) if "409" not in told] == []


def test_a_cut_connection_is_said_and_nothing_typed_is_lost(alice: Visitor, dana: Visitor) -> None:
    start(alice)
    dana.when_opens(HUDDLE)
    live(dana)
    dana.page.evaluate("window.neverLoadedAgain = true")
    dana.page.context.set_offline(True)
    words = dana.page.locator("[data-live-words]")
    expect(words).to_have_text("Reconnecting", timeout=PATIENT)
    add(dana, "Boiler is out")
    expect(dana.page.locator("[data-quick-said]")).to_contain_text("Not sent yet", timeout=PATIENT)
    add(alice, "Lift is stuck")
    expect(words).to_have_text(re.compile(r"^Not live since \d\d:\d\d$"), timeout=60_000)
    expect(dana.page.locator("[data-stale]")).to_contain_text("showing old information")
    assert dana.page.locator("[data-quick] [name=what]").input_value() == "Boiler is out"
    dana.page.context.set_offline(False)
    live(dana)
    for what in ("Boiler is out", "Lift is stuck"):
        expect(dana.page.locator("#board-rest").get_by_text(what).first).to_be_visible(timeout=PATIENT)
    assert dana.page.evaluate("window.neverLoadedAgain") is True
    assert Card.objects.filter(title="Boiler is out").count() == 1


def test_two_people_change_one_card_and_both_texts_stay(alice: Visitor, dana: Visitor) -> None:
    start(alice)
    alice.page.locator("#lane-safety").get_by_role("button", name="Safety").click()
    add(alice, "Door jams")
    for visitor in (alice, dana):
        visitor.page.get_by_role("link", name="Door jams", exact=True).first.click(timeout=PATIENT)
        expect(visitor.page.locator("dialog [name=title]")).to_be_focused()
    alice.page.locator("dialog [name=title]").fill("Front door jams")
    alice.page.locator("dialog").get_by_role("button", name="Save").click()
    expect(alice.page.get_by_role("link", name="Front door jams").first).to_be_visible(timeout=PATIENT)
    dana.page.locator("dialog [name=title]").fill("Back door jams")
    dana.page.locator("dialog").get_by_role("button", name="Save").click()
    expect(dana.page.locator("dialog")).to_contain_text("Front door jams", timeout=PATIENT)
    assert dana.page.locator("dialog [name=title]").input_value() == "Back door jams"


def test_behind_a_proxy_that_holds_streams_back_the_board_is_asked_for(alice: Visitor, dana: Visitor) -> None:
    held: list[Route] = []
    dana.page.route("**/huddle/live/", held.append)
    dana.when_opens(HUDDLE)
    expect(dana.page.locator("[data-live-words]")).to_have_text(re.compile("checked every 30 seconds"), timeout=PATIENT)
    add(alice, "Printer is empty")
    expect(dana.page.locator("#board-rest").get_by_text("Printer is empty").first).to_be_visible(timeout=60_000)


def test_updates_are_paused_and_go_on(alice: Visitor, dana: Visitor) -> None:
    live(dana)
    dana.page.get_by_role("link", name="Pause updates").click()
    add(alice, "Window is open")
    expect(dana.page.locator("[data-live-words]")).to_have_text(
        re.compile(r"^Paused, \d+ changes? waiting$"), timeout=PATIENT
    )
    assert dana.page.locator("#board-rest").get_by_text("Window is open").count() == 0
    dana.page.get_by_role("link", name="Resume updates").click()
    expect(dana.page.locator("#board-rest").get_by_text("Window is open").first).to_be_visible(timeout=PATIENT)


def test_a_huddle_is_held_with_the_keyboard_alone(alice: Visitor) -> None:
    start(alice)
    page = alice.page
    page.locator("#id_what").focus()
    page.keyboard.type("Alarm code changed")
    alice.when_presses("Tab")
    page.keyboard.type("Safety")
    alice.when_presses("Enter")
    page.locator("[data-quick] button[type=submit]").focus()
    alice.when_presses("Enter")
    expect(page.locator("[data-quick-said]")).to_contain_text("The card is in Safety", timeout=PATIENT)
    expect(page.locator("#id_what")).to_be_focused()
    page.locator("#lane-flow").get_by_role("button", name="Flow").focus()
    alice.when_presses("Enter")
    expect(page.locator("#lane-flow.app-lane--open")).to_be_visible(timeout=PATIENT)
    page.locator("#next-lane").focus()
    alice.when_presses("Enter")
    expect(page.locator("#lane-staffing.app-lane--open")).to_be_visible(timeout=PATIENT)


def test_a_huddle_is_set_up_held_and_closed_without_scripts_in_twelve_pages(without_scripts: Visitor) -> None:
    visitor = without_scripts
    visitor.given_is_signed_in("alice")
    opened: list[str] = []
    visitor.page.on("framenavigated", lambda frame: opened.append(frame.url))
    visitor.when_opens(f"{HUDDLE}times/set/")
    visitor.page.get_by_role("button", name="Save").click()
    visitor.when_opens(f"{HUDDLE}start/")
    visitor.page.get_by_label("Case review").check()
    visitor.page.get_by_label("Who chairs?").select_option(label="Alice")
    visitor.page.get_by_role("button", name="Start", exact=True).click()
    visitor.page.get_by_role("link", name="Close the huddle").first.click()
    visitor.page.get_by_label("Summary for everyone who was not there").fill("All is well.")
    visitor.page.get_by_role("button", name="Close and send the summary").click()
    visitor.then_reads("All is well.")
    assert len(opened) <= 12


def test_pages_of_the_huddle_are_accessible_and_fit_a_phone(on_a_phone: Visitor) -> None:
    on_a_phone.given_is_signed_in("alice")
    for part in (
        "",
        "times/",
        "times/set/",
        "thresholds/",
        "thresholds/set/",
        "earlier/",
        "earlier/enter/",
        "cards/",
        "actions/",
        "harms/",
    ):
        on_a_phone.when_opens(f"{HUDDLE}{part}")
        on_a_phone.then_the_page_is_accessible_while_live()
        on_a_phone.then_the_page_fits()
    on_a_phone.when_opens("/centres/riverside/today/")
    on_a_phone.then_the_page_is_accessible()
    on_a_phone.then_the_page_fits()
