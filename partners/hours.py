"""Hours of people's clocks and the instants they stand for. Plain Python; wall times are Europe/London.

Twice a year a wall time happens twice, or never. Hours in which somebody must be on start at the first time the clock
shows their start and end at the last time it shows their end, so that cover is never shorter than what was asked for;
a time that never happens is the instant at which the clocks change.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

type Interval = tuple[datetime, datetime]
"""From one instant until (not including) another."""


class NoSuchTimeError(ValueError):
    """The clocks skip this wall time: they go forward over it."""


class TwoSuchTimesError(ValueError):
    """This wall time happens twice: before and after the clocks go back."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours that begin on a weekday (Monday is 0). An end at or before the start is on the next day."""

    weekday: int
    starts: time
    ends: time


def happens(wall: datetime) -> tuple[datetime, ...]:
    """Return the instants at which a naive wall time happens: one, none or two."""
    found = []
    for fold in (0, 1):
        instant = wall.replace(tzinfo=LONDON, fold=fold).astimezone(UTC)
        if instant.astimezone(LONDON).replace(tzinfo=None) == wall and instant not in found:
            found.append(instant)
    return tuple(found)


def instant_of(wall: datetime, *, later: bool | None = None) -> datetime:
    """Return the one instant of a naive wall time; `later` chooses between two.

    Raises NoSuchTimeError, and TwoSuchTimesError where there are two and none was chosen.
    """
    instants = happens(wall)
    if not instants:
        raise NoSuchTimeError
    if len(instants) == 1:
        return instants[0]
    if later is None:
        raise TwoSuchTimesError
    return instants[int(later)]


def first(wall: datetime) -> datetime:
    """Return when the clock first shows a wall time, or the change of the clocks that skips it."""
    return _edge(wall, 0)


def last(wall: datetime) -> datetime:
    """Return when the clock last shows a wall time, or the change of the clocks that skips it."""
    return _edge(wall, -1)


def _edge(wall: datetime, place: int) -> datetime:
    shown = wall
    while not (instants := happens(shown)):
        shown = shown.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return instants[place]


def midnight(day: date) -> datetime:
    """Return the first instant of a date."""
    return first(datetime.combine(day, time()))


def day_start(day: date, day_starts: time) -> datetime:
    """Return the instant at which a centre's operational day begins."""
    return first(datetime.combine(day, day_starts))


def operational_date(at: datetime, day_starts: time) -> date:
    """Return the operational day that an instant belongs to, where the day begins at `day_starts`."""
    day = at.astimezone(LONDON).date()
    return day if at >= day_start(day, day_starts) else day - timedelta(days=1)


def required(hours: Iterable[Hours], start: datetime, end: datetime) -> list[Interval]:
    """Return the intervals between two instants in which somebody must be on, joined and in order."""
    by_weekday: dict[int, list[Hours]] = {}
    for each in hours:
        by_weekday.setdefault(each.weekday, []).append(each)
    found = []
    # Hours that began the day before may reach into the first day.
    for day in days(start - timedelta(days=1), end):
        for each in by_weekday.get(day.weekday(), ()):
            ends_on = day if each.ends > each.starts else day + timedelta(days=1)
            begins, stops = first(datetime.combine(day, each.starts)), last(datetime.combine(ends_on, each.ends))
            if max(begins, start) < min(stops, end):
                found.append((max(begins, start), min(stops, end)))
    return joined(found)


def days(start: datetime, end: datetime) -> Iterator[date]:
    """Return the dates in London that lie between two instants, the last one's included."""
    day, until = start.astimezone(LONDON).date(), end.astimezone(LONDON).date()
    while day <= until:
        yield day
        day += timedelta(days=1)


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same instants as intervals that neither meet nor overlap, in order."""
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(wanted: Iterable[Interval], had: Iterable[Interval]) -> list[Interval]:
    """Return the instants that are wanted and not had."""
    left: list[Interval] = []
    covered = joined(had)
    for start, end in joined(wanted):
        reached = start
        for begins, stops in covered:
            if stops <= reached:
                continue
            if begins >= end:
                break
            if begins > reached:
                left.append((reached, begins))
            reached = max(reached, stops)
        if reached < end:
            left.append((reached, end))
    return left
