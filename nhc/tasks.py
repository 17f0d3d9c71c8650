"""Background work of the platform itself."""

from datetime import timedelta

from celery import shared_task

from nhc import clock, jobs
from nhc.models import Heartbeat


@shared_task
def sweep_outbox(**_: object) -> int:
    """Publish jobs whose first publication failed."""
    return jobs.sweep(grace=timedelta(seconds=5))


@shared_task
def beat_heartbeat(**_: object) -> None:
    """Record that the scheduler and a worker are alive: this row is written by a worker because beat asked for it."""
    Heartbeat.objects.update_or_create(part="beat", defaults={"seen_at": clock.now()})
