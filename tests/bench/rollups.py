"""The roll-up of five million observations: the whole against the bare aggregate, and a part against the whole."""

from functools import partial
from statistics import median

import psycopg
from django.db import connection

from dashboard.models import Rollup
from dashboard.services import rollup, runs, shards
from nhc import clock
from tests.bench import scene
from tests.bench.arena import Arena
from tests.bench.results import Result, seconds
from tests.bench.submissions import _submission

ORGANISATIONS = 5
MONTHS = 36

_FILL = """
INSERT INTO partners_observation (organisation_id, centre_id, measure_id, version_id, period_start, dimension, category,
                                  state, numerator, denominator, reason, submission_id, opened_seq)
SELECT o.id, %(centre)s, v.measure_id, v.id, month::date, cell.dimension, cell.category, 'reported',
       (random() * 40)::int, 50 + (random() * 400)::int, '', %(submission)s, 1
FROM unnest(%(organisations)s::bigint[]) AS o(id), partners_measureversion v,
     generate_series('2023-01-01'::date, '2025-12-01'::date, '1 month') AS month,
     unnest(%(dimensions)s::text[], %(categories)s::text[]) AS cell(dimension, category)
WHERE v.measure_id = ANY(%(measures)s)
"""

_BARE = """
INSERT INTO bench_rollup (centre_id, measure_id, version_id, period_start, dimension, category, numerator, denominator,
                          value, organisations_expected, organisations_reported, run_id)
SELECT centre_id, measure_id, max(version_id), period_start, dimension, category, sum(numerator), sum(denominator),
       (sum(numerator) / nullif(sum(denominator), 0))::float8, 0, count(*), 0
FROM partners_observation WHERE closed_seq IS NULL GROUP BY centre_id, measure_id, period_start, dimension, category
"""


def rows(arena: Arena, *, full: bool) -> list[Result]:
    """Measure the rows on the roll-up."""
    owner = arena.owner()
    # 5 organisations x 40 measures x 36 months x 25 cells are 180,000 observations a centre.
    centres = _fill(owner, centres=28 if full else 3)
    owner.execute("VACUUM ANALYZE partners_observation")
    whole, bare = [], []
    for _ in range(3):
        bare.append(seconds(lambda: _bare(owner)))
        whole.append(seconds(lambda: shards.rebuild(by=scene.BY, at=clock.now())))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM partners_observation")
        total = cursor.fetchone()[0]
    slots = _incremental(owner, _DIRTY_SLOTS, total, centres)
    scattered = _incremental(owner, _DIRTY_SCATTERED, total, centres)
    note = f"{total:,} observations of {ORGANISATIONS} organisations at each of {len(centres)} centres"
    return [
        Result(
            "rebuild", median(whole), median(bare), 2.0, "seconds",
            note=f"full rebuild against the bare aggregate; {note}",
        ),
        Result(
            "incremental", slots, median(whole), 0.15, "seconds",
            note="1% dirty as whole organisation-month slots against the full rebuild; equal results",
        ),
        Result(
            "incremental-scattered", scattered, median(whole), 0.5, "seconds",
            note="a random 1% dirty against the full rebuild; equal results",
        ),
    ]  # fmt: skip


def _fill(owner: psycopg.Connection[tuple[object, ...]], *, centres: int) -> list[int]:
    places = [scene.centre(f"roll-{number}") for number in range(centres)]
    measures = scene.measures_named("roll", *places)
    cells = scene.cells()
    for number, place in enumerate(places):
        partners = [scene.partner(f"LR{number:02}{letter}", place, owes=measures) for letter in "ABCDE"[:ORGANISATIONS]]
        submission = _submission(owner, partners[0].pk, place.pk)
        owner.execute(
            _FILL,
            {
                "organisations": [partner.pk for partner in partners],
                "centre": place.pk,
                "submission": submission,
                "measures": [measure.pk for measure in measures],
                "dimensions": [dimension for dimension, _ in cells],
                "categories": [category for _, category in cells],
            },
        )
    owner.execute("CREATE TABLE bench_rollup (LIKE dashboard_rollup INCLUDING ALL)")
    return [place.pk for place in places]


def _bare(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    with owner.transaction():
        owner.execute("DROP TABLE bench_rollup")
        owner.execute("CREATE TABLE bench_rollup (LIKE dashboard_rollup INCLUDING ALL)")
        owner.execute(_BARE)


_DIRTY_SLOTS = """
INSERT INTO partners_dirtyslot (centre_id, measure_id, period_start)
SELECT DISTINCT centre_id, measure_id, period_start FROM partners_observation
WHERE closed_seq IS NULL AND (organisation_id, period_start) IN (
  SELECT organisation_id, period_start FROM (
    SELECT DISTINCT organisation_id, period_start FROM partners_observation WHERE dimension = '') AS pair
  ORDER BY md5(organisation_id::text || period_start::text) LIMIT %(count)s)
"""

_DIRTY_SCATTERED = """
INSERT INTO partners_dirtyslot (centre_id, measure_id, period_start)
SELECT DISTINCT centre_id, measure_id, period_start FROM partners_observation
WHERE closed_seq IS NULL AND hashint8(id) %% 100 = 0
"""


def _incremental(
    owner: psycopg.Connection[tuple[object, ...]], statement: str, total: int, centres: list[int]
) -> float:
    """Return the median seconds of three drains of the same dirty slots, then hold the result against the whole."""
    pairs = max(1, round(total * 0.01 / (scene.MEASURES * len(scene.cells()))))
    taken = []
    for _ in range(3):
        owner.execute(statement, {"count": pairs})
        at = clock.now()
        run_id = runs.ensure_drain_run(at=at)
        if run_id is None:
            raise AssertionError("Nothing was dirty.")
        taken.append(seconds(partial(shards.run_here, run_id=run_id, at=at, progress=_silent)))
    wrong = sum(rollup.check(centre_id=centre).differences for centre in centres)
    if wrong or not Rollup.objects.exists():
        raise AssertionError(f"{wrong} rows differ from a full rebuild.")
    return median(taken)


def _silent(_done: int) -> None:
    """Take progress and say nothing."""
