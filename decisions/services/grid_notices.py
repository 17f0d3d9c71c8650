"""Notices about a grid in force: its review is due, or an hour comes at which it leaves people alone."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse

from decisions.finder import Finding, Kind
from decisions.models import GridVersion
from decisions.queries import finder as finder_queries
from decisions.queries import grids as queries
from nhc import audit, formats, notices
from nhc.access import ROLES, Permission
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.notices import Reminder, stage_of
from partners.queries import agreements

if TYPE_CHECKING:
    from partners.models import Centre

OVERDUE = 0
"""The stage of a review whose day has come: said once."""
WARNED = (1, 7)
"""Days before an hour at which nobody is on that it is warned of."""


@transaction.atomic
def remind_of_reviews(*, by: Actor, at: datetime) -> int:
    """Remind those who change a centre's grid that its review is due, 14, 7 and 1 days before and on the day.

    Return how many notices that made. Safe to repeat.
    """
    return _give(list(_reviews(at)), by, at, "reviews")


@transaction.atomic
def warn_of_gaps(*, by: Actor, at: datetime) -> int:
    """Warn those who change a centre's rota of the hours at which the grid leaves people alone, before they come.

    Each stretch is warned of a week and a day before. Return how many notices that made. Safe to repeat.
    """
    return _give(list(_gaps(at)), by, at, "gaps")


def _give(reminders: list[Reminder], by: Actor, at: datetime, what: str) -> int:
    made = notices.give(reminders=reminders, at=at)
    if made:
        audit.record(by=by, at=at, verb="notices.given", subject="notices", subject_id=at.date(), details={what: made})
    return made


def _reviews(at: datetime) -> Iterator[Reminder]:
    for version in queries.all_in_force(at):
        day = queries.next_review_on(version)
        left = None if day is None else (day - london_date(at)).days
        stage = None if left is None else OVERDUE if left <= 0 else stage_of(left)
        if day is None or stage is None:
            continue
        centre = version.grid.centre
        for user_id in _holders(centre, Permission.EDIT_GRID, at):
            yield Reminder(
                user_id=user_id,
                kind="grid-review",
                about=f"grid-review:{version.pk}:{day.isoformat()}",
                stage=stage,
                sentence=f"The decision-rights grid of {centre.name} is due for review on {formats.full_date(day)}. "
                "Write down what was learnt from going by it.",
                path=reverse("decisions:grid-review", args=[centre.slug]),
            )


def _gaps(at: datetime) -> Iterator[Reminder]:
    for version in queries.all_in_force(at):
        for finding in finder_queries.search(version, at).findings:
            stage = stage_of((london_date(finding.starts_at) - london_date(at)).days)
            if finding.always or finding.kind is Kind.TWO_DECIDE or stage not in WARNED:
                continue
            yield from _warn(version, finding, stage, at)


def _warn(version: GridVersion, finding: Finding, stage: int, at: datetime) -> Iterator[Reminder]:
    centre = version.grid.centre
    names = " and ".join(holder.name for holder in finding.holders)
    keys = ",".join(holder.key for holder in finding.holders)
    when = f"from {formats.day_and_time(finding.starts_at)} to {formats.day_and_time(finding.ends_at)}"
    for user_id in _holders(centre, Permission.MANAGE_ROTA, at):
        yield Reminder(
            user_id=user_id,
            kind="grid-gap",
            # A stretch that has begun moves on with the clock; its end names it.
            about=f"grid-gap:{version.grid_id}:{keys}:{finding.ends_at:%Y%m%d%H%M}",
            stage=stage,
            sentence=f"Nobody is on as {names} at {centre.name} {when}, and the decision-rights grid counts on them. "
            "Put somebody on.",
            path=reverse("decisions:finder", args=[centre.slug]),
        )


def _holders(centre: "Centre", permission: Permission, at: datetime) -> list[int]:
    codes = [role.code for role in ROLES.values() if permission in role.permissions]
    return [user.pk for user in agreements.holders(centre, codes, at)]
