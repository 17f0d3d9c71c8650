"""Figures into history, by sets: close what changed, add what is new, mark what must be rolled up again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from partners.validation import Figure

MERGE_LOCK = 73001
"""The first number of the advisory lock under which a centre's history grows (`slots` takes it too)."""

FEW = 2_000
"""Up to here figures travel as parameters; more are copied into a staging table."""

FEW_CELLS = 4
"""Up to so many changed cells of a slot are marked one by one; of more, the whole slot is rolled up again."""

MOST_CELLS = 5_000
"""A submission that changes more cells than this marks whole slots alone."""

LINES_AT_ONCE = 5_000
"""How many lines are handed to COPY together."""

_COLUMNS = "measure_id, version_id, period_start, dimension, category, state, numerator, denominator, reason"

_STAGE = """
DROP TABLE IF EXISTS pg_temp.staged_figures;
CREATE TEMPORARY TABLE staged_figures (
  measure_id bigint, version_id bigint, period_start date, dimension text, category text, state text,
  numerator numeric, denominator numeric, reason text
) ON COMMIT DROP
"""

# The planner is told the size of what was copied by a look at a few hundred rows.
_SAMPLE = "SET LOCAL default_statistics_target = 1; ANALYZE staged_figures; RESET default_statistics_target"

_FROM_PARAMETERS = f"""
SELECT * FROM unnest(%(measures)s::bigint[], %(versions)s::bigint[], %(starts)s::date[],
  %(dimensions)s::text[], %(categories)s::text[], %(states)s::text[], %(numerators)s::numeric[],
  %(denominators)s::numeric[], %(reasons)s::text[]) AS sent ({_COLUMNS})
"""

_FROM_STAGING = f"SELECT {_COLUMNS} FROM staged_figures"

_SAME_KEY = """
  o.closed_seq IS NULL AND o.centre_id = %(centre)s AND o.organisation_id = %(organisation)s
  AND o.measure_id = s.measure_id AND o.period_start = s.period_start
  AND o.dimension = s.dimension AND o.category = s.category
"""

# A slot that no cell joins is marked whole; of a large submission every slot is, without telling its cells apart.
_FEW_IN_ALL = f"(SELECT count(*) <= {MOST_CELLS} FROM touched)"
_MARK = f"""
  INSERT INTO partners_dirtyslot (centre_id, measure_id, period_start, dimension, category)
  SELECT %(centre)s, slot.measure_id, slot.period_start, cell.dimension, cell.category
  FROM (SELECT measure_id, period_start, count(*) AS cells, array_agg(dimension) AS dimensions,
               array_agg(category) AS categories
        FROM touched WHERE {_FEW_IN_ALL} GROUP BY measure_id, period_start) AS slot
  LEFT JOIN LATERAL unnest(slot.dimensions, slot.categories) AS cell (dimension, category)
    ON slot.cells <= {FEW_CELLS}
  UNION ALL
  SELECT DISTINCT %(centre)s::bigint, measure_id, period_start, NULL, NULL FROM touched WHERE NOT {_FEW_IN_ALL}
"""

_SAME_FIGURES = """(o.state, o.numerator, o.denominator, o.reason, o.version_id)
         IS {NOT} DISTINCT FROM (s.state, s.numerator, s.denominator, s.reason, s.version_id)"""

# What is held already needs no second look. A withdrawn figure is never the same: nothing open has that state.
_FORGET_UNCHANGED = f"""
DELETE FROM staged_figures s USING partners_observation o
WHERE {_SAME_KEY} AND {_SAME_FIGURES.format(NOT="NOT")}
"""

# What is closed because it changed is marked where its successor is added.
_CLOSE = f"""
WITH sent AS ({{sent}}), closed AS (
  UPDATE partners_observation o SET closed_seq = %(seq)s
  FROM sent s
  WHERE {_SAME_KEY}
    AND (s.state = 'withdrawn' OR {_SAME_FIGURES.format(NOT="")})
  RETURNING o.measure_id, o.period_start, o.dimension, o.category, s.state = 'withdrawn' AS removed
), missing AS ({{missing}}
), touched AS (
  SELECT measure_id, period_start, dimension, category FROM closed WHERE removed
  UNION ALL SELECT measure_id, period_start, dimension, category FROM missing
), marked AS ({_MARK}
)
SELECT (SELECT count(*) FROM closed WHERE NOT removed), (SELECT count(*) FROM closed WHERE removed),
       (SELECT count(*) FROM missing)
"""

_NOTHING_MISSING = """
  SELECT measure_id, period_start, dimension, category FROM partners_observation WHERE false
"""

_CLOSE_MISSING = """
  UPDATE partners_observation o SET closed_seq = %(seq)s
  WHERE o.closed_seq IS NULL AND o.centre_id = %(centre)s AND o.organisation_id = %(organisation)s
    AND (o.measure_id, o.period_start) IN (SELECT DISTINCT measure_id, period_start FROM sent)
    AND NOT EXISTS (SELECT FROM sent s WHERE s.measure_id = o.measure_id AND s.period_start = o.period_start
                    AND s.dimension = o.dimension AND s.category = o.category)
  RETURNING o.measure_id, o.period_start, o.dimension, o.category
"""

_INSERT = """
INSERT INTO partners_observation (organisation_id, centre_id, measure_id, version_id, period_start, dimension,
                                  category, state, numerator, denominator, reason, submission_id, opened_seq)
SELECT %(organisation)s, %(centre)s, s.measure_id, s.version_id, s.period_start, s.dimension, s.category, s.state,
       s.numerator, s.denominator, s.reason, %(submission)s, %(seq)s
FROM {source} s
WHERE s.state <> 'withdrawn' AND NOT EXISTS (SELECT FROM partners_observation o WHERE {same_key})
"""

_ADD_FEW = f"""
WITH sent AS ({{sent}}), touched AS (
  {{insert}}
  RETURNING measure_id, period_start, dimension, category
), marked AS ({_MARK}
)
SELECT count(*) FROM touched
"""

# Of many the marks are read back afterwards: handing every new row on while it is stored takes longer than reading it.
_ADDED = "FROM partners_observation WHERE submission_id = %(submission)s AND opened_seq = %(seq)s"
_MARK_CELLS = f"WITH touched AS (SELECT measure_id, period_start, dimension, category {_ADDED}) {_MARK}"
_MARK_SLOTS = f"""
INSERT INTO partners_dirtyslot (centre_id, measure_id, period_start)
SELECT DISTINCT %(centre)s::bigint, measure_id, period_start {_ADDED}
"""


type Parameter = int | str | UUID | list[int] | list[str] | list[date] | list[str | None]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a merge did to history."""

    created: int
    changed: int
    unchanged: int
    removed: int

    @property
    def any_change(self) -> bool:
        """Whether anything is other than it was."""
        return bool(self.created or self.changed or self.removed)


def hold(*, centre_id: int) -> None:
    """Hold the centre's history until the transaction ends: what is read after this stays until then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [MERGE_LOCK, centre_id])


def take_revision(*, centre_id: int) -> int:
    """Hold the centre's history until the transaction ends and return its next revision.

    Numbers come from one sequence. The lock lasts until commit, so at a centre a smaller number is never seen after a
    larger.
    """
    with connection.cursor() as cursor:
        # A select list is evaluated from left to right: the lock is held when the number is drawn.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s), nextval('partners_revision_seq_seq')", [MERGE_LOCK, centre_id]
        )
        return int(cursor.fetchone()[1])


def merge(
    figures: Sequence[Figure], *, organisation_id: int, centre_id: int, submission_id: UUID, seq: int, replace: bool
) -> Counts:
    """Merge one organisation's figures for one centre at a revision taken with `take_revision`.

    With `replace`, whatever the organisation holds in the (measure, period) pairs of the figures and does not send now
    is closed as well. The same figures again change nothing and mark nothing.
    """
    parameters: dict[str, Parameter] = {
        "organisation": organisation_id,
        "centre": centre_id,
        "submission": submission_id,
        "seq": seq,
    }
    few = len(figures) <= FEW
    with connection.cursor() as cursor:
        if few:
            parameters |= _as_arrays(figures)
        else:
            _stage(cursor, figures)
        sent = _FROM_PARAMETERS if few else _FROM_STAGING
        missing = _CLOSE_MISSING if replace else _NOTHING_MISSING
        if not few and not replace:
            cursor.execute(_FORGET_UNCHANGED, parameters)
        cursor.execute(_CLOSE.format(sent=sent, missing=missing), parameters)
        changed, withdrawn, gone = cursor.fetchone()
        added = (_add_few if few else _add_many)(cursor, parameters)
    asked_away = sum(figure.state == "withdrawn" for figure in figures)
    return Counts(
        created=added - changed,
        changed=changed,
        unchanged=len(figures) - added - asked_away + (asked_away - withdrawn),
        removed=withdrawn + gone,
    )


def _stage(cursor: CursorWrapper, figures: Iterable[Figure]) -> None:
    cursor.execute(_STAGE)
    with cursor.copy(f"COPY staged_figures ({_COLUMNS}) FROM STDIN") as copy:
        for chunk in _as_copy_text(figures):
            copy.write(chunk)
    cursor.execute(_SAMPLE)


def _add_few(cursor: CursorWrapper, parameters: Mapping[str, Parameter]) -> int:
    insert = _INSERT.format(source="sent", same_key=_SAME_KEY)
    cursor.execute(_ADD_FEW.format(sent=_FROM_PARAMETERS, insert=insert), parameters)
    return int(cursor.fetchone()[0])


def _add_many(cursor: CursorWrapper, parameters: Mapping[str, Parameter]) -> int:
    cursor.execute(_INSERT.format(source="staged_figures", same_key=_SAME_KEY), parameters)
    added = int(cursor.rowcount)
    if added:
        cursor.execute(_MARK_CELLS if added <= MOST_CELLS else _MARK_SLOTS, parameters)
    return added


def record_revision(*, seq: int, centre_id: int, submission_id: UUID) -> None:
    """Write when the revision became visible, by the database's clock: the last act of a merge."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO partners_revision (seq, centre_id, submission_id, visible_at) "
            "VALUES (%s, %s, %s, clock_timestamp())",
            [seq, centre_id, submission_id],
        )


def _as_arrays(figures: Sequence[Figure]) -> dict[str, Parameter]:
    columns = [list(column) for column in zip(*figures, strict=True)] or [[] for _ in Figure._fields]
    names = ("measures", "versions", "starts", "dimensions", "categories", "states")
    arrays: dict[str, Parameter] = dict(zip(names, columns[1:7], strict=True))
    arrays["numerators"] = [None if value is None else str(value) for value in columns[7]]
    arrays["denominators"] = [None if value is None else str(value) for value in columns[8]]
    arrays["reasons"] = columns[9]
    return arrays


def _as_copy_text(figures: Iterable[Figure]) -> Iterator[str]:
    """Yield PostgreSQL's text COPY format in chunks. Only `reason` can hold what must be escaped."""
    lines: list[str] = []
    measure_id, start, slot = 0, None, ""
    for _, measure, version, begins, dimension, category, state, numerator, denominator, reason in figures:
        if begins is not start or measure != measure_id:  # rows of one slot mostly follow each other
            measure_id, start = measure, begins
            slot = f"{measure}\t{version}\t{begins}"
        above = r"\N" if numerator is None else numerator
        below = r"\N" if denominator is None else denominator
        said = _escaped(reason) if reason else ""
        lines.append(f"{slot}\t{dimension}\t{category}\t{state}\t{above}\t{below}\t{said}\n")
        if len(lines) == LINES_AT_ONCE:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
