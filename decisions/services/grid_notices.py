"""Notices about a grid in force: a review is due, or an hour comes at which it leaves people alone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse

from decisions.finder import Finding, Kind
from decisions.models import GridVersion
from decisions.queries import finder as finder_queries
from decisions.queries import grids as queries
from decisions.queries import overrides as override_queries
from nhc import audit, formats, notices
from nhc.access import ROLES, Permission
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.notices import Reminder, stage_of
from partners.hours import Interval
from partners.queries import agreements

if TYPE_CHECKING:
    from partners.models import Centre

OVERDUE = 0
"""The stage of a review whose day has come: said once."""
WARNED = (1, 7)
"""Days before an hour at which nobody is on that it is warned of."""
REVIEWED_WITHIN = timedelta(days=7)
"""Acts outside a guardrail are reviewed weekly."""


@transaction.atomic
def remind_of_reviews(*, by: Actor, at: datetime) -> int:
    """Remind those who change a centre's grid that its review is due, 14, 7 and 1 days before and on the day.

    Return how many notices that made. Safe to repeat.
    """
    return _give(list(_reviews(at)), by, at, "reviews")


@transaction.atomic
def warn_of_gaps(*, by: Actor, at: datetime) -> int:
    """Warn those who change a centre's rota of the hours at which the grid leaves people alone, before they come.

    Of the next stretch of each duty a week and a day before; it says how many more are to come. Return how many notices
    that made. Safe to repeat.
    """
    return _give(list(_gaps(at)), by, at, "gaps")


@transaction.atomic
def remind_of_overrides(*, by: Actor, at: datetime) -> int:
    """Remind those who review acts outside a guardrail of each that nobody has reviewed for a week, once.

    Return how many notices that made. Safe to repeat.
    """
    return _give(list(_overrides(at)), by, at, "overrides")


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
        search = finder_queries.search(version, at)
        several: dict[tuple[str, ...], dict[Interval, Finding]] = {}
        for finding in search.findings:
            if not finding.always and finding.kind is not Kind.TWO_DECIDE:
                stretches = several.setdefault(tuple(holder.key for holder in finding.holders), {})
                stretches.setdefault((finding.starts_at, finding.ends_at), finding)
        for found in (list(stretches.values()) for stretches in several.values()):
            stage = stage_of((london_date(found[0].starts_at) - london_date(at)).days)
            if stage in WARNED:
                yield from _warn(version, found, stage, search.ends_at, at)


def _warn(
    version: GridVersion, found: list[Finding], stage: int, ends_at: datetime, at: datetime
) -> Iterator[Reminder]:
    """Warn of the first of some findings about the same duties, by start, which were looked for until `ends_at`."""
    finding, more = found[0], len(found) - 1
    centre = version.grid.centre
    names = " and ".join(holder.name for holder in finding.holders)
    keys = ",".join(holder.key for holder in finding.holders)
    when = f"from {formats.day_and_time(finding.starts_at)} to {formats.day_and_time(finding.ends_at)}"
    for user_id in _holders(centre, Permission.MANAGE_ROTA, at):
        yield Reminder(
            user_id=user_id,
            kind="grid-gap",
            about=f"grid-gap:{version.grid_id}:{keys}:{_named(finding, ends_at, at)}",
            stage=stage,
            sentence=f"Nobody is on as {names} at {centre.name} {when}, and the decision-rights grid counts on them. "
            f"{f'{formats.counted(more, "stretch", "stretches")} more within four weeks. ' if more else ''}"
            "Put somebody on.",
            path=reverse("decisions:finder", args=[centre.slug]),
        )


def _named(finding: Finding, ends_at: datetime, at: datetime) -> str:
    """Return what names a stretch however often it is looked for.

    One that has begun moves its start with the clock, so its end names it. One that ends where the search does moves
    its end, so its start names it; where it has begun too it is told of once a week.
    """
    if finding.ends_at < ends_at:
        return f"{finding.ends_at:%Y%m%d%H%M}"
    return f"{finding.starts_at:%Y%m%d%H%M}-open" if finding.starts_at > at else f"{london_date(at):%G-%V}-open"


def _overrides(at: datetime) -> Iterator[Reminder]:
    for override in override_queries.waiting_since(at - REVIEWED_WITHIN):
        centre = override.scenario.grid_version.grid.centre
        for user_id in _holders(centre, Permission.REVIEW_OVERRIDES, at):
            if user_id != override.user_id:
                yield Reminder(
                    user_id=user_id,
                    kind="override-review",
                    about=f"override-review:{override.pk}",
                    stage=OVERDUE,
                    sentence=f"An act outside a guardrail at {centre.name} waits for its review since "
                    f"{formats.full_date(london_date(override.at))}.",
                    path=reverse("decisions:overrides", args=[centre.slug]),
                )


def _holders(centre: "Centre", permission: Permission, at: datetime) -> list[int]:
    codes = [role.code for role in ROLES.values() if permission in role.permissions]
    return [user.pk for user in agreements.holders(centre, codes, at)]
