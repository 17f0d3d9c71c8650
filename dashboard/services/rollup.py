"""Writing the roll-up: draining the dirty log, rebuilding the whole table, and checking that both agree.

Every write of a drain is fenced: a worker that lost its shard writes nothing. Order of locks: the table, the centres'
roll-up locks in order, the dirty log, roll-up rows, shards, the run.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from dashboard import rollup_sql
from partners.services import dirty

ROLLUP_LOCK = 73002
"""The first number of the advisory lock under which one centre's roll-up is written."""

# A statement of some seconds at most over millions of rows: compiling it costs more than it saves, and its sorts should
# stay in memory. Merge joins look cheap to the planner where a centre has few returns and are not: they would compare
# every cell with every measure.
_TUNE = "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL enable_mergejoin = off"

_RENEW = """
UPDATE dashboard_rollupshard AS shard
   SET claimed_at = clock_timestamp(), slots = shard.slots + done.slots,
       rows_written = shard.rows_written + done.rows_written
  FROM unnest(%(shards)s::bigint[], %(fences)s::bigint[], %(slots)s::bigint[], %(rows)s::bigint[])
       AS done(id, fence, slots, rows_written)
 WHERE shard.id = done.id AND shard.fence = done.fence AND shard.state = 'running'
"""


class LostClaimError(Exception):
    """Another worker has the shard now; what this one did was rolled back."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One centre's share of a run, as long as `fence` is the shard's."""

    shard_id: int
    run_id: int
    centre_id: int
    fence: int
    night: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A key where the stored row is not what the observations say. Either side is None where it has no such row.

    Sides hold `dashboard.rollup_sql.FIGURES`.
    """

    centre_id: int
    measure: str
    period_start: date
    dimension: str
    category: str
    stored: tuple[object, ...] | None
    recomputed: tuple[object, ...] | None


@dataclass(frozen=True, slots=True)
class Checked:
    """How many keys differ, and the first of them."""

    differences: int
    examples: tuple[Difference, ...]


def drain_batch(*, claims: Sequence[Claim], limit: int) -> int:
    """Roll up what up to `limit` marks of the claimed centres name in one transaction; return how many slots changed.

    Raises LostClaimError, having changed nothing, where a shard was claimed by another worker meanwhile.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _hold(cursor, claims)
        taken = dirty.take(centre_ids=[claim.centre_id for claim in claims], limit=limit)
        rows: Counter[int] = Counter()
        for statement, names, marks in (
            (rollup_sql.REFRESH_SLOTS, rollup_sql.SLOT_PARAMETERS, taken.slots),
            (rollup_sql.REFRESH_CELLS, rollup_sql.CELL_PARAMETERS, taken.cells),
        ):
            if marks:
                columns = [list(column) for column in zip(*marks, strict=True)]
                parameters = dict(zip(names, columns, strict=True))
                cursor.execute(statement, {**parameters, "centres": sorted(set(columns[0])), "run": claims[0].run_id})
                rows.update(dict(cursor.fetchall()))
        slots = Counter(slot.centre_id for slot in taken.touched())
        _renew(cursor, claims, slots=slots, rows=rows)
    return slots.total()


def reroll(*, claim: Claim) -> int:
    """Write the centre's roll-up again from all its observations; return how many rows were wrong."""
    with transaction.atomic(), connection.cursor() as cursor:
        _hold(cursor, [claim])
        cursor.execute(rollup_sql.REFRESH_CENTRES, {"centres": [claim.centre_id], "run": claim.run_id})
        rows: dict[int, int] = dict(cursor.fetchall())
        _renew(cursor, [claim], slots={}, rows=rows)
    return sum(rows.values())


def _hold(cursor: CursorWrapper, claims: Sequence[Claim]) -> None:
    cursor.execute("LOCK TABLE dashboard_rollup IN ROW EXCLUSIVE MODE")
    centres = sorted(claim.centre_id for claim in claims)
    cursor.execute(
        "SELECT pg_advisory_xact_lock(%s, centre::integer) FROM unnest(%s::bigint[]) AS centre", [ROLLUP_LOCK, centres]
    )
    cursor.execute(_TUNE)


def _renew(
    cursor: CursorWrapper, claims: Sequence[Claim], *, slots: Mapping[int, int], rows: Mapping[int, int]
) -> None:
    """Count what was done and show that the workers live; this is also the fence, in the transaction of the write."""
    cursor.execute(
        _RENEW,
        {
            "shards": [claim.shard_id for claim in claims],
            "fences": [claim.fence for claim in claims],
            "slots": [slots.get(claim.centre_id, 0) for claim in claims],
            "rows": [rows.get(claim.centre_id, 0) for claim in claims],
        },
    )
    if cursor.rowcount != len(claims):
        raise LostClaimError("Another worker has taken over.")
    cursor.execute(
        "UPDATE dashboard_rolluprun SET heartbeat_at = clock_timestamp() WHERE id = ANY(%s)",
        [sorted({claim.run_id for claim in claims})],
    )


def rebuild(*, run_id: int) -> int:
    """Make the whole roll-up again beside the old one and swap it in; return its rows.

    Drains wait for it, readers do not; whatever is dirty at its snapshot is clean after it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE dashboard_rollup IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(_TUNE)
        cursor.execute("SELECT dashboard_rollup_shadow_begin()")
        cursor.execute(rollup_sql.REBUILD, {"centres": None, "run": run_id})
        rows = int(cursor.rowcount)
        cursor.execute("SELECT dashboard_rollup_shadow_index()")
        cursor.execute("SELECT dashboard_rollup_shadow_swap()")
    return rows


def check(*, centre_id: int, examples: int = 20) -> Checked:
    """Compare one centre's roll-up with its observations at one snapshot, slots that wait for a drain left aside."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TUNE)
        cursor.execute(rollup_sql.CHECK, {"centres": [centre_id], "limit": examples})
        found = cursor.fetchall()
    return Checked(differences=int(found[0][-1]) if found else 0, examples=tuple(_difference(row) for row in found))


def _difference(row: tuple[Any, ...]) -> Difference:
    """Read a row of the check: the key, the recomputed figures, the stored ones, and which of the two are not there."""
    width = len(rollup_sql.FIGURES)
    centre, _, period, dimension, category, *sides, gone, missing, measure, _ = row
    stored, recomputed = tuple(sides[width:]), tuple(sides[:width])
    return Difference(
        centre, measure, period, dimension, category, None if missing else stored, None if gone else recomputed
    )
