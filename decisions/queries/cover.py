"""Whether somebody would answer at the end of every ladder."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from decisions.models import GridVersion, Rung, Scenario
from decisions.queries.grids import scenarios_of
from partners import hours
from partners.hours import Interval
from partners.queries import rota

AHEAD = timedelta(weeks=4)


def not_covered(version: GridVersion, at: datetime) -> list[Scenario]:
    """Return the scenarios whose last rung is no telephone number and has nobody on duty at some time in four weeks.

    One without a ladder is among them. Six queries, however many scenarios.
    """
    scenarios = scenarios_of(version)
    last = {scenario.pk: _last(scenario.rungs.all()) for scenario in scenarios}
    had = _on_duty(version, at) if any(rung is not None and not rung.telephone for rung in last.values()) else {}
    return [scenario for scenario in scenarios if not _covered(last[scenario.pk], had, at)]


def _last(rungs: Iterable[Rung]) -> Rung | None:
    return max(rungs, key=lambda rung: rung.position, default=None)


def _covered(rung: Rung | None, had: dict[tuple[str, int | None], list[Interval]], at: datetime) -> bool:
    if rung is None:
        return False
    if rung.telephone:
        return True
    key = ("team", rung.team_id) if rung.duty_role_id is None else ("duty role", rung.duty_role_id)
    return not hours.without([(at, at + AHEAD)], had.get(key, []))


def _on_duty(version: GridVersion, at: datetime) -> dict[tuple[str, int | None], list[Interval]]:
    """Return when somebody is on for each duty role and each team, in the four weeks."""
    had: dict[tuple[str, int | None], list[Interval]] = {}
    shifts = rota.shifts_between(version.grid.centre, at, at + AHEAD)
    for shift, pieces in rota.worked(shifts):
        had.setdefault(("duty role", shift.duty_role_id), []).extend(pieces)
        had.setdefault(("team", shift.team_id), []).extend(pieces)
    return had
