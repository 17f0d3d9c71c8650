"""What one XmR chart is made of: periods, statistics, and the one signal that icon, sentence and drawing share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from dashboard.spc import Improvement, PointType, XmR, icons_shown, point_type

type UnitKind = Literal["proportion", "rate", "count", "mean"]
type PeriodType = Literal["day", "week", "month", "quarter", "financial_quarter", "year", "financial_year"]
type Variation = Literal["improvement", "concern", "neutral", "common"]
type Assurance = Literal["pass", "unsure", "fail", "none"]
type Direction = Literal["up", "down", ""]

_VARIATIONS: dict[PointType, Variation] = {
    "common_cause": "common",
    "special_cause_improvement": "improvement",
    "special_cause_concern": "concern",
    "special_cause_neutral_high": "neutral",
    "special_cause_neutral_low": "neutral",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """How values are written: `value * multiplier`, then per cent, per thousand or `label` (days, visits)."""

    kind: UnitKind
    label: str = ""
    multiplier: int = 1


@dataclass(frozen=True, slots=True)
class Point:
    """One period. `label` is its name in words; `complete` is false where a figure is still to come.

    `value` is None where nothing may be or can be shown. `expected` and `reported` count organisations.
    """

    label: str
    start: date
    value: float | None
    complete: bool = True
    expected: int = 0
    reported: int = 0

    @property
    def missing(self) -> int:
        """How many organisations have not sent."""
        return max(0, self.expected - self.reported)


@dataclass(frozen=True, slots=True)
class Rebase:
    """A new step: limits are calculated afresh from the period that starts on `date`."""

    date: date
    reason: str
    agreed_by: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something that happened on a day; it changes no statistic."""

    date: date
    text: str


@dataclass(frozen=True, slots=True)
class Signal:
    """The verdict on a chart. `at` is the period that decides it, None where none has a value.

    Where `shown` is false there are no icons and `variation` and `assurance` mean nothing. `judged` is false where the
    last limits do not exist, as in a constant series: the reference then calls a target neither met nor missed.
    """

    at: int | None
    shown: bool
    variation: Variation
    direction: Direction
    assurance: Assurance
    judged: bool


def values_for_statistics(points: Sequence[Point], *, summed: bool) -> list[float | None]:
    """Return the values that means, limits and patterns are taken from: everything `xmr` should be given.

    Left out: the newest figure while it is incomplete, so that it neither sets an icon nor completes a run that does;
    and where values are sums, every period that lacks an organisation.
    """
    provisional = _provisional(points)
    return [
        None if at == provisional or (summed and not point.complete) else point.value for at, point in enumerate(points)
    ]


def _provisional(points: Sequence[Point]) -> int | None:
    """The newest period with a value, where it is incomplete."""
    for at in range(len(points) - 1, -1, -1):
        if points[at].value is not None:
            return None if points[at].complete else at
    return None


@dataclass(frozen=True)
class XmRChart:
    """One measure as a chart. `points` and the tuples of `xmr` are the same periods in the same order.

    `xmr` is of `values_for_statistics(points)`. Raises ValueError where the periods differ.
    """

    title: str
    points: Sequence[Point]
    xmr: XmR
    unit: Unit
    period_type: PeriodType
    improvement: Improvement
    target: float | None = None
    rebases: Sequence[Rebase] = ()
    annotations: Sequence[Annotation] = ()

    def __post_init__(self) -> None:
        """Refuse periods that are not those of the statistics."""
        if tuple(point.start for point in self.points) != self.xmr.dates:
            raise ValueError("The periods are not those of the statistics. Give both in date order.")

    @cached_property
    def signal(self) -> Signal:
        """What the chart says. A last incomplete period never sets an icon."""
        at = self.deciding
        shown = at is not None and self.xmr.rebase_group[at] == self.xmr.rebase_group[-1] and icons_shown(self.xmr)
        return Signal(
            at=at,
            shown=shown,
            variation="common" if at is None else self.variation(at),
            direction="" if at is None else self.direction(at),
            assurance=self._assurance(),
            judged=self.xmr.upper_limit[-1] is not None,
        )

    @cached_property
    def values(self) -> tuple[float | None, ...]:
        """What is drawn: the values of the statistics, and a newest ratio that is not complete yet.

        An incomplete sum would read as a fall, so it is a gap.
        """
        values = list(self.xmr.values)
        if self.provisional is not None:
            values[self.provisional] = None if self.unit.kind == "count" else self.points[self.provisional].value
        return tuple(values)

    @cached_property
    def provisional(self) -> int | None:
        """The newest period with a value, where it is incomplete: it is drawn hollow and sets no icon."""
        return _provisional(self.points)

    @cached_property
    def deciding(self) -> int | None:
        """The period whose point sets the icon: the last one in the statistics."""
        values = self.xmr.values
        found = (at for at in range(len(values) - 1, -1, -1) if values[at] is not None and at != self.provisional)
        return next(found, None)

    def variation(self, at: int) -> Variation:
        """What the point of a period says."""
        return _VARIATIONS[self.xmr.point_type[at]]

    def direction(self, at: int) -> Direction:
        """Which way the pattern goes that the point belongs to, "" for common cause."""
        cause = self.xmr.special_cause_type[at]
        if cause == "Common Cause":
            return ""
        return "up" if point_type(cause, "neutral") == "special_cause_neutral_high" else "down"

    @cached_property
    def groups(self) -> tuple[range, ...]:
        """The periods of each step, oldest first."""
        group = self.xmr.rebase_group
        starts = [at for at in range(len(group)) if at == 0 or group[at] != group[at - 1]]
        return tuple(range(start, end) for start, end in zip(starts, [*starts[1:], len(group)], strict=True))

    def _assurance(self) -> Assurance:
        match self.xmr.assurance:
            case "consistent_pass":
                return "pass"
            case "consistent_fail":
                return "fail"
            case "inconsistent":
                return "unsure"
        return "none"
