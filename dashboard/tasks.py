"""Background work of the dashboard. Every task may be lost, repeated or late: the ledger knows what is still to do."""

from collections.abc import Iterable

import structlog
from celery import group, shared_task
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from dashboard.models import RollupRun
from dashboard.services import pinned, runs, shards
from dashboard.services.runs import Nudge
from nhc import clock
from nhc.actors import Actor

log = structlog.get_logger(__name__)


@shared_task
def ensure_night_runs(**_: object) -> int:
    """Put missed nights into the ledger and call workers to the oldest unfinished one; return how many were new."""
    at = clock.now()
    runs.fail_silent_rebuilds()
    new = runs.ensure_night_runs(at=at)
    _call(runs.resume(RollupRun.Kind.NIGHT, at=at))
    return new


@shared_task
def drain(**_: object) -> None:
    """Roll up what has changed since the last time."""
    at = clock.now()
    runs.ensure_drain_run(at=at)
    _call(runs.resume(RollupRun.Kind.DRAIN, at=at))


@shared_task
def pin_signals(**_: object) -> int:
    """Pin to every centre's board the signal that its huddle should look at; return how many are new."""
    return pinned.pin_signals(by=Actor.system("signals"), at=clock.now())


@shared_task
def roll_shard(*, run: int, **_: object) -> bool:
    """Do one free shard of a run."""
    worked = shards.work_one(run_id=run, at=clock.now())
    if worked and runs.night_succeeded(run_id=run):
        # Nights that were missed follow each other without waiting for the scheduler.
        ensure_night_runs()
    return worked


def _call(nudges: Iterable[Nudge]) -> None:
    """Send as many messages as shards wait. Without a broker they wait for the next call."""
    for nudge in nudges:
        try:
            group(roll_shard.s(run=nudge.run_id) for _ in range(nudge.shards)).apply_async(retry=False)
        except (OperationalError, RedisError, OSError) as error:
            log.warning("rollup_not_called", run=nudge.run_id, reason=type(error).__name__)
            return
