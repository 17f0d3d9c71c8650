"""Where a grid leaves people alone: nobody decides, two decide, nobody is on duty for a rung. Plain Python.

A grid is laid over the times at which people are on duty. That somebody decides is looked for at every instant, because
anything may come up at any hour; a rung is empty only while somebody must be on for its duty, because its ladder knows
that the duty has an end.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import combinations

from partners.hours import LONDON, Interval, joined, without


class Kind(StrEnum):
    """What was found."""

    NOBODY_DECIDES = "nobody decides"
    TWO_DECIDE = "two decide"
    EMPTY_RUNG = "nobody is on for a rung"


@dataclass(frozen=True, slots=True)
class Holder:
    """A duty role or team that stands in a grid: when it must be on, and when somebody is. `key` tells them apart."""

    key: str
    name: str
    wanted: tuple[Interval, ...]
    on: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario as far as the finder looks: who decides, and who is called, in order. Telephones are left out.

    `limits` are those that deciders have of their own: two who decide up to different amounts do not decide the same.
    """

    code: str
    title: str
    deciders: tuple[str, ...]
    rungs: tuple[str, ...]
    limits: tuple[tuple[str, Decimal], ...] = ()

    def limit_of(self, key: str) -> Decimal | None:
        """Return up to what a decider decides, where that is their own limit."""
        return dict(self.limits).get(key)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to close, from one instant until another. `rows` are the scenarios it is true of.

    `always`: no hours of anybody would help, since the grid names nobody who decides.
    """

    kind: Kind
    holders: tuple[Holder, ...]
    rows: tuple[Row, ...]
    starts_at: datetime
    ends_at: datetime
    always: bool = False


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the week on London's clock. `days` is on how many dates something is found in it."""

    weekday: int
    hour: int
    days: int
    findings: tuple[Finding, ...]


def find(rows: Sequence[Row], holders: Mapping[str, Holder], start: datetime, end: datetime) -> list[Finding]:
    """Return everything that is found between two instants, what is always so first, then by start.

    Findings that differ only in the scenario are one. Rows of a grid name the same few holders again and again: what
    follows from the times of holders alone is worked out once.
    """
    found: dict[tuple[Kind, tuple[str, ...], Interval, bool], dict[Row, None]] = {}

    def add(kind: Kind, keys: Iterable[str], row: Row, stretches: Iterable[Interval], *, always: bool = False) -> None:
        for stretch in stretches:
            found.setdefault((kind, tuple(keys), stretch, always), {})[row] = None

    whole, times = (start, end), _Times(holders, (start, end))
    for row in rows:
        if not row.deciders:
            add(Kind.NOBODY_DECIDES, (), row, [whole], always=True)
            continue
        add(Kind.NOBODY_DECIDES, row.deciders, row, times.nobody(frozenset(row.deciders)))
        for one, other in combinations(row.deciders, 2):
            if row.limit_of(one) == row.limit_of(other):
                add(Kind.TWO_DECIDE, (one, other), row, times.both(one, other))
        for key in dict.fromkeys(row.rungs):
            add(Kind.EMPTY_RUNG, (key,), row, times.empty(key))
    findings = [
        Finding(kind, tuple(holders[key] for key in keys), tuple(among), *stretch, always=always)
        for (kind, keys, stretch, always), among in found.items()
    ]
    return sorted(findings, key=lambda each: (not each.always, each.starts_at, each.ends_at, each.kind))


class _Times:
    """What follows from the times of holders alone, each worked out once."""

    def __init__(self, holders: Mapping[str, Holder], whole: Interval) -> None:
        self._holders, self._whole = holders, whole
        self._known: dict[tuple[Kind, frozenset[str]], list[Interval]] = {}

    def nobody(self, keys: frozenset[str]) -> list[Interval]:
        """Return when none of some holders is on."""
        on = (stretch for key in keys for stretch in self._holders[key].on)
        return self._once(Kind.NOBODY_DECIDES, keys, lambda: without([self._whole], on))

    def both(self, one: str, other: str) -> list[Interval]:
        """Return when two holders are on."""
        on = [self._holders[key].on for key in (one, other)]
        return self._once(Kind.TWO_DECIDE, frozenset((one, other)), lambda: shared(*on))

    def empty(self, key: str) -> list[Interval]:
        """Return when a holder must be on and is not."""
        holder = self._holders[key]
        return self._once(Kind.EMPTY_RUNG, frozenset((key,)), lambda: without(holder.wanted, holder.on))

    def _once(self, kind: Kind, keys: frozenset[str], work: Callable[[], list[Interval]]) -> list[Interval]:
        if (kind, keys) not in self._known:
            self._known[kind, keys] = work()
        return self._known[kind, keys]


def shared(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """Return the instants that lie in intervals of both."""
    pieces = joined(others)
    return [
        (max(start, begins), min(end, stops))
        for start, end in joined(some)
        for begins, stops in pieces
        if max(start, begins) < min(end, stops)
    ]


def week(findings: Iterable[Finding]) -> list[list[Hour]]:
    """Return the hours of a week, Monday first, seven days of 24, with what is found in each.

    What is always so is in none of them: no hour stands out by it.
    """
    dates: dict[tuple[int, int], set[object]] = {}
    among: dict[tuple[int, int], dict[int, Finding]] = {}
    for finding in findings:
        if finding.always:
            continue
        for local in _hours(finding.starts_at, finding.ends_at):
            place = (local.weekday(), local.hour)
            dates.setdefault(place, set()).add(local.date())
            among.setdefault(place, {})[id(finding)] = finding
    return [
        [
            Hour(day, hour, len(dates.get((day, hour), ())), tuple(among.get((day, hour), {}).values()))
            for hour in range(24)
        ]
        for day in range(7)
    ]


def _hours(start: datetime, end: datetime) -> Iterable[datetime]:
    """Yield a moment of every hour of London's clock that an interval touches."""
    at = start
    while at < end:
        local = at.astimezone(LONDON)
        yield local
        # London's hours begin when those of storage do: its offset is whole hours.
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
