"""What "May I?" takes over 500 scenarios, 300 people and a month of shifts, against a bare Django view."""

from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median

from django.db import connection
from django.test import Client

from decisions.queries import may_i
from nhc import authentication, clock
from nhc.models import User
from partners.models import Shift
from tests.bench.arena import Arena
from tests.bench.results import Result, seconds
from tests.decisions.grids import Place, decided_by, make_place, published
from tests.factories import MembershipFactory, UserFactory
from tests.partners import agreements

MOST_QUERIES = 8
MOST_TIMES_THE_BARE_VIEW = 40.0
PEOPLE, DAYS = 300, 30
SHIFTS = 10
"""Of each person in a month, eight hours each: some thirty people are on duty at a time."""


def rows(arena: Arena, *, full: bool) -> list[Result]:
    """Measure one question: who answers it is on duty, inducted and reachable. Nothing is kept between two of them."""
    at = clock.now()
    scenarios, people = (500, PEOPLE) if full else (100, PEOPLE // 3)
    place = _place(scenarios, people, at)
    asker = place.rota.ben
    web, bare = arena.web(), arena.bare()
    path = f"/api/v1/may-i/?centre={place.centre.slug}&scenario=matter-{scenarios // 2}"
    cookie = {"Cookie": f"sessionid={_session(asker)}"}

    def ask() -> None:
        answer = web.client.get(path, headers=cookie).raise_for_status().json()
        if answer["verdict"] != "ask":
            raise AssertionError(answer)

    ask()
    took: list[float] = []
    floor: list[float] = []
    rounds = 32 if full else 16
    before = web.cpu_seconds()
    for _ in range(rounds):
        took.append(seconds(ask))
        floor.extend(seconds(lambda: bare.client.get("/read/").raise_for_status()) for _ in range(3))
    cpu = (web.cpu_seconds() - before) / rounds
    return [
        Result(
            "may-i",
            median(took) * 1000,
            median(floor) * 1000,
            MOST_TIMES_THE_BARE_VIEW,
            "milliseconds",
            cpu_ms=cpu * 1000,
            queries=_counted(lambda: may_i.facts(asker.pk, place.centre, f"matter-{scenarios // 2}", at)),
            most_queries=MOST_QUERIES,
            note=f"{scenarios} scenarios, {people} people, {people * SHIFTS:,} shifts; queries of the answer alone",
        )
    ]


def _place(scenarios: int, people: int, at: datetime) -> Place:
    """Return a centre with a grid in force that its shift lead decides, and everybody inducted."""
    place = make_place(at=at - timedelta(days=60))
    rota = place.rota
    matters = [decided_by(rota.lead, f"matter-{number}") for number in range(scenarios)]
    published(place.centre, matters, at=at - timedelta(days=1))
    pack = agreements.pack(place.centre, at=at - timedelta(days=50))
    others = [UserFactory.create() for _ in range(people - len(rota.people))]
    for user in others:
        MembershipFactory.create(user=user, team=rota.crisis)
    for user in (*rota.people, *others):
        agreements.inducted(user, pack, at=at - timedelta(days=40))
    month = at - timedelta(days=DAYS // 2)
    shifts = [
        _shift(place, user, month + timedelta(days=turn * DAYS // SHIFTS, minutes=5 * number), at)
        for number, user in enumerate(others)
        for turn in range(SHIFTS)
    ]
    now = at - timedelta(hours=4)
    Shift.objects.bulk_create([*shifts, _shift(place, rota.ana, now, at, lead=True), _shift(place, rota.ben, now, at)])
    return place


def _shift(place: Place, user: User, starts_at: datetime, at: datetime, *, lead: bool = False) -> Shift:
    return Shift(
        team=place.rota.crisis,
        user=user,
        duty_role=place.rota.lead if lead else place.rota.nights,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=8),
        operational_date=starts_at.date(),
        source=Shift.Source.PAGE,
        created_at=at,
    )


def _session(user: User) -> str:
    """Return the session of somebody who signed in with a second factor."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[authentication.SECOND_FACTOR] = True
    session.save()
    return str(session.session_key)


def _counted(work: Callable[[], object]) -> int:
    counted = 0

    def count(execute: Callable[..., object], *rest: object) -> object:
        nonlocal counted
        counted += 1
        return execute(*rest)

    with connection.execute_wrapper(count):
        work()
    return counted
