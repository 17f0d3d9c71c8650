"""Numbered flags over a chart for its new steps and for what happened, and the list that explains them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dashboard.charts.parts import Axes
from dashboard.charts.scales import spread
from dashboard.notation import notation
from dashboard.xmr_chart import Annotation, Rebase, XmRChart

RADIUS = 11.0
_APART = 2 * RADIUS + 2

type FlagKind = Literal["rebase", "note"]


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the list under a chart. `detail` says who agreed to a new step and what it changed."""

    number: int
    kind: FlagKind
    when: str
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag at `x`, for something at `place`: the two differ where flags would overlap."""

    number: int
    kind: FlagKind
    x: float
    place: float


@dataclass(frozen=True, slots=True)
class _Event:
    day: date
    kind: FlagKind
    position: float
    text: str
    detail: str


def flags_and_notes(chart: XmRChart, axes: Axes) -> tuple[tuple[Flag, ...], tuple[Note, ...]]:
    """Return what is flagged, numbered by date. Where there is no room for all, the earliest are only in the list."""
    events = sorted(_events(chart), key=lambda event: (event.position, event.kind != "rebase"))
    notes = tuple(
        Note(number, event.kind, _written(event.day), event.text, event.detail)
        for number, event in enumerate(events, start=1)
    )
    left, right = axes.edges(axes.shown)
    room = int((right - left) // _APART)
    numbered = list(zip(notes, events, strict=True))[-room:] if room else []
    places = [axes.x(event.position) for _, event in numbered]
    centres = spread(places, [_APART] * len(places), left, right)
    flags = tuple(
        Flag(note.number, note.kind, centre, place)
        for (note, _), centre, place in zip(numbered, centres, places, strict=True)
    )
    return flags, notes


def _events(chart: XmRChart) -> list[_Event]:
    """Rebases that the statistics took up, between two periods; annotations within the chart, on their day."""
    starts = [point.start for point in chart.points]
    new_steps = {starts[group.start]: group.start for group in chart.groups}
    found = [
        _Event(rebase.date, "rebase", new_steps[rebase.date] - 0.5, rebase.reason, _effect(chart, rebase))
        for rebase in chart.rebases
        if rebase.date in new_steps
    ]
    for annotation in chart.annotations:
        position = _position(starts, annotation)
        if position is not None:
            found.append(_Event(annotation.date, "note", position, annotation.text, ""))
    return found


def _position(starts: Sequence[date], annotation: Annotation) -> float | None:
    """Where a day stands among the periods: the first begins at -0.5. None before them and after them."""
    at = bisect_right(starts, annotation.date) - 1
    if at < 0:
        return None
    if at + 1 < len(starts):
        length = (starts[at + 1] - starts[at]).days
    else:
        length = (starts[at] - starts[at - 1]).days if at else 366
    gone = (annotation.date - starts[at]).days / length
    return at - 0.5 + gone if gone <= 1 else None


def _effect(chart: XmRChart, rebase: Rebase) -> str:
    said = f"Agreed by {rebase.agreed_by}."
    write = notation(chart)
    for before, after in zip(chart.groups, chart.groups[1:], strict=False):
        old, new = chart.xmr.mean[before.start], chart.xmr.mean[after.start]
        if chart.points[after.start].start == rebase.date and old is not None and new is not None:
            return f"{said} The average was {write.value(old)} before and is {write.value(new)} since."
    return said


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
