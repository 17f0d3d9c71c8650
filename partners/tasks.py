"""Background work of the partners app."""

from uuid import UUID

import structlog
from celery import shared_task
from django.conf import settings
from django.urls import reverse

from nhc import clock
from nhc.actors import Actor
from partners.queries import invitations as invitation_queries
from partners.services import calendar_feeds, invitations, notices, pulse, retention, submissions, swaps

log = structlog.get_logger(__name__)


@shared_task
def process_submission(*, submission: str, **_: object) -> bool:
    """Finish one large submission."""
    return submissions.process(submission_id=UUID(submission), at=clock.now())


@shared_task
def resume_submissions(**_: object) -> int:
    """Finish submissions whose message was lost or whose worker died; one that goes wrong keeps no other waiting."""
    at = clock.now()
    finished = 0
    for waiting in submissions.waiting(at=at):
        try:
            finished += submissions.process(submission_id=waiting, at=at)
        except Exception:
            log.exception("submission_not_finished", submission=str(waiting))
    return finished


@shared_task
def forget_expired(**_: object) -> int:
    """Remove uploaded bodies and kept answers whose time is over."""
    return retention.forget_expired(at=clock.now())


@shared_task(autoretry_for=(OSError,), retry_backoff=30, retry_backoff_max=3600, max_retries=10)
def send_invitation(*, invitation: str, **_: object) -> None:
    """Send an invitation's link by e-mail; tried again while the mail server cannot be reached."""
    found = invitation_queries.by_id(UUID(invitation))
    # After a change of SECRET_KEY the link cannot be made any more, and the invitation has to be sent again.
    if found is not None and invitations.opens(found):
        path = reverse("partners:accept", args=[invitations.token_of(found)])
        link = f"{settings.PUBLIC_URL}{path}?mailbox={invitations.mailbox_token_of(found)}"
        invitations.send(invitation=found, link=link, by=Actor.system("invitations"), at=clock.now())


@shared_task
def read_calendars(**_: object) -> int:
    """Read the employers' calendars that are due."""
    return calendar_feeds.poll(by=Actor.system("calendar reading"), at=clock.now())


@shared_task
def lapse_swaps(**_: object) -> int:
    """End swaps that nobody answered before the shift began."""
    return swaps.lapse_swaps(by=Actor.system("rota"), at=clock.now())


@shared_task
def give_notices(**_: object) -> int:
    """Warn people ahead of what lapses. Asked for often, so that a day that was missed is caught up with."""
    return notices.give_notices(by=Actor.system("notices"), at=clock.now())


@shared_task
def turn_pulse(**_: object) -> int:
    """Send the figures of last month's norms pulse and open this month's."""
    by, at = Actor.system("norms pulse"), clock.now()
    return pulse.close_rounds(by=by, at=at) + pulse.open_rounds(by=by, at=at)
