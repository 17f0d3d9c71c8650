"""Queue a task so that it cannot be lost: an outbox row in the transaction, published after commit, else swept."""

from collections.abc import Iterable
from datetime import timedelta

import structlog
from django.db import connection, transaction

from nhc.broker import Argument, BrokerUnavailableError, broker
from nhc.celery import app
from nhc.models import OutboxJob

log = structlog.get_logger(__name__)


def enqueue(task: str, **arguments: Argument) -> None:
    """Queue a task by name with identifiers only; personal data never travels in arguments.

    Raises KeyError at once for a task that no module defines, and RuntimeError outside a transaction.
    """
    if task not in app.tasks:
        raise KeyError(f"No task is named {task}.")
    if not connection.in_atomic_block:
        raise RuntimeError("A job is queued in the transaction that needs it. Wrap both in atomic().")
    job = OutboxJob.objects.create(task=task, arguments=arguments)
    # Robust: what is stored is stored, so no fault in publishing may become an error of the request.
    transaction.on_commit(lambda: _publish_one(job), robust=True)


def enqueue_all(task: str, arguments: Iterable[dict[str, Argument]]) -> None:
    """Queue one task many times, as `enqueue`; the sweep publishes them, so that nobody waits for it."""
    if task not in app.tasks:
        raise KeyError(f"No task is named {task}.")
    if not connection.in_atomic_block:
        raise RuntimeError("Jobs are queued in the transaction that needs them. Wrap both in atomic().")
    OutboxJob.objects.bulk_create([OutboxJob(task=task, arguments=each) for each in arguments], batch_size=1000)


def _publish_one(job: OutboxJob) -> None:
    if _publish(job.task, job.arguments):
        OutboxJob.objects.filter(pk=job.pk).delete()


def _publish(task: str, arguments: dict[str, Argument], *, insist: bool = False) -> bool:
    """Hand one message to the broker within Redis's time limit; False when it could not be reached."""
    try:
        broker().publish(task, arguments, insist=insist)
    except BrokerUnavailableError as error:
        log.warning("job_not_published", task=task, reason=str(error))
        return False
    return True


def sweep(*, grace: timedelta, limit: int = 500) -> int:
    """Publish outbox rows older than `grace`; return how many. Safe to run in several places at once.

    A row is removed only after the broker has it, so a crash between publishes twice: every task is safe to repeat.
    """
    published = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, task, arguments FROM nhc_outboxjob WHERE due_at < now() - make_interval(secs => %s) "
            "ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED",
            [grace.total_seconds(), limit],
        )
        for identity, task, _ in cursor.fetchall():
            job = OutboxJob.objects.get(pk=identity)
            if task in app.tasks and not _publish(task, job.arguments, insist=True):
                break
            if task not in app.tasks:
                log.error("job_unknown", task=task)
            job.delete()
            published += 1
    return published
