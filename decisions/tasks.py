"""Background work of the decisions app."""

from celery import shared_task

from decisions.services import consent_notices, grid_notices, nudges, rounds
from nhc import clock
from nhc.actors import Actor


@shared_task
def nudge_forums(**_: object) -> int:
    """Nudge the undecided, and remind of reviews. Asked for often, so that a day that was missed is caught up with."""
    return nudges.nudge_forums(by=Actor.system("nudges"), at=clock.now())


@shared_task
def close_rounds(**_: object) -> int:
    """Close the rounds of consent whose deadline has come."""
    return rounds.close_due_rounds(by=Actor.system("consent"), at=clock.now())


@shared_task
def give_grid_notices(**_: object) -> int:
    """Remind silent partners and of reviews of grids and of acts, and warn of gaps.

    Asked for often, so that no missed day matters.
    """
    by, at = Actor.system("grid notices"), clock.now()
    reminded = consent_notices.remind_silent(by=by, at=at) + grid_notices.remind_of_reviews(by=by, at=at)
    reminded += grid_notices.remind_of_overrides(by=by, at=at)
    return reminded + grid_notices.warn_of_gaps(by=by, at=at)
