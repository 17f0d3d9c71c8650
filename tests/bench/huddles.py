"""The huddle with 200 cards, 300 episodes and 60 rooms against a bare Django view with one query."""

from datetime import timedelta
from statistics import median

from django.db import transaction
from django.test import Client

from huddles.models import Space
from huddles.services import board, cards, huddles, spaces
from huddles.services.spaces import Booking, Room
from nhc import authentication, clock
from tests.bench.arena import Arena
from tests.bench.pages import queries_of
from tests.bench.results import Result, seconds
from tests.huddles import boards, circle
from tests.huddles.circle import Circle

MOST_QUERIES = 15


def rows(arena: Arena, *, full: bool) -> list[Result]:
    """Measure the page where the board has just changed, where it is rendered already, and a poll that finds it so."""
    place = _place(full=full)
    client = _reader(place)
    web, bare = arena.web(), arena.bare()
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    page = f"/centres/{place.centre.slug}/huddle/"
    etag = web.client.get(f"{page}board/", headers=cookie).raise_for_status().headers["ETag"]

    def poll() -> None:
        if web.client.get(f"{page}board/", headers=cookie | {"If-None-Match": etag}).status_code != 304:
            raise AssertionError("The board has changed though nobody touched it.")

    cold: list[float] = []
    warm: list[float] = []
    unchanged: list[float] = []
    floor: list[float] = []
    cpu: dict[str, float] = {"cold": 0.0, "warm": 0.0, "unchanged": 0.0}
    rounds = 24 if full else 12
    for _ in range(rounds):
        with transaction.atomic():
            board.changed(place.centre.pk, at=clock.now())
        before = web.cpu_seconds()
        cold.append(seconds(lambda: web.client.get(page, headers=cookie).raise_for_status()))
        after = web.cpu_seconds()
        warm += [seconds(lambda: web.client.get(page, headers=cookie).raise_for_status()) for _ in range(4)]
        then = web.cpu_seconds()
        unchanged += [seconds(poll) for _ in range(4)]
        cpu["cold"] += (after - before) / rounds
        cpu["warm"] += (then - after) / rounds / 4
        cpu["unchanged"] += (web.cpu_seconds() - then) / rounds / 4
        floor += [seconds(lambda: bare.client.get("/read/").raise_for_status()) for _ in range(4)]
    with transaction.atomic():
        board.changed(place.centre.pk, at=clock.now())
    counted = {"cold": queries_of(client, page), "warm": queries_of(client, page)}
    counted["unchanged"] = queries_of(client, f"{page}board/")
    note = "200 cards and 300 episodes in the open lane, 60 rooms" if full else "a tenth of the full size"
    return [
        Result(
            f"huddle-{name}", median(took[2:]) * 1000, median(floor) * 1000, goal, "milliseconds",
            cpu_ms=cpu[name] * 1000, queries=counted[name], most_queries=MOST_QUERIES, note=note,
        )
        for name, took, goal in (("cold", cold, 40.0), ("warm", warm, 8.0), ("unchanged", unchanged, 5.0))
    ]  # fmt: skip


def _place(*, full: bool) -> Circle:
    """Return a centre in the middle of a huddle: the open lane has every card and every row of an episode."""
    at = clock.now()
    place = circle.gather(at=at - timedelta(hours=3))
    boards.on_duty(place, at=at)
    part = 1 if full else 10
    for number in range(300 // part):
        circle.supported(place, place.crisis, at=at - timedelta(hours=2), given_name="Noor", family_name=f"N{number}")
    huddle = boards.under_way(place, at=at)
    huddles.open_lane(huddle=huddle, lane="flow", by=circle.by(place.ana), at=at)
    for number in range(200 // part):
        # Nothing becomes due, late or booked while the bench runs, so that only its own changes are measured.
        due_at = at + timedelta(minutes=30, seconds=number)
        entry = cards.Entry("flow", f"Card {number}", "Words", place.ben, due_at=due_at)
        cards.add_card(centre=place.centre, entry=entry, by=circle.MAKER, at=at)
    for number in range(60 // part):
        room: Space = spaces.add_space(
            centre=place.centre, room=Room(f"Room {number}", seats=4), by=circle.MAKER, at=at
        )
        booking = Booking(room, place.crisis, at + timedelta(minutes=40), at + timedelta(hours=2), "meeting")
        spaces.book_space(booking=booking, by=circle.by(place.ana), at=at)
    return place


def _reader(place: Circle) -> Client:
    client = boards.browser(place.ana)
    session = client.session
    session[authentication.SECOND_FACTOR] = True
    session.save()
    return client
