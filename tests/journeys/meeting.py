"""Those who meet at Riverside's board: people in browsers of their own, and a screen on the wall."""

import contextlib
import re
import time
from collections.abc import Iterator
from datetime import timedelta

from playwright.sync_api import Browser, Locator, Page, expect

from huddles.models import Huddle
from huddles.services import cards, closing, huddles
from nhc import clock
from nhc.actors import Actor
from nhc.clock import LONDON
from nhc.models import User
from partners.models import Centre
from tests.journeys.visitor import Visitor, someone

HUDDLE = "/centres/riverside/huddle/"
SOON = 3.0
"""Seconds within which an edit in one browser is in the others."""
PATIENT = 20_000
"""Milliseconds for what comes soon, on a machine with two cores that does everything at once."""
LIVE = re.compile(r"^Live, updated \d\d:\d\d$")


@contextlib.contextmanager
def colleague(browser: Browser, site: str, name: str) -> Iterator[Visitor]:
    """Have somebody sit before the board until the end."""
    visitor = someone(browser, site)
    with contextlib.closing(visitor.page.context):
        visitor.given_is_signed_in(name)
        visitor.when_opens(HUDDLE)
        yield visitor


@contextlib.contextmanager
def screen(browser: Browser, site: str, alice: Visitor) -> Iterator[Page]:
    """Have a screen on the wall that Alice has paired until the end."""
    shown = someone(browser, site)
    shown.page.set_viewport_size({"width": 1920, "height": 1080})
    shown.when_opens("/wall/")
    shown.page.get_by_role("button", name="Show a code").click()
    code = shown.page.locator(".app-wall__code").inner_text()
    alice.when_opens("/centres/riverside/screens/pair/")
    alice.page.get_by_label("Code on the screen").fill(code)
    alice.page.get_by_label("Name of the screen").fill(f"Wall {code[:4]}")
    alice.when_presses("Enter")
    alice.then_reads("is paired")
    shown.when_opens("/wall/")
    expect(shown.page.locator("#wall-board")).to_be_visible()
    alice.when_opens(HUDDLE)
    yield shown.page
    shown.page.context.close()
    assert [told for told in shown.complaints if "security policy" in told] == []


def riverside() -> Centre:
    return Centre.objects.get(slug="riverside")


def by(name: str) -> Actor:
    """Return somebody of the cast as services know them."""
    return Actor.user(User.objects.get(email=f"{name}@example.org"))


def live(visitor: Visitor) -> None:
    expect(visitor.page.locator("[data-live-words]")).to_have_text(LIVE, timeout=PATIENT)


def on_board(visitor: Visitor, words: str) -> Locator:
    return visitor.page.locator("#board-rest").get_by_text(words, exact=True).first


def add(visitor: Visitor, what: str) -> None:
    """Add a card of the lane Safety."""
    quick = visitor.page.locator("[data-quick]")
    quick.get_by_label("What is it?").fill(what)
    quick.get_by_label("Lane").select_option("safety")
    quick.get_by_role("button", name="Add to the board").click()


def add_action(visitor: Visitor, what: str, *, owner: str) -> None:
    """Add an action that is due in half an hour."""
    quick = visitor.page.locator("[data-quick]")
    quick.get_by_label("What is it?").fill(what)
    quick.get_by_label("Lane").select_option("actions")
    quick.get_by_label("By what time").fill(f"{(clock.now() + timedelta(minutes=30)).astimezone(LONDON):%H:%M}")
    quick.get_by_label("Who owns it").select_option(label=owner)
    quick.get_by_role("button", name="Add to the board").click()


def card(title: str, **more: object) -> int:
    """Put a card of the lane Safety on the board as Alice and return its key."""
    entry = cards.Entry(lane="safety", title=title, **more)  # type: ignore[arg-type]  # fields of an entry by name
    return cards.add_card(centre=riverside(), entry=entry, by=by("alice"), at=clock.now()).pk


def start(visitor: Visitor) -> None:
    """Start a huddle unless one is under way."""
    if not Huddle.objects.filter(state="live").exists():
        visitor.when_opens(f"{HUDDLE}start/")
        visitor.page.get_by_label("Who chairs?").select_option(label="Alice")
        visitor.page.get_by_role("button", name="Start", exact=True).click()
        expect(visitor.page.locator("#close-huddle")).to_be_visible()
    visitor.when_opens(HUDDLE)


def start_anew(visitor: Visitor) -> None:
    """Start a huddle that has only just begun."""
    for huddle in Huddle.objects.filter(state="live"):
        closing.close_huddle(huddle=huddle, summary="", by=by("alice"), at=clock.now())
    start(visitor)


def go_to_safety() -> None:
    """Have a huddle under way that goes through Safety: all cards of the lane are on the board then."""
    alice = User.objects.get(email="alice@example.org")
    huddle = Huddle.objects.filter(state="live").last() or huddles.start_unplanned(
        centre=riverside(), kind="daily", chair=alice, by=by("alice"), at=clock.now()
    )
    huddles.open_lane(huddle=huddle, lane="safety", by=by("alice"), at=clock.now())


class Soon:
    """The time that is left of the seconds within which an edit is everywhere; it begins when this is made."""

    def __init__(self) -> None:
        self._ends = time.monotonic() + SOON

    @property
    def left(self) -> float:
        """Return the milliseconds that are left, and at least one."""
        return max(1.0, (self._ends - time.monotonic()) * 1000)
