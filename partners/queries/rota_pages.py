"""A centre's rota as pages show it: days by duties or by teams, and who is on now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from partners import hours
from partners.models import Centre, DoubleBooking, DutyRole, Shift, Swap
from partners.queries import rota, swaps
from partners.queries.rota import Gap, OnDuty


@dataclass(frozen=True, slots=True)
class Cell:
    """What one duty or team has on one of the centre's days, and where it lacks somebody."""

    column: str
    shifts: list[Shift]
    gaps: list[Gap]


@dataclass(frozen=True, slots=True)
class Day:
    """One of the centre's days, from when it begins until the next one does."""

    day: date
    starts_at: datetime
    ends_at: datetime
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Span:
    """Some days of a rota. `gaps` are whole, across days, and those that are over are left out, as nobody can help."""

    columns: list[str]
    days: list[Day]
    gaps: list[Gap]
    double_bookings: list[DoubleBooking]
    swaps: dict[int, Swap]


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty now: who is on, who is next, and who stands in where nobody is."""

    role: DutyRole
    on: list[OnDuty]
    next: Shift | None
    instead: list[OnDuty]
    wanted: bool


def duties(centre: Centre, at: datetime) -> list[Duty]:
    """Return every duty of a centre with who is on now and next, in the centre's order."""
    on = rota.on_duty(centre, at)
    following = rota.next_on(list(on), at)
    by_id = {role.pk: role for role in on}
    moment = at + timedelta(seconds=1)
    found = []
    for role, people in on.items():
        deputy = by_id.get(role.deputy_id) if role.deputy_id is not None else None
        instead = on[deputy] if deputy is not None and not people else []
        found.append(Duty(role, people, following.get(role), instead, bool(rota.wanted(role, at, moment))))
    return found


def span(centre: Centre, first: date, count: int, *, by_team: bool, at: datetime) -> Span:
    """Return `count` of a centre's days from the first, by duty or by team."""
    starts = [hours.day_start(first + timedelta(days=each), centre.day_starts) for each in range(count + 1)]
    start, end = starts[0], starts[-1]
    ever = rota.duty_roles(centre)
    roles = [role for role in ever if role.retired_at is None or role.retired_at > start]
    shifts = rota.shifts_among(ever, start, end)
    gaps = rota.gaps_among(roles, shifts, start, end)
    columns = sorted({shift.team.name for shift in shifts}) if by_team else [role.name for role in roles]
    if not by_team:
        # A duty that was retired since is shown where it was on.
        columns += sorted({shift.duty_role.name for shift in shifts} - set(columns))
    days = [
        _day(first + timedelta(days=each), (starts[each], starts[each + 1]), columns, shifts, gaps, by_team=by_team)
        for each in range(count)
    ]
    return Span(
        columns=columns,
        days=days,
        gaps=[gap for gap in gaps if gap.ends_at > at],
        double_bookings=rota.double_bookings(centre, max(start, at), end) if end > at else [],
        swaps=swaps.waiting_at(centre, max(start, at), end) if end > at else {},
    )


def _day(
    day: date,
    between: tuple[datetime, datetime],
    columns: Sequence[str],
    shifts: Sequence[Shift],
    gaps: Sequence[Gap],
    *,
    by_team: bool,
) -> Day:
    start, end = between
    cells = {column: Cell(column, [], []) for column in columns}
    for shift in shifts:
        if shift.operational_date == day:
            cells[shift.team.name if by_team else shift.duty_role.name].shifts.append(shift)
    for gap in [] if by_team else gaps:
        if gap.starts_at < end and gap.ends_at > start:
            part = Gap(gap.duty_role, max(gap.starts_at, start), min(gap.ends_at, end))
            cells[gap.duty_role.name].gaps.append(part)
    return Day(day, start, end, list(cells.values()))
