"""Charts for tests: values by period, with the statistics that pages would give them."""

from collections.abc import Mapping, Sequence
from datetime import date

from dashboard.spc import Improvement, xmr
from dashboard.xmr_chart import (
    Annotation,
    PeriodType,
    Point,
    Rebase,
    Unit,
    XmRChart,
    values_for_statistics,
)
from partners import periods

PERCENT = Unit("proportion", multiplier=100)
PARTNERS = 6

STEADY = (0.70, 0.77, 0.72, 0.72, 0.81, 0.72, 0.77, 0.78, 0.72, 0.77, 0.82, 0.75, 0.73, 0.77, 0.77)
IMPROVED = (*STEADY, 0.81, 0.88, 0.85, 0.83, 0.87, 0.84, 0.84, 0.91, 0.88)
"""November 2024 to October 2026, the last nine above the average."""


def charted(
    values: Sequence[float | None] = IMPROVED,
    *,
    title: str = "Handovers accepted within 30 minutes",
    unit: Unit = PERCENT,
    period_type: PeriodType = "month",
    first: date = date(2024, 11, 1),
    improvement: Improvement = "increase",
    target: float | None = 0.9,
    missing: Mapping[int, int] | None = None,
    rebases: Sequence[Rebase] = (),
    annotations: Sequence[Annotation] = (),
) -> XmRChart:
    """Return a chart of six partners; `missing` says how many of them have not sent, by the period's number."""
    points = []
    period = periods.containing(first, period_type)
    for at, value in enumerate(values):
        absent = (missing or {}).get(at, 0)
        points.append(Point(period.words, period.start, value, not absent, PARTNERS, PARTNERS - absent))
        period = period.following()
    statistics = xmr(
        [point.start for point in points],
        values_for_statistics(points, summed=unit.kind == "count"),
        improvement=improvement,
        target=target,
        rebase=[rebase.date for rebase in rebases],
    )
    return XmRChart(title, points, statistics, unit, period_type, improvement, target, rebases, annotations)
