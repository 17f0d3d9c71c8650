"""From values and periods to places in a picture: two scales, readable ticks, and labels that never collide."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.xmr_chart import PeriodType, XmRChart

_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)

_STEPS: dict[PeriodType, tuple[int, ...]] = {
    "day": (1, 2, 7, 14, 28, 56, 91, 182, 364, 728),
    "week": (1, 2, 4, 8, 13, 26, 52, 104, 208),
    "month": (1, 3, 6, 12, 24, 36, 60, 120),
    "quarter": (1, 2, 4, 8, 12, 20, 40),
    "financial_quarter": (1, 2, 4, 8, 12, 20, 40),
    "year": (1, 2, 5, 10, 20, 50, 100),
    "financial_year": (1, 2, 5, 10, 20, 50, 100),
}
"""How many periods a labelled tick may stand from the next: a week, a quarter, a year where periods allow it."""

# Widths of Arial in thousandths of its size; what is not listed is taken as a wide lower-case letter.
_WIDTHS = {
    **dict.fromkeys("0123456789abdeghnopqu", 556),
    **dict.fromkeys("ckxsvyzJ", 500),
    **dict.fromkeys("fijlt I.,:|/", 278),
    **dict.fromkeys("()r-", 333),
    **dict.fromkeys("ABEKPSVXYRCDHNUw", 700),
    **dict.fromkeys("FTZLM", 720),
    **dict.fromkeys("GOQ", 778),
    "m": 833,
    "W": 944,
    "%": 889,
}


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from `low`..`high` to `start`..`end`, which may run backwards."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value stands."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class PeriodLabel:
    """Two lines under the axis: the period, and its year where that is new. `at` is the period's position."""

    at: int
    text: str
    year: str


def text_width(text: str, size: float) -> float:
    """Return about how wide Arial sets a text; a little more rather than less."""
    return sum(_WIDTHS.get(letter, 600) for letter in text) * size / 1000


def value_range(chart: XmRChart, shown: range) -> tuple[float, float]:
    """Return the least and greatest of what a picture of these periods holds: values, limits and target.

    Never of no height: a constant series stands in the middle.
    """
    xmr = chart.xmr
    held: list[float] = []
    for series in (chart.values, xmr.mean, xmr.lower_limit, xmr.upper_limit):
        held += [value for value in series[shown.start : shown.stop] if value is not None]
    if chart.target is not None:
        held.append(chart.target)
    if not held:
        return 0.0, 1.0
    low, high = min(held), max(held)
    if high - low <= 1e-9 * max(abs(high), abs(low)):
        room = abs(high) * 0.1 or 1 / chart.unit.multiplier
        return low - room, high + room
    return low, high


def ticks(low: float, high: float, *, most: int, whole: bool) -> list[float]:
    """Return round numbers within a range, about so many, a step of 1, 2, 2.5 or 5 apart; whole numbers if asked."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return []
    least = max(span / most, 1.0 if whole else 0.0)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(nice * power for nice in _NICE if nice * power >= least * (1 - 1e-9))
    if whole and step == 2.5:
        step = 5.0
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [count * step for count in range(first, min(last, first + most) + 1)]


def spread(places: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Return centres near `places`, in their order, that keep things of these sizes apart and within `low`..`high`.

    Where they do not all fit they still keep apart and run over the lower end.
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    centres = list(places)
    edge = low
    for index in order:
        centres[index] = max(centres[index], edge + sizes[index] / 2)
        edge = centres[index] + sizes[index] / 2
    edge = high
    for index in reversed(order):
        centres[index] = min(centres[index], edge - sizes[index] / 2)
        edge = centres[index] - sizes[index] / 2
    return centres


def period_labels(chart: XmRChart, distance: float, *, size: float, gap: float = 12) -> list[PeriodLabel]:
    """Return labels of periods that stand `distance` apart, counted back from the latest, as many as fit."""
    starts = [point.start for point in chart.points]
    for step in _STEPS[chart.period_type]:
        chosen = sorted(range(len(starts) - 1, -1, -step))
        labels = _labelled(chosen, starts, chart.period_type)
        widest = max(max(text_width(label.text, size), text_width(label.year, size)) for label in labels)
        if len(labels) == 1 or widest + gap <= step * distance:
            return labels
    return labels[-1:]


def _labelled(chosen: Sequence[int], starts: Sequence[date], period_type: PeriodType) -> list[PeriodLabel]:
    labels = []
    before = None
    for at in chosen:
        text, year = _name(starts[at], period_type)
        labels.append(PeriodLabel(at, text, "" if year == before else year))
        before = year
    return labels


def _name(start: date, period_type: PeriodType) -> tuple[str, str]:
    """A period's short name and its year. Weeks go by their Monday."""
    match period_type:
        case "day" | "week":
            return f"{start.day} {start:%b}", str(start.year)
        case "month":
            return f"{start:%b}", str(start.year)
        case "quarter" | "financial_quarter":
            return f"{start:%b} to {start.replace(day=1, month=start.month + 2):%b}", str(start.year)
        case "year":
            return str(start.year), ""
    return f"{start.year} to", str(start.year + 1)
