"""Background work of the partners app."""

from uuid import UUID

from celery import shared_task

from nhc import clock
from partners.services import retention, submissions


@shared_task
def process_submission(*, submission: str, **_: object) -> bool:
    """Finish one large submission."""
    return submissions.process(submission_id=UUID(submission), at=clock.now())


@shared_task
def resume_submissions(**_: object) -> int:
    """Finish submissions whose message was lost or whose worker died."""
    at = clock.now()
    return sum(submissions.process(submission_id=waiting, at=at) for waiting in submissions.waiting(at=at))


@shared_task
def forget_expired(**_: object) -> int:
    """Remove uploaded bodies and kept answers whose time is over."""
    return retention.forget_expired(at=clock.now())
