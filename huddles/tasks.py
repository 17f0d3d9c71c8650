"""Background work of the huddles app. Beat only nudges: what must happen by a time is a row that says so."""

from celery import shared_task

from huddles.services import referral_nudges
from nhc import clock
from nhc.actors import Actor


@shared_task
def nudge_referrals(**_: object) -> int:
    """Nudge whoever is responsible for referrals that are due, overdue or without an answer."""
    return referral_nudges.nudge_referrals(by=Actor.system("referral nudges"), at=clock.now())
