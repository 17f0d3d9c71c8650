"""The words in a large chart, placed so that none lies on another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboard.charts.parts import Axes, stretches
from dashboard.charts.scales import spread, text_width, ticks
from dashboard.notation import MOST_PLACES, Notation, is_percentage, notation
from dashboard.wording import bounds, not_sent
from dashboard.xmr_chart import XmRChart

SIZE = 14.0
"""The size of every text in the picture: the style sheet says the same."""
LINE = 17.0


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text with its baseline at `y`."""

    x: float
    y: float
    anchor: Literal["start", "middle", "end"]
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A round number on the axis of values."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """A direct label: what a level line is. `y` is the middle of the text, `line_y` the line's."""

    text: str
    y: float
    line_y: float


def value_ticks(chart: XmRChart, low: float, high: float, *, most: int) -> tuple[Tick, ...]:
    """Return ticks as the unit writes them, none where no value can be."""
    unit = chart.unit
    floor, ceiling = bounds(chart)
    numbers = ticks(low * unit.multiplier, high * unit.multiplier, most=most, whole=unit.kind == "count")
    decimals = next(
        (places for places in range(MOST_PLACES) if all(abs(n - round(n, places)) < 1e-9 for n in numbers)), MOST_PLACES
    )
    write, sign = Notation(unit, decimals), "%" if is_percentage(unit) else ""
    values = (number / unit.multiplier for number in numbers)
    return tuple(
        Tick(value, write.number(value) + sign)
        for value in values
        if (floor is None or value >= floor) and (ceiling is None or value <= ceiling)
    )


def level_texts(chart: XmRChart, *, short: bool) -> list[tuple[str, float]]:
    """Return the words and values of the last step's limits, its average, and the target, from the top down."""
    write, xmr = notation(chart), chart.xmr
    sign = "%" if write.suffix == "%" else ""
    floor, ceiling = bounds(chart)
    upper, lower, mean = xmr.upper_limit[-1], xmr.lower_limit[-1], xmr.mean[-1]
    limit = "" if short else " limit"
    found: list[tuple[str, float]] = []
    if upper is not None:
        beyond = ceiling is not None and upper > ceiling
        found.append(
            (f"Upper{limit} " + (f"over {write.number(1.0)}{sign}" if beyond else write.number(upper) + sign), upper)
        )
    if chart.target is not None:
        found.append((f"Target {write.exact(chart.target).removesuffix(write.suffix)}{sign}", chart.target))
    if mean is not None:
        found.append((f"Average {write.number(mean)}{sign}", mean))
    if lower is not None:
        beyond = floor is not None and lower < floor
        found.append(
            (f"Lower{limit} " + (f"below {write.number(0.0)}{sign}" if beyond else write.number(lower) + sign), lower)
        )
    return sorted(found, key=lambda label: -label[1])


def place_levels(texts: Sequence[tuple[str, float]], axes: Axes, top: float, bottom: float) -> tuple[Level, ...]:
    """Return the labels beside their lines, pushed apart where lines are close."""
    lines = [axes.values.at(value) for _, value in texts]
    middles = spread(lines, [LINE] * len(lines), top, bottom)
    return tuple(Level(text, y, line) for (text, _), y, line in zip(texts, middles, lines, strict=True))


def missing_labels(chart: XmRChart, axes: Axes, y: float, taken: Sequence[tuple[float, float]]) -> tuple[Text, ...]:
    """Return words over the shaded columns, the latest first to find room; `taken` are stretches of the row in use.

    A column whose words find no room is explained by the key.
    """
    left, right = axes.edges(axes.shown)
    used, placed = list(taken), []
    for periods in reversed(stretches(axes.shown, lambda at: chart.points[at].missing > 0)):
        counts = [chart.points[at].missing for at in periods]
        text = not_sent(min(counts), max(counts))
        width = text_width(text, SIZE)
        start, end = axes.edges(periods)
        middle = min(max((start + end) / 2, left + width / 2), right - width / 2)
        for centre in (middle, end - width / 2, start + width / 2):
            reach = (centre - width / 2 - 4, centre + width / 2 + 4)
            fits = left - 4 <= reach[0] and reach[1] <= right + 4
            if fits and all(reach[1] <= other[0] or other[1] <= reach[0] for other in used):
                used.append(reach)
                placed.append(Text(centre, y, "middle", text))
                break
    return tuple(placed)
