"""The roll-up of five million observations: the whole against the bare aggregate, and a part against the whole."""

from functools import partial
from itertools import batched, groupby
from operator import itemgetter
from statistics import median

import psycopg
from django.db import connection

from dashboard import rollup_sql
from dashboard.services import runs, shards
from nhc import clock
from partners.models import Organisation
from partners.services import submissions
from partners.services.submissions import Upload
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
       (random() * 40)::int, 50 + (random() * 400)::int, '', %(submission)s, 0
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
    centres = 28 if full else 3
    _fill(owner, centres=centres)
    owner.execute("VACUUM ANALYZE partners_observation")
    whole, bare = [], []
    for _ in range(3):
        bare.append(seconds(lambda: _bare(owner)))
        whole.append(seconds(lambda: shards.rebuild(by=scene.BY, at=clock.now())))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM partners_observation")
        total = cursor.fetchone()[0]
    slots = _incremental(_ORGANISATION_MONTHS, total=total)
    scattered = _incremental(_SCATTERED, total=total)
    _hold_against_a_rebuild()
    note = f"{total:,} observations of {ORGANISATIONS} organisations at each of {centres} centres"
    return [
        Result(
            "rebuild", median(whole), median(bare), 2.0, "seconds",
            note=f"full rebuild against the bare aggregate; {note}",
        ),
        Result(
            "incremental", slots, median(whole), 0.15, "seconds",
            note="1% corrected, whole months of organisations, against the full rebuild; equal results",
        ),
        Result(
            "incremental-scattered", scattered, median(whole), 0.5, "seconds",
            note="a random 1% corrected against the full rebuild; equal results",
        ),
    ]  # fmt: skip


def _fill(owner: psycopg.Connection[tuple[object, ...]], *, centres: int) -> None:
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


def _bare(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    with owner.transaction():
        owner.execute("DROP TABLE bench_rollup")
        owner.execute("CREATE TABLE bench_rollup (LIKE dashboard_rollup INCLUDING ALL)")
        owner.execute(_BARE)


# Every round takes others; a figure that goes down by one, or up from nought, stays within its denominator.
_CHOSEN = """
SELECT o.organisation_id, centre.slug, measure.code, to_char(o.period_start, 'YYYY-MM'), o.dimension, o.category,
       CASE WHEN o.numerator > 0 THEN o.numerator - 1 ELSE 1 END::integer, o.denominator::integer
FROM partners_observation o JOIN partners_centre centre ON centre.id = o.centre_id
  JOIN partners_measure measure ON measure.id = o.measure_id
WHERE o.closed_seq IS NULL AND o.numerator IS NOT NULL AND centre.slug LIKE 'roll-%%' AND {chosen}
ORDER BY o.organisation_id, centre.slug
"""

_ORGANISATION_MONTHS = """(o.organisation_id, o.period_start) IN (
  SELECT organisation_id, period_start FROM (
    SELECT DISTINCT organisation_id, period_start FROM partners_observation WHERE dimension = '') AS pair
  ORDER BY md5(concat_ws(' ', organisation_id, period_start, %(round)s::int)) LIMIT %(count)s)"""

_SCATTERED = "hashint8extended(o.id, %(round)s) %% 100 = 0"


def _incremental(chosen: str, *, total: int) -> float:
    """Return the median seconds of three drains, each after one in a hundred figures was corrected."""
    pairs = max(1, round(total * 0.01 / (scene.MEASURES * len(scene.cells()))))
    taken = []
    for number in range(3):
        _correct(chosen, {"round": number, "count": pairs})
        at = clock.now()
        run_id = runs.ensure_drain_run(at=at)
        if run_id is None:
            raise AssertionError("Nothing was dirty.")
        taken.append(seconds(partial(shards.run_here, run_id=run_id, at=at, progress=_silent)))
    return median(taken)


def _correct(chosen: str, parameters: dict[str, int]) -> None:
    """Send a correction of each chosen figure, by organisation and centre, as its partners would."""
    with connection.cursor() as cursor:
        cursor.execute(_CHOSEN.format(chosen=chosen), parameters)
        figures = cursor.fetchall()
    senders = Organisation.objects.in_bulk({row[0] for row in figures})
    for (sender, slug), group in groupby(figures, key=itemgetter(0, 1)):
        for some in batched(group, 4_000):
            upload = Upload(senders[sender], "application/json", scene.message(slug, [_sent(*row[2:]) for row in some]))
            counts = submissions.receive(upload=upload, by=scene.BY, at=scene.AT).submission.counts
            if counts["changed"] != len(some):
                raise AssertionError(f"Of {len(some)} corrections: {counts}.")


def _sent(
    measure: str, period: str, dimension: str, category: str, numerator: int, denominator: int
) -> dict[str, object]:
    broken = {"breakdown": {dimension: category}} if dimension else {}
    return {"measure": measure, "period": period, "numerator": numerator, "denominator": denominator, **broken}


_DIGEST = f"""
SELECT count(*), sum(hash_record_extended(ROW({", ".join(rollup_sql.COLUMNS)}), 0)::numeric) FROM dashboard_rollup
"""


def _hold_against_a_rebuild() -> None:
    """Make everything again from scratch and raise AssertionError where that is not what the drains had made."""
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST)
        drained = cursor.fetchone()
        shards.rebuild(by=scene.BY, at=clock.now())
        cursor.execute(_DIGEST)
        if cursor.fetchone() != drained or not drained[0]:
            raise AssertionError("The drains came to other figures than a full rebuild.")


def _silent(_done: int) -> None:
    """Take progress and say nothing."""
