"""Background work of the platform itself."""

from datetime import timedelta

from celery import shared_task
from celery.signals import after_task_publish
from django.db import connection

from nhc import account_notices, clock, jobs, notices, password_reset, seals, services


@shared_task
def sweep_outbox(**_: object) -> int:
    """Publish jobs whose first publication failed."""
    return jobs.sweep(grace=timedelta(seconds=5))


@shared_task
def beat_heartbeat(**_: object) -> None:
    """Record that a worker is alive, because beat asked."""
    services.record_sign_of_life(part="worker", at=clock.now())


@after_task_publish.connect(sender=beat_heartbeat.name)
def _beat_asked(**_: object) -> None:
    """Record in beat's own process that it is alive: nobody else publishes this task."""
    services.record_sign_of_life(part="beat", at=clock.now())
    # Beat has no end of request at which Django would look after the connection; the next sign takes a fresh one.
    connection.close()


@shared_task
def forget_sessions(**_: object) -> int:
    """Remove sessions that have ended."""
    return services.forget_sessions(at=clock.now())


@shared_task
def seal_audit(**_: object) -> int:
    """Seal the audit events that no running transaction can still add to; return how many seals that made."""
    return len(seals.seal_settled(at=clock.now()))


@shared_task
def send_password_link(user_id: int, **_: object) -> None:
    """Send the link for a forgotten password."""
    password_reset.send_link(user_id=user_id)


@shared_task(autoretry_for=(OSError,), retry_backoff=30, retry_backoff_max=3600, max_retries=5)
def send_notice(notice: int, **_: object) -> None:
    """Tell somebody by e-mail that a notice waits for them."""
    notices.send(notice_id=notice)


@shared_task(autoretry_for=(OSError,), retry_backoff=30, retry_backoff_max=3600, max_retries=5)
def send_account_notice(user_id: int, change: str, **_: object) -> None:
    """Tell somebody by e-mail that the way they sign in was changed."""
    account_notices.send(user_id=user_id, change=change)
