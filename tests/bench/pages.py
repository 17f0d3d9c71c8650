"""The overview of 40 measures over 36 months against a bare Django view with one query."""

import gzip
from collections.abc import Callable
from statistics import median

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from dashboard.services import charts, runs, shards
from nhc import clock
from partners.models import Centre, Organisation
from partners.services import organisations, people
from tests.bench import scene
from tests.bench.arena import Arena
from tests.bench.results import Result, seconds
from tests.bench.submissions import _submission

_FILL = """
INSERT INTO partners_observation (organisation_id, centre_id, measure_id, version_id, period_start, dimension, category,
                                  state, numerator, denominator, reason, submission_id, opened_seq)
SELECT %(organisation)s, %(centre)s, v.measure_id, v.id, month::date, '', '', 'reported', 200 + (random() * 40)::int,
       300, '', %(submission)s, 1
FROM partners_measureversion v, generate_series('2023-01-01'::date, '2025-12-01'::date, '1 month') AS month
WHERE v.measure_id = ANY(%(measures)s)
"""
MOST_BYTES = 60_000


def rows(arena: Arena, *, full: bool) -> list[Result]:
    """Measure the overview, cold and warm."""
    place = scene.centre("page")
    measures = scene.measures_named("page", place)
    partner = scene.partner("LPAGE", place, owes=measures)
    owner = arena.owner()
    owner.execute(
        _FILL,
        {
            "organisation": partner.pk,
            "centre": place.pk,
            "submission": _submission(owner, partner.pk, place.pk),
            "measures": [measure.pk for measure in measures],
        },
    )
    owner.execute(
        "INSERT INTO partners_dirtyslot (centre_id, measure_id, period_start) "
        "SELECT DISTINCT centre_id, measure_id, period_start FROM partners_observation WHERE centre_id = %s",
        [place.pk],
    )
    at = clock.now()
    run_id = runs.ensure_drain_run(at=at)
    assert run_id is not None
    shards.run_here(run_id=run_id, at=at, progress=lambda _: None)
    client = _reader(partner, place)
    web, bare = arena.web(), arena.bare()
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    path = f"/centres/{place.slug}/"

    def change(number: int) -> None:
        """Make every kept picture stale, as a night does."""
        note = f"Bench {number}"
        charts.annotate(centre=place, measure=measures[0], date=scene.AT.date(), text=note, by=scene.BY, at=clock.now())

    cold: list[float] = []
    warm: list[float] = []
    floor: list[float] = []
    cpu = 0.0
    for number in range(24 if full else 12):
        change(number)
        before = web.cpu_seconds()
        cold.append(seconds(lambda: web.client.get(path, headers=cookie).raise_for_status()))
        cpu += web.cpu_seconds() - before
        for _ in range(5):
            warm.append(seconds(lambda: web.client.get(path, headers=cookie).raise_for_status()))
            floor.append(seconds(lambda: bare.client.get("/read/").raise_for_status()))
    size = len(gzip.compress(web.client.get(path, headers=cookie).content))
    if size > MOST_BYTES:
        raise AssertionError(f"The overview is {size:,} bytes gzipped.")
    change(1000)
    queries = queries_of(client, path)
    unit = "milliseconds"
    note = f"40 measures, 36 months, {size:,} bytes gzipped"
    return [
        Result(
            "overview-cold", median(cold[2:]) * 1000, median(floor) * 1000, 40.0, unit, cpu_ms=cpu / len(cold) * 1000,
            queries=queries, most_queries=12, note=note,
        ),
        Result("overview-warm", median(warm) * 1000, median(floor) * 1000, 8.0, unit, note="already rendered"),
    ]  # fmt: skip


def _reader(partner: Organisation, place: Centre) -> Client:
    """Return a client of a signed-in member."""
    team = organisations.add_team(organisation=partner, centre=place, name="Bench", by=scene.BY, at=scene.AT)
    user = get_user_model().objects.create_user(email="bench@bench.example", name="Bench")
    people.add_membership(user=user, team=team, role="board", starts_at=scene.AT, by=scene.BY, at=scene.AT)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def queries_of(client: Client, path: str) -> int:
    """Return how many statements the page sends to the database."""
    counted = 0

    def count(execute: Callable[..., object], *rest: object) -> object:
        nonlocal counted
        counted += 1
        return execute(*rest)

    with connection.execute_wrapper(count):
        client.get(path)
    return counted
