"""The ledger of runs: which nights are owed, who works on them, and when one is done.

A night is a row for each London date. Schedulers and messages only nudge: whatever they lose, the next call of `resume`
finds in the ledger. Heartbeats are the database's clock, so that workers on several machines agree on who is silent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction

from dashboard.models import RollupRun, RollupShard
from dashboard.services.rollup import Claim, LostClaimError
from nhc import audit
from nhc.actors import Actor
from nhc.clock import LONDON, london_date

log = structlog.get_logger(__name__)

NIGHT_AT = time(2, 0)
"""When a night is due, Europe/London: this time exists exactly once on both nights when the clocks change."""

KEPT_DRAINS = timedelta(days=30)

_DRAIN_LOCK = 73004

_CLAIM_RUN = """
UPDATE dashboard_rolluprun
   SET state = 'running', fence = fence + 1, heartbeat_at = clock_timestamp(), failure = '',
       started_at = coalesce(started_at, clock_timestamp())
 WHERE id = %(run)s AND due_at <= %(at)s
   AND (state IN ('due', 'failed')
        OR state = 'running' AND heartbeat_at < clock_timestamp() - make_interval(secs => %(stale)s))
"""

# A night takes every centre that has figures, or had; the day takes those that changed and wait in no other run.
_NIGHT_SHARDS = """
INSERT INTO dashboard_rollupshard (run_id, centre_id, state, fence, attempts, slots, rows_written, differences)
SELECT %(run)s, centre.id, 'due', 0, 0, 0, 0, 0 FROM partners_centre AS centre
 WHERE EXISTS (SELECT FROM partners_observation o WHERE o.centre_id = centre.id AND o.closed_seq IS NULL)
    OR EXISTS (SELECT FROM partners_dirtyslot slot WHERE slot.centre_id = centre.id)
    OR EXISTS (SELECT FROM dashboard_rollup stored WHERE stored.centre_id = centre.id)
ON CONFLICT (run_id, centre_id) DO NOTHING
"""

_DIRTY_CENTRES = """
SELECT centre.id FROM partners_centre AS centre
 WHERE EXISTS (SELECT FROM partners_dirtyslot slot WHERE slot.centre_id = centre.id)
   AND NOT EXISTS (SELECT FROM dashboard_rollupshard shard JOIN dashboard_rolluprun run ON run.id = shard.run_id
                    WHERE shard.centre_id = centre.id AND shard.state <> 'done' AND run.kind = 'drain')
 ORDER BY centre.id
"""

_FREE_SHARDS = """
dashboard_rollupshard shard JOIN dashboard_rolluprun run ON run.id = shard.run_id
 WHERE run.id = %(run)s AND run.state = 'running'
   AND (shard.state = 'due'
        OR shard.state = 'running' AND shard.claimed_at < clock_timestamp() - make_interval(secs => %(stale)s))
"""

# Those tried least come first, so that one centre that always fails keeps no other waiting. Materialised: a subquery
# that locks rows would take more than its limit where the plan runs it twice.
_CLAIM_SHARDS = f"""
WITH free AS MATERIALIZED (
  SELECT shard.id, run.kind FROM {_FREE_SHARDS}
   ORDER BY shard.attempts, shard.id LIMIT %(limit)s FOR UPDATE OF shard SKIP LOCKED
)
UPDATE dashboard_rollupshard AS shard
   SET state = 'running', fence = shard.fence + 1, claimed_at = clock_timestamp(),
       attempts = least(shard.attempts + 1, 32000)
  FROM free
 WHERE shard.id = free.id
RETURNING shard.id, shard.run_id, shard.centre_id, shard.fence, free.kind = 'night'
"""

_MOVE = """
UPDATE dashboard_rollupshard AS shard SET state = %(state)s, differences = %(differences)s
  FROM unnest(%(shards)s::bigint[], %(fences)s::bigint[]) AS held(id, fence)
 WHERE shard.id = held.id AND shard.fence = held.fence AND shard.state = 'running'
"""

_COMPLETE = """
UPDATE dashboard_rolluprun AS run
   SET state = 'succeeded', finished_at = clock_timestamp(), slots = done.slots, rows_written = done.rows_written,
       differences = done.differences
  FROM (SELECT coalesce(sum(slots), 0) AS slots, coalesce(sum(rows_written), 0) AS rows_written,
               coalesce(sum(differences), 0) AS differences FROM dashboard_rollupshard WHERE run_id = %(run)s) AS done
 WHERE run.id = %(run)s AND run.state = 'running'
   AND NOT EXISTS (SELECT FROM dashboard_rollupshard shard WHERE shard.run_id = run.id AND shard.state <> 'done')
"""

_FAIL_REBUILDS = """
UPDATE dashboard_rolluprun SET state = 'failed', failure = 'The process that rebuilt the roll-up has gone.'
 WHERE kind = 'full' AND state = 'running' AND heartbeat_at < clock_timestamp() - make_interval(secs => %(stale)s)
"""

_PRUNE = """
WITH old AS (
  SELECT id FROM dashboard_rolluprun AS run
   WHERE kind = 'drain' AND state = 'succeeded' AND finished_at < %(before)s
     AND NOT EXISTS (SELECT FROM dashboard_rollup AS stored WHERE stored.run_id = run.id)
), shards AS (DELETE FROM dashboard_rollupshard USING old WHERE run_id = old.id)
DELETE FROM dashboard_rolluprun AS run USING old WHERE run.id = old.id
"""


@dataclass(frozen=True, slots=True)
class Nudge:
    """A run whose shards wait: as many messages as there are shards is enough, and none of them is needed twice."""

    run_id: int
    shards: int


def due_at(night: date) -> datetime:
    """Return the instant at which the night of a London date is due."""
    return datetime.combine(night, NIGHT_AT, tzinfo=LONDON).astimezone(UTC)


def latest_night(at: datetime) -> date:
    """Return the last London date whose night is due."""
    today = london_date(at)
    return today if due_at(today) <= at else today - timedelta(days=1)


def ensure_night_runs(*, at: datetime) -> int:
    """Put every missed night into the ledger, up to the last one due; return how many were new.

    An empty ledger begins with the last night due. Any number of schedulers may do this at once.
    """
    latest = latest_night(at)
    nights = RollupRun.objects.filter(kind=RollupRun.Kind.NIGHT)
    known = nights.order_by("-business_date").values_list("business_date", flat=True).first()
    first = latest if known is None else known + timedelta(days=1)
    owed = [first + timedelta(days=offset) for offset in range((latest - first).days + 1)]
    before = nights.count() if owed else 0
    RollupRun.objects.bulk_create(
        [RollupRun(kind=RollupRun.Kind.NIGHT, business_date=night, due_at=due_at(night)) for night in owed],
        ignore_conflicts=True,
    )
    return nights.count() - before if owed else 0


def ensure_drain_run(*, at: datetime) -> int | None:
    """Make a run for the centres that have dirty slots and wait in no other; return it, or None if there are none."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_DRAIN_LOCK])
        cursor.execute(_DIRTY_CENTRES)
        centres = [int(centre) for (centre,) in cursor.fetchall()]
        if not centres:
            return None
        run = RollupRun.objects.create(kind=RollupRun.Kind.DRAIN, business_date=london_date(at), due_at=at)
        RollupShard.objects.bulk_create([RollupShard(run=run, centre_id=centre) for centre in centres])
    return run.pk


def unfinished(kind: RollupRun.Kind, *, at: datetime) -> list[int]:
    """Return the runs that are due and have not succeeded, oldest first."""
    owed = RollupRun.objects.filter(kind=kind, due_at__lte=at).exclude(state=RollupRun.State.SUCCEEDED)
    return list(owed.order_by("business_date", "pk").values_list("pk", flat=True))


def fail_silent_rebuilds() -> int:
    """Mark full rebuilds whose process has gone as failed; return how many. What they had begun was rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(_FAIL_REBUILDS, {"stale": settings.ROLLUP_RUN_STALE_SECONDS})
        return int(cursor.rowcount)


def resume(kind: RollupRun.Kind, *, at: datetime) -> list[Nudge]:
    """Claim what is due, failed or silent, and return the runs whose shards need workers.

    Nights are caught up one after the other, oldest first; drains need no order.
    """
    waiting = unfinished(kind, at=at)
    if kind == RollupRun.Kind.NIGHT:
        waiting = waiting[:1]
    nudges = []
    for run_id in waiting:
        claim_run(run_id=run_id, at=at)
        pending = pending_shards(run_id=run_id)
        if pending:
            nudges.append(Nudge(run_id, pending))
    return nudges


def claim_run(*, run_id: int, at: datetime) -> bool:
    """Start a run that is due, failed or silent, with its shards; False where another has it or it is not due."""
    with transaction.atomic(), connection.cursor() as cursor:
        stale = settings.ROLLUP_RUN_STALE_SECONDS
        cursor.execute(_CLAIM_RUN, {"run": run_id, "at": at, "stale": stale})
        if not cursor.rowcount:
            return False
        if RollupRun.objects.filter(pk=run_id, kind=RollupRun.Kind.NIGHT).exists():
            cursor.execute(_NIGHT_SHARDS, {"run": run_id})
        _complete(run_id=run_id, at=at)
    return True


def pending_shards(*, run_id: int) -> int:
    """Return how many shards of a run wait for a worker, those of silent workers included."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {_FREE_SHARDS}", {"run": run_id, "stale": settings.ROLLUP_SHARD_STALE_SECONDS}
        )
        return int(cursor.fetchone()[0])


def claim_shards(*, run_id: int, limit: int = 1) -> list[Claim]:
    """Take up to `limit` shards of a run that nobody works on. A worker that was silent for too long loses its own."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM_SHARDS, {"run": run_id, "limit": limit, "stale": settings.ROLLUP_SHARD_STALE_SECONDS})
        return [Claim(*row) for row in cursor.fetchall()]


def night_succeeded(*, run_id: int) -> bool:
    """Whether a run is a night, and done."""
    return RollupRun.objects.filter(pk=run_id, kind=RollupRun.Kind.NIGHT, state=RollupRun.State.SUCCEEDED).exists()


def finish_shards(*, claims: Sequence[Claim], differences: int = 0, at: datetime) -> bool:
    """Mark shards done; whoever finishes the last one completes the run. Return whether this did.

    `differences` is what the check of a night found; it belongs to the one shard. Raises LostClaimError.
    """
    with transaction.atomic():
        if _move(claims, state=RollupShard.State.DONE, differences=differences) != len(claims):
            raise LostClaimError("Another worker has taken over.")
        run_id = claims[0].run_id
        # Two workers with the last two shards: the second waits here and then sees the first one's.
        RollupRun.objects.select_for_update().only("pk").get(pk=run_id)
        return _complete(run_id=run_id, at=at)


def fail_shards(*, claims: Sequence[Claim], error: BaseException, at: datetime) -> None:
    """Give shards back and mark their run failed, with a short reason. The next `resume` tries again."""
    reason = f"{type(error).__name__}: {str(error).partition('\n')[0]}"[:300]
    with transaction.atomic():
        if _move(claims, state=RollupShard.State.DUE):
            RollupRun.objects.filter(pk=claims[0].run_id, state=RollupRun.State.RUNNING).update(
                state=RollupRun.State.FAILED, failure=reason
            )
    log.error("rollup_failed", reason=reason, at=at.isoformat())


def _move(claims: Sequence[Claim], *, state: RollupShard.State, differences: int = 0) -> int:
    """Give shards that are still held another state; return how many those were."""
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE,
            {
                "state": state.value,
                "differences": differences,
                "shards": [claim.shard_id for claim in claims],
                "fences": [claim.fence for claim in claims],
            },
        )
        return int(cursor.rowcount)


def _complete(*, run_id: int, at: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_COMPLETE, {"run": run_id})
        if not cursor.rowcount:
            return False
        run = RollupRun.objects.get(pk=run_id)
        if run.kind == RollupRun.Kind.NIGHT:
            cursor.execute(_PRUNE, {"before": at - KEPT_DRAINS})
            _record(run, at=at)
    return True


def _record(run: RollupRun, *, at: datetime) -> None:
    audit.record(
        by=Actor.system("night run"),
        at=at,
        verb="rollup.succeeded",
        subject="rolluprun",
        subject_id=run.pk,
        details={
            "kind": run.kind,
            "date": run.business_date.isoformat(),
            "slots": run.slots,
            "rows": run.rows_written,
            "differences": run.differences,
        },
    )
