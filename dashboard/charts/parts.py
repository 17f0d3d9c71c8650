"""What small and large charts share: the stretches and marks that a chart's periods make."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from dashboard.charts import paths
from dashboard.charts.scales import Scale
from dashboard.wording import Mark, mark
from dashboard.xmr_chart import XmRChart

# Later ones lie on top where points touch.
_ORDER: tuple[Mark, ...] = ("common", "incomplete", "neutral", "concern", "improvement-up", "improvement-down")
_LEAST_SIGNAL = 2.4


@dataclass(frozen=True, slots=True)
class Marks:
    """Every point of one shape as one path. `kind` ends the name of its class."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Axes:
    """Where periods and values stand. `step` is the distance of two periods."""

    shown: range
    start: float
    step: float
    values: Scale

    def x(self, at: float) -> float:
        """Return the middle of a period."""
        return self.start + (at - self.shown.start) * self.step

    def edges(self, periods: range) -> tuple[float, float]:
        """Return the left of the first and the right of the last of some periods."""
        return self.x(periods.start - 0.5), self.x(periods.stop - 0.5)


def steps(chart: XmRChart, shown: range) -> list[range]:
    """Return the periods of each rebase group, as far as shown."""
    cut = (range(max(group.start, shown.start), min(group.stop, shown.stop)) for group in chart.groups)
    return [group for group in cut if group]


def value_line(chart: XmRChart, axes: Axes) -> str:
    """Return the line through the values, broken at gaps, at new steps, and before a value that is not complete."""
    places: list[paths.Place | None] = []
    group = None
    for at in axes.shown:
        value = chart.values[at]
        if chart.xmr.rebase_group[at] != group or at == chart.provisional:
            places.append(None)
            group = chart.xmr.rebase_group[at]
        places.append(None if value is None else (axes.x(at), axes.values.at(value)))
    return paths.line(places)


def levels(chart: XmRChart, axes: Axes, *series: Sequence[float | None]) -> str:
    """Return level lines, one a step, for each of some series that are constant within a step."""
    return paths.level(
        (*axes.edges(group), axes.values.at(value))
        for group in steps(chart, axes.shown)
        for values in series
        if (value := values[group[0]]) is not None
    )


def marks(chart: XmRChart, axes: Axes, radius: float) -> tuple[Marks, ...]:
    """Return the points by shape, one path each. Signals stay as large as they must be to show a shape."""
    places: dict[Mark, list[paths.Place]] = {}
    for at in axes.shown:
        value = chart.values[at]
        if value is not None:
            places.setdefault(mark(chart, at), []).append((axes.x(at), axes.values.at(value)))
    return tuple(
        Marks(
            shape.partition("-")[0],
            paths.marks(places[shape], shape, radius if shape == "common" else max(radius, _LEAST_SIGNAL)),
        )
        for shape in _ORDER
        if shape in places
    )


def rebases(chart: XmRChart, shown: range) -> list[int]:
    """Return the periods at which a new step begins, other than the first one shown."""
    return [group.start for group in steps(chart, shown)[1:]]


def stretches(periods: Iterable[int], belongs: Callable[[int], bool]) -> list[range]:
    """Return the runs of neighbouring periods that belong."""
    runs = (list(run) for inside, run in groupby(periods, key=belongs) if inside)
    return [range(run[0], run[-1] + 1) for run in runs]
