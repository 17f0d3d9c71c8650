"""The small multiple of an overview's row: the last periods of a chart, with the statistics of all of it."""

from dataclasses import dataclass

from dashboard.charts import parts, paths
from dashboard.charts.parts import Axes, Marks
from dashboard.charts.scales import Scale, value_range
from dashboard.wording import alternative
from dashboard.xmr_chart import XmRChart

WIDTH, HEIGHT = 200, 56
_SIDE, _TOP = 6.0, 6.0
_RADIUS = 2.4


@dataclass(frozen=True, slots=True)
class SmallMultiple:
    """Path data within `width` by `height`; an empty path draws nothing."""

    width: int
    height: int
    alternative: str
    missing: str
    limits: str
    mean: str
    target: str
    line: str
    rebases: str
    marks: tuple[Marks, ...]


def small_multiple(chart: XmRChart, *, last: int = 24) -> SmallMultiple:
    """Return the last so many periods; a shorter chart keeps to the right, so that rows share their months."""
    count = len(chart.points)
    shown = range(max(0, count - last), count)
    step = (WIDTH - 2 * _SIDE) / max(last - 1, 1)
    low, high = value_range(chart, shown)
    axes = Axes(
        shown=shown,
        start=WIDTH - _SIDE - (len(shown) - 1) * step,
        step=step,
        values=Scale(low, high, HEIGHT - _TOP, _TOP),
    )
    lacking = parts.stretches(shown, lambda at: chart.points[at].missing > 0)
    target = [] if chart.target is None else [(*axes.edges(shown), axes.values.at(chart.target))]
    return SmallMultiple(
        width=WIDTH,
        height=HEIGHT,
        alternative=alternative(chart, last=last),
        missing=paths.boxes((axes.edges(periods) for periods in lacking), 0, HEIGHT),
        limits=parts.levels(chart, axes, chart.xmr.upper_limit, chart.xmr.lower_limit),
        mean=parts.levels(chart, axes, chart.xmr.mean),
        target=paths.level(target),
        line=parts.value_line(chart, axes),
        rebases=paths.upright((axes.x(at - 0.5) for at in parts.rebases(chart, shown)), 0, HEIGHT),
        marks=parts.marks(chart, axes, min(_RADIUS, max(1.0, step * 0.4))),
    )
