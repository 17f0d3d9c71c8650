"""The ledger of roll-up runs, as pages and operators read it."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.models import RollupRun
from partners.queries import figures as figure_queries


@dataclass(frozen=True, slots=True)
class NightStatus:
    """How fresh the figures are.

    `latest` is the last night that succeeded, `unfinished` the oldest one that has not, `waiting` the slots that
    changed and are not rolled up yet.
    """

    latest: RollupRun | None
    unfinished: RollupRun | None
    waiting: int


def night_status() -> NightStatus:
    """Return the state of the night run, in three queries."""
    nights = RollupRun.objects.filter(kind=RollupRun.Kind.NIGHT)
    return NightStatus(
        latest=nights.filter(state=RollupRun.State.SUCCEEDED).order_by("-business_date").first(),
        unfinished=nights.exclude(state=RollupRun.State.SUCCEEDED).order_by("business_date").first(),
        waiting=figure_queries.slots_waiting(),
    )


def recent_runs(limit: int = 30) -> list[RollupRun]:
    """Return the newest runs of every kind, newest first."""
    return list(RollupRun.objects.order_by("-pk")[:limit])


def figures_as_at() -> datetime | None:
    """Return when the last run of any kind succeeded, or None before the first."""
    runs = RollupRun.objects.filter(state=RollupRun.State.SUCCEEDED)
    return runs.order_by("-finished_at").values_list("finished_at", flat=True).first()
