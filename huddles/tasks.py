"""Background work of the huddles app. Beat only nudges: what must happen by a time is a row that says so."""

from celery import shared_task

from huddles.services import closing, disposal, downtime, huddles, leavers, measures, referral_nudges
from nhc import clock
from nhc.actors import Actor


@shared_task
def nudge_referrals(**_: object) -> int:
    """Nudge whoever is responsible for referrals that are due, overdue or without an answer."""
    return referral_nudges.nudge_referrals(by=Actor.system("referral nudges"), at=clock.now())


@shared_task
def plan_huddles(**_: object) -> int:
    """Plan the huddles of today and tomorrow; record missed ones, and close those that nobody closed."""
    by, at = Actor.system("huddles"), clock.now()
    planned = huddles.plan_huddles(by=by, at=at)
    return planned + closing.record_missed(by=by, at=at) + closing.close_left_open(by=by, at=at)


@shared_task
def release_leavers(**_: object) -> int:
    """Let teams own the open actions of people who have left, and let go of key workers who have."""
    return leavers.release_leavers(by=Actor.system("leavers"), at=clock.now())


@shared_task
def remind_of_disposal(**_: object) -> int:
    """Tell privacy officers, once a month, how many records are past their retention. Nothing is disposed of."""
    return disposal.remind_due(by=Actor.system("retention"), at=clock.now())


@shared_task
def write_downtime_sheets(**_: object) -> int:
    """Write every centre's board and duty sheet to where they can be read while the service is down."""
    return downtime.write_sheets(at=clock.now())


@shared_task
def send_huddle_figures(**_: object) -> int:
    """Send what huddles count for the months that are over. Asked for often, so that a missed day is caught up with."""
    return measures.send_figures(by=Actor.system("huddles"), at=clock.now())
