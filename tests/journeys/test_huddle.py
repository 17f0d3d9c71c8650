"""The huddle in real browsers: two people and a wall see the same board; a cut connection loses nothing."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from huddles.models import Card, Huddle
from nhc import clock
from nhc.embedded.processes import free_port
from tests.conftest import Database
from tests.journeys.meeting import (
    HUDDLE,
    PATIENT,
    Soon,
    add,
    add_action,
    card,
    colleague,
    go_to_safety,
    live,
    on_board,
    screen,
    start,
    start_anew,
)
from tests.journeys.visitor import Visitor, audit
from tests.proxies import holding_back
from tests.serving import web

CUT = timedelta(minutes=1)
BOARD = re.compile(r"/huddle/board/")


@pytest.fixture
def alice(browser: Browser, site: str) -> Iterator[Visitor]:
    with colleague(browser, site, "alice") as visitor:
        yield visitor


@pytest.fixture
def dana(browser: Browser, site: str) -> Iterator[Visitor]:
    with colleague(browser, site, "dana") as visitor:
        yield visitor


@pytest.fixture
def wall(browser: Browser, site: str, alice: Visitor) -> Iterator[Page]:
    with screen(browser, site, alice) as page:
        yield page


@pytest.fixture
def in_safety(site: str) -> None:
    """Let the huddle be at Safety, so that every card of the lane is on the board."""
    go_to_safety()


def opens(visitor: Visitor, key: int) -> None:
    """Open a card over the board."""
    visitor.page.locator(f"#card-{key} [data-opens]").first.click(timeout=PATIENT)
    expect(visitor.page.locator("dialog[data-opened] [name=title]")).to_be_focused(timeout=PATIENT)


def field(visitor: Visitor, name: str) -> str:
    return visitor.page.locator(f"dialog[data-opened] [name={name}]").input_value()


def saves(visitor: Visitor) -> None:
    visitor.page.locator("dialog[data-opened]").get_by_role("button", name="Save").click()


def test_two_browsers_and_a_wall_show_the_same_board(alice: Visitor, dana: Visitor, wall: Page) -> None:
    live(dana)
    start(alice)
    expect(dana.page.locator("#board-head")).to_contain_text("Alice", timeout=PATIENT)
    expect(wall.locator("#wall-board")).to_contain_text("Under way", timeout=PATIENT)
    live(alice)
    alice.page.locator("#lane-actions").get_by_role("button", name="Actions").click()
    expect(dana.page.locator("#lane-actions.app-lane--open")).to_be_visible(timeout=PATIENT)
    open_actions = wall.locator(".app-wall__number").nth(1)
    before = int(open_actions.inner_text())
    add_action(alice, "Call the landlord", owner="Alice")
    soon = Soon()
    expect(on_board(dana, "Call the landlord")).to_be_visible(timeout=soon.left)
    expect(open_actions).to_have_text(str(before + 1), timeout=soon.left)
    expect(on_board(alice, "Call the landlord")).to_be_visible(timeout=soon.left)
    expect(dana.page.locator("#live-status")).to_have_text(re.compile(r"^\d+ changes?\. \S"), timeout=PATIENT)
    expect(wall.locator("[data-live-words]")).to_have_text(re.compile("^Live, last updated"), timeout=PATIENT)
    assert "landlord" not in wall.content()
    for page in (alice.page, dana.page, wall):
        audit(page)
    assert [told for told in (*alice.complaints, *dana.complaints) if "409" not in told] == []


@pytest.mark.usefixtures("in_safety")
def test_a_connection_cut_for_a_minute_loses_nothing_typed_and_catches_up(alice: Visitor, dana: Visitor) -> None:
    live(dana)
    dana.page.evaluate("window.neverLoadedAgain = true")
    back = clock.now() + CUT
    dana.page.context.set_offline(True)
    words = dana.page.locator("[data-live-words]")
    expect(words).to_have_text("Reconnecting", timeout=PATIENT)
    add(dana, "Boiler is out")
    expect(dana.page.locator("[data-quick-said]")).to_contain_text("Not sent yet", timeout=PATIENT)
    add(alice, "Lift is stuck")
    expect(words).to_have_text(re.compile(r"^Not live since \d\d:\d\d$"), timeout=60_000)
    expect(dana.page.locator("[data-stale]")).to_contain_text("showing old information")
    dana.page.wait_for_timeout(max(1.0, (back - clock.now()) / timedelta(milliseconds=1)))
    assert dana.page.locator("[data-quick] [name=what]").input_value() == "Boiler is out"
    dana.page.context.set_offline(False)
    live(dana)
    for what in ("Boiler is out", "Lift is stuck"):
        expect(on_board(dana, what)).to_be_visible(timeout=PATIENT)
    assert dana.page.evaluate("window.neverLoadedAgain") is True
    assert Card.objects.filter(title="Boiler is out").count() == 1


@pytest.mark.usefixtures("in_safety")
def test_what_is_corrected_while_it_waits_to_be_sent_stays(alice: Visitor) -> None:
    alice.page.context.set_offline(True)
    add(alice, "Radiator is ot")
    said, what = alice.page.locator("[data-quick-said]"), alice.page.locator("[data-quick] [name=what]")
    expect(said).to_contain_text("Not sent yet", timeout=PATIENT)
    what.fill("Radiator is hot")
    alice.page.context.set_offline(False)
    expect(said).to_contain_text("What you have typed since is not added yet", timeout=PATIENT)
    assert what.input_value() == "Radiator is hot"
    alice.page.locator("[data-quick]").get_by_role("button", name="Add to the board").click()
    expect(said).to_have_text("The card is in Safety.", timeout=PATIENT)
    assert what.input_value() == ""
    assert Card.objects.filter(title__startswith="Radiator is").count() == 2


@pytest.mark.usefixtures("in_safety")
def test_a_card_that_waits_to_be_saved_disturbs_no_other(dana: Visitor) -> None:
    late, other = card("Gate is open"), card("Bell is silent")
    held: list[Route] = []
    change = re.compile(rf"/cards/{late}/change/")
    dana.page.route(change, lambda route: _hold_posts(route, held))
    opens(dana, late)
    dana.page.locator("dialog[data-opened] [name=title]").fill("Gate stays open")
    saves(dana)
    expect(dana.page.locator("dialog[data-opened] [data-quick-said]")).to_contain_text("Not sent yet", timeout=PATIENT)
    dana.when_presses("Escape")
    opens(dana, other)
    dana.page.unroute(change)
    expect(on_board(dana, "Gate stays open")).to_be_visible(timeout=PATIENT)
    assert field(dana, "title") == "Bell is silent"
    assert len(held) >= 1


def _hold_posts(route: Route, held: list[Route]) -> None:
    if route.request.method == "POST":
        held.append(route)
        route.abort()
    else:
        route.continue_()


@pytest.mark.usefixtures("in_safety")
def test_a_card_that_is_closed_and_opened_again_takes_back_nobodys_words(alice: Visitor, dana: Visitor) -> None:
    key = card("Door jams", words="At the back")
    opens(dana, key)
    dana.page.locator("dialog[data-opened] [name=words]").fill("At the front")
    dana.when_presses("Escape")
    opens(alice, key)
    alice.page.locator("dialog[data-opened] [name=title]").fill("Door does not shut")
    saves(alice)
    expect(on_board(dana, "Door does not shut")).to_be_visible(timeout=PATIENT)
    opens(dana, key)
    assert (field(dana, "title"), field(dana, "words")) == ("Door does not shut", "At the front")
    saves(dana)
    expect(dana.page.locator("dialog[data-opened]")).to_be_hidden(timeout=PATIENT)
    saved = Card.objects.get(pk=key)
    assert (saved.title, saved.words) == ("Door does not shut", "At the front")


@pytest.mark.usefixtures("in_safety")
def test_two_people_change_one_card_and_both_texts_stay(alice: Visitor, dana: Visitor) -> None:
    key = card("Door sticks")
    opens(alice, key)
    opens(dana, key)
    alice.page.locator("dialog[data-opened] [name=title]").fill("Front door sticks")
    saves(alice)
    expect(on_board(alice, "Front door sticks")).to_be_visible(timeout=PATIENT)
    dana.page.locator("dialog[data-opened] [name=title]").fill("Back door sticks")
    saves(dana)
    expect(dana.page.locator("dialog[data-opened]")).to_contain_text("Front door sticks", timeout=PATIENT)
    assert field(dana, "title") == "Back door sticks"
    audit(dana.page)
    dana.when_presses("Escape")
    opens(dana, key)
    assert field(dana, "title") == "Back door sticks"


def test_a_timed_refresh_that_fails_is_asked_for_again(dana: Visitor) -> None:
    """The card is due in an hour and some seconds: only a refresh that nobody signals brings it among what is due."""
    key = card("Fuse box hums", due_at=clock.now() + timedelta(hours=1, seconds=25))
    asked: list[str] = []

    def refuse_once(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(status=503)
        else:
            route.continue_()

    dana.when_opens(HUDDLE)
    live(dana)
    assert dana.page.locator(f"#now-card-{key}-0").count() == 0
    dana.page.route(BOARD, refuse_once)
    expect(dana.page.locator("[data-live-words]")).to_have_text("Reconnecting", timeout=2 * PATIENT)
    expect(dana.page.locator(f"#now-card-{key}-0")).to_be_visible(timeout=PATIENT)
    live(dana)


@pytest.mark.usefixtures("in_safety")
def test_behind_a_proxy_that_holds_streams_back_the_board_is_asked_for(
    browser: Browser, site: str, alice: Visitor
) -> None:
    with (
        holding_back(int(site.rpartition(":")[2])) as port,
        colleague(browser, f"http://127.0.0.1:{port}", "dana") as dana,
    ):
        expect(dana.page.locator("[data-live-words]")).to_have_text(
            re.compile("checked every 30 seconds"), timeout=PATIENT
        )
        add(alice, "Printer is empty")
        expect(on_board(dana, "Printer is empty")).to_be_visible(timeout=60_000)
        add(dana, "Printer is full")
        expect(on_board(dana, "Printer is full")).to_be_visible(timeout=PATIENT)


@pytest.mark.fault
@pytest.mark.usefixtures("in_safety")
def test_a_server_that_restarts_is_found_again_without_loading_the_page(
    browser: Browser, committed_together: Database, alice: Visitor
) -> None:
    port = free_port()
    with ExitStack() as serving, ExitStack() as watching:
        serving.enter_context(web(committed_together, port=port, DJANGO_ALLOW_ASYNC_UNSAFE=""))
        dana = watching.enter_context(colleague(browser, f"http://127.0.0.1:{port}", "dana"))
        live(dana)
        dana.page.evaluate("window.neverLoadedAgain = true")
        serving.close()
        away = re.compile("^(Reconnecting|Not live since)")
        expect(dana.page.locator("[data-live-words]")).to_have_text(away, timeout=PATIENT)
        add(alice, "Till is locked")
        expect(on_board(alice, "Till is locked")).to_be_visible(timeout=PATIENT)
        serving.enter_context(web(committed_together, port=port, DJANGO_ALLOW_ASYNC_UNSAFE=""))
        expect(on_board(dana, "Till is locked")).to_be_visible(timeout=2 * PATIENT)
        live(dana)
        assert dana.page.evaluate("window.neverLoadedAgain") is True


@pytest.mark.usefixtures("in_safety")
def test_updates_are_paused_and_go_on(alice: Visitor, dana: Visitor) -> None:
    live(dana)
    dana.page.get_by_role("link", name="Pause updates").click()
    add(alice, "Window is open")
    expect(dana.page.locator("[data-live-words]")).to_have_text(
        re.compile(r"^Paused, \d+ changes? waiting$"), timeout=PATIENT
    )
    assert on_board(dana, "Window is open").count() == 0
    dana.page.get_by_role("link", name="Resume updates").click()
    expect(on_board(dana, "Window is open")).to_be_visible(timeout=PATIENT)


def test_the_timer_goes_by_the_servers_clock_speaks_and_can_be_stopped(alice: Visitor, dana: Visitor) -> None:
    """Dana's telephone is twelve minutes fast."""
    start_anew(alice)
    dana.page.clock.install(time=clock.now() + timedelta(minutes=12))
    dana.when_opens(HUDDLE)
    timer = dana.page.locator("[data-timer]")
    expect(timer).to_have_text(re.compile(r"^\s*[01] of 15 minutes$"), timeout=PATIENT)
    dana.page.clock.fast_forward("10:01")
    expect(dana.page.locator("#live-status")).to_have_text("5 minutes left", timeout=PATIENT)
    dana.page.get_by_role("button", name="Stop the timer").click()
    expect(timer).to_have_text(re.compile(r"^Since \d\d:\d\d, 15 minutes$"))
    dana.page.get_by_role("button", name="Show the timer").click()
    expect(timer).to_have_text(re.compile(r"^\s*\d+ of 15 minutes"))


def test_a_huddle_is_held_with_the_keyboard_alone(alice: Visitor) -> None:
    start(alice)
    page = alice.page
    page.locator("#quick_what").focus()
    page.keyboard.type("Alarm code changed")
    alice.when_presses("Tab")
    page.keyboard.type("Safety")
    alice.when_presses("Enter")
    page.locator("[data-quick] button[type=submit]").focus()
    alice.when_presses("Enter")
    expect(page.locator("[data-quick-said]")).to_contain_text("The card is in Safety", timeout=PATIENT)
    expect(page.locator("#quick_what")).to_be_focused()
    page.locator("#lane-flow").get_by_role("button", name="Flow").focus()
    alice.when_presses("Enter")
    expect(page.locator("#lane-flow.app-lane--open")).to_be_visible(timeout=PATIENT)
    page.locator("#next-lane").focus()
    alice.when_presses("Enter")
    expect(page.locator("#lane-staffing.app-lane--open")).to_be_visible(timeout=PATIENT)


def test_a_case_review_is_held_and_closed_without_scripts(without_scripts: Visitor) -> None:
    visitor, page = without_scripts, without_scripts.page
    visitor.given_is_signed_in("alice")
    visitor.when_opens(f"{HUDDLE}start/")
    page.get_by_label("Case review").check()
    page.get_by_label("Who chairs?").select_option(label="Alice")
    page.get_by_role("button", name="Start", exact=True).click()
    huddle = Huddle.objects.get(kind="case_review", state="live")
    visitor.when_opens(f"{HUDDLE}?huddle={huddle.pk}")
    page.locator(".app-here button").first.click()
    page.locator("#begin-lane").click()
    expect(page.locator(f"#lane-{huddle.agenda[0]}.app-lane--open")).to_be_visible()
    add(visitor, "Handrail is loose")
    visitor.when_opens(f"{HUDDLE}{huddle.pk}/close/")
    page.get_by_label("Summary for everyone who was not there").fill("All is well.")
    page.get_by_role("button", name="Close and send the summary").click()
    visitor.then_reads("All is well.")
    assert Card.objects.get(title="Handrail is loose").huddle == huddle


@pytest.mark.usefixtures("in_safety")
def test_what_opens_over_the_board_is_accessible_and_says_what_is_wrong(alice: Visitor) -> None:
    key = card("Lamp flickers")
    opens(alice, key)
    audit(alice.page)
    alice.page.locator("dialog[data-opened]").get_by_label("What is it?").fill("")
    saves(alice)
    summary = alice.page.locator("dialog[data-opened] .nhsuk-error-summary")
    expect(summary).to_be_focused(timeout=PATIENT)
    audit(alice.page)
    summary.get_by_role("link").click()
    expect(alice.page.locator("dialog[data-opened] [name=title]")).to_be_focused()


def test_pages_of_cards_and_records_are_accessible_and_fit_a_phone(alice: Visitor, on_a_phone: Visitor) -> None:
    start_anew(alice)
    key = card("Rug is torn")
    huddle = Huddle.objects.get(state="live")
    on_a_phone.given_is_signed_in("alice")
    for part in (f"cards/{key}/", f"cards/{key}/change/", f"cards/{key}/actions/add/", f"{huddle.pk}/close/"):
        on_a_phone.when_opens(f"{HUDDLE}{part}")
        on_a_phone.then_all_is_well()
    on_a_phone.page.get_by_label("Summary for everyone who was not there").fill("All is well.")
    on_a_phone.page.get_by_role("button", name="Close and send the summary").click()
    on_a_phone.then_reads("Rug is torn")
    on_a_phone.then_all_is_well()


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
