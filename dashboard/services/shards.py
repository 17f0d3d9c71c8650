"""Working through a run: shard by shard in workers, or all of it in one process."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction

from dashboard.models import RollupRun
from dashboard.services import heartbeat, rollup, runs
from dashboard.services.rollup import Claim, LostClaimError
from nhc import audit
from nhc.actors import Actor
from nhc.clock import london_date

log = structlog.get_logger(__name__)

_SEVERAL_CENTRES = 200
"""How many shards one process takes at once when it does a whole run: a transaction for many small ones."""

_LARGE_BATCH = 25_000
_PAUSE = 0.2


class RunFailedError(Exception):
    """A run could not be finished; the sentence says why."""


def work_one(*, run_id: int, at: datetime) -> bool:
    """Take one shard of a run and finish it; False where none is free.

    What fails is recorded and raised again; a shard lost to another worker is only logged.
    """
    claims = runs.claim_shards(run_id=run_id)
    if claims:
        _work(claims, limit=settings.ROLLUP_BATCH_SLOTS, at=at, progress=lambda _: None)
    return bool(claims)


def run_here(*, run_id: int, at: datetime, progress: Callable[[int], None]) -> RollupRun:
    """Do a whole run in this process, beside whatever workers take of it; return it when it has succeeded.

    `progress` is told how many slots each step rolled up. Raises RunFailedError.
    """
    runs.claim_run(run_id=run_id, at=at)
    while (run := RollupRun.objects.get(pk=run_id)).state == RollupRun.State.RUNNING:
        claims = runs.claim_shards(run_id=run_id, limit=_SEVERAL_CENTRES)
        if claims:
            _work(claims, limit=_LARGE_BATCH, at=at, progress=progress)
        else:
            # Workers have what is left; if they die, their shards come back as soon as they are silent for too long.
            time.sleep(_PAUSE)
    if run.state != RollupRun.State.SUCCEEDED:
        raise RunFailedError(f"The run failed and will be tried again: {run.failure}")
    return run


def rebuild(*, by: Actor, at: datetime) -> RollupRun:
    """Make the whole roll-up again in one run of its own; return the run."""
    runs.fail_silent_rebuilds()
    run = RollupRun.objects.create(
        kind=RollupRun.Kind.FULL,
        business_date=london_date(at),
        state=RollupRun.State.RUNNING,
        due_at=at,
        started_at=at,
        heartbeat_at=_database_time(),
    )
    try:
        with heartbeat.beating(run_id=run.pk), transaction.atomic():
            run.rows_written = rollup.rebuild(run_id=run.pk)
            run.state, run.finished_at = RollupRun.State.SUCCEEDED, _database_time()
            run.save(update_fields=["state", "finished_at", "rows_written"])
            audit.record(
                by=by,
                at=at,
                verb="rollup.rebuilt",
                subject="rolluprun",
                subject_id=run.pk,
                details={"rows": run.rows_written},
            )
    except BaseException as error:
        RollupRun.objects.filter(pk=run.pk).update(
            state=RollupRun.State.FAILED, failure=f"{type(error).__name__}: {str(error).partition('\n')[0]}"[:300]
        )
        raise
    return run


def _work(claims: Sequence[Claim], *, limit: int, at: datetime, progress: Callable[[int], None]) -> None:
    try:
        with heartbeat.beating(run_id=claims[0].run_id, claims=claims):
            while done := rollup.drain_batch(claims=claims, limit=limit):
                progress(done)
            if claims[0].night:
                for claim in claims:
                    runs.finish_shards(claims=[claim], differences=_verified(claim), at=at)
            else:
                runs.finish_shards(claims=claims, at=at)
    except LostClaimError:
        log.warning("rollup_shard_lost", run=claims[0].run_id, shards=[claim.shard_id for claim in claims])
    except (Exception, KeyboardInterrupt) as error:
        _give_back(claims, error, at=at)
        raise


def _give_back(claims: Sequence[Claim], error: BaseException, *, at: datetime) -> None:
    try:
        runs.fail_shards(claims=claims, error=error, at=at)
    except (DatabaseError, InterfaceError):
        log.exception("rollup_failure_not_recorded", run=claims[0].run_id)


def _verified(claim: Claim) -> int:
    """Check a centre and mend what differs; return how many keys differed.

    Raises RunFailedError where the centre still differs after it was rolled up from scratch.
    """
    found = rollup.check(centre_id=claim.centre_id)
    if not found.differences:
        return 0
    for example in found.examples:
        log.error(
            "rollup_differs",
            run=claim.run_id,
            centre=claim.centre_id,
            measure=example.measure,
            period=example.period_start.isoformat(),
            dimension=example.dimension,
            category=example.category,
        )
    rollup.reroll(claim=claim)
    if rollup.check(centre_id=claim.centre_id).differences:
        raise RunFailedError(f"The roll-up of centre {claim.centre_id} differs even after it was made from scratch.")
    return found.differences


def _database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        finished: datetime = cursor.fetchone()[0]
    return finished
