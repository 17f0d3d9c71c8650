"""A screen on the wall in a real browser: it fits, is read from four metres, and is never frozen."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from huddles.services import episodes, people, pressure
from huddles.services.people import Details
from nhc import clock
from nhc.clock import LONDON
from partners.models import Organisation
from partners.services import organisations
from tests.cast import MAKER
from tests.journeys.meeting import PATIENT, by, card, colleague, riverside, screen, start
from tests.journeys.visitor import Visitor, audit

SMALLEST = 41
"""Pixels of a letter that is read from four metres on a screen of 55 inches with 1080 lines: 16 minutes of arc."""
LONG_NAME = "Crisis resolution and home treatment team for the north and the riverside"

_LETTERS = """
[...document.querySelectorAll('.app-wall__page *')]
  .filter((each) => [...each.childNodes].some((part) => part.nodeType === Node.TEXT_NODE && part.data.trim()))
  .map((each) => parseFloat(getComputedStyle(each).fontSize))
"""
_ROOM = """
() => {
  const page = document.querySelector('.app-wall__page')
  const bottom = document.querySelector('.app-wall__table').getBoundingClientRect().bottom
  const top = document.querySelector('.app-wall__foot').getBoundingClientRect().top
  return [page.clientHeight - page.scrollHeight, page.clientWidth - page.scrollWidth, Math.ceil(top - bottom)]
}
"""


@pytest.fixture
def alice(browser: Browser, site: str) -> Iterator[Visitor]:
    with colleague(browser, site, "alice") as visitor:
        yield visitor


@pytest.fixture
def wall(browser: Browser, site: str, alice: Visitor) -> Iterator[Page]:
    with screen(browser, site, alice) as page:
        yield page


def crowd() -> None:
    """Store more than a wall can show: people who wait since yesterday, teams under pressure, cards that are due."""
    now = clock.now()
    trust = Organisation.objects.get(code="ZZ001")
    for number in range(3):
        team = organisations.add_team(
            organisation=trust, centre=riverside(), name=f"{LONG_NAME} {number}", by=MAKER, at=now
        )
        pressure.fill_lane(team=team, level=4, why="", words="", by=by("alice"), at=now)
        since = now - timedelta(hours=30)
        noor = people.register_person(
            centre=riverside(), details=Details(given_name="Noor", family_name="Made-up"), by=MAKER, at=since
        )
        episodes.open_episode(person=noor, team=team, reason="Referred", by=MAKER, at=since)
    for minutes in range(20, 25):
        card("The lift stands still", due_at=now + timedelta(minutes=minutes))


def test_a_full_wall_fits_and_is_read_from_four_metres(alice: Visitor, wall: Page) -> None:
    start(alice)
    crowd()
    expect(wall.locator(".app-wall__more")).to_have_text("and 5 more", timeout=PATIENT)
    assert wall.locator(".app-wall__table tr").count() == 5
    assert min(wall.evaluate(_LETTERS)) >= SMALLEST
    assert all(room >= 0 for room in wall.evaluate(_ROOM)), wall.evaluate(_ROOM)
    audit(wall)


def test_a_wall_whose_connection_is_cut_says_so_and_goes_on(wall: Page) -> None:
    words = wall.locator("[data-live-words]")
    wall.context.set_offline(True)
    expect(words).to_contain_text("Reconnecting, last updated", timeout=PATIENT)
    wall.context.set_offline(False)
    expect(words).to_contain_text("Live, last updated", timeout=PATIENT)


def _until_night() -> int:
    """Return the milliseconds until it is just past 04:30 in London, by at least two hours."""
    now = clock.now().astimezone(LONDON)
    tonight = datetime.combine(now.date(), now.time().replace(hour=4, minute=30, second=20), tzinfo=LONDON)
    days = next(days for days in range(3) if tonight + timedelta(days=days) > now + timedelta(hours=2))
    return int((tonight + timedelta(days=days) - now).total_seconds() * 1000)


def test_at_night_a_wall_is_loaded_anew_once_somebody_answers(wall: Page) -> None:
    wall.clock.install()
    wall.goto("/wall/board/")
    expect(wall.locator("[data-live-words]")).to_contain_text("Live, last updated", timeout=PATIENT)
    wall.evaluate("window.neverLoadedAgain = true")
    wall.route("**/wall/board/", lambda route: route.fulfill(status=503))
    with wall.expect_response("**/wall/board/") as answered:
        wall.clock.fast_forward(_until_night())
    assert answered.value.status == 503
    wall.unroute("**/wall/board/")
    assert wall.evaluate("window.neverLoadedAgain") is True
    with wall.expect_event("load", timeout=PATIENT):
        wall.clock.fast_forward(61_000)
    assert wall.evaluate("window.neverLoadedAgain") is None
    expect(wall.locator("[data-live-words]")).to_contain_text("Live, last updated", timeout=PATIENT)


def _hasten(route: Route) -> None:
    """Let the page ask for itself again after two seconds, not ten minutes."""
    answer = route.fetch()
    text = answer.text()
    assert 'content="600"' in text
    route.fulfill(response=answer, body=text.replace('content="600"', 'content="2"'))


def test_a_wall_whose_script_did_not_come_asks_again(wall: Page) -> None:
    wall.route("**/wall/board/", _hasten)
    wall.route("**/wall-board*.js", lambda route: route.abort())
    wall.goto("/wall/board/")
    with wall.expect_event("load", timeout=PATIENT):
        pass
    wall.unroute("**/wall-board*.js")
    expect(wall.locator("[data-live-words]")).to_contain_text("Live, last updated", timeout=PATIENT)
    wall.evaluate("window.neverLoadedAgain = true")
    wall.wait_for_timeout(4000)
    assert wall.evaluate("window.neverLoadedAgain") is True
