"""One measure's chart in full, for a wide screen and for a phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboard.charts import labels, parts, paths
from dashboard.charts.flags import RADIUS, Flag, FlagKind, Note, flags_and_notes
from dashboard.charts.labels import LINE, SIZE, Level, Text, Tick
from dashboard.charts.parts import Axes, Marks
from dashboard.charts.scales import Scale, period_labels, text_width, value_range
from dashboard.notation import notation
from dashboard.wording import MARK_WORDS, Mark, alternative, mark
from dashboard.xmr_chart import XmRChart

type KeyMark = Mark | FlagKind | Literal["missing"]

_INSET = 10.0
"""Between the outermost values and the edge of the plot, so that no shape is cut."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A size of picture. Texts are 14 units high in each, so a phone gets a picture of its own, not a shrunken one."""

    name: Literal["wide", "narrow"]
    width: int
    height: int
    ticks: int
    short: bool


WIDE = Layout("wide", 800, 430, 6, short=False)
NARROW = Layout("narrow", 328, 360, 5, short=True)


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot within the picture, and the values at its bottom and top."""

    left: float
    top: float
    right: float
    bottom: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PeriodTick:
    """Two lines of text under the period `at`; `year` is empty where it is the one before's."""

    at: int
    x: float
    text: str
    year: str


@dataclass(frozen=True, slots=True)
class ValueTick:
    """A number beside its grid line."""

    value: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A mark of the picture in words."""

    mark: KeyMark
    words: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture: path data (an empty path draws nothing), texts with their places, its key, and the list of its flags.

    `hatch` is the id of its pattern, unique on the page.
    """

    name: str
    width: int
    height: int
    title: str
    alternative: str
    hatch: str
    frame: Frame
    axis: str
    missing: str
    missing_labels: tuple[Text, ...]
    grid: str
    value_ticks: tuple[ValueTick, ...]
    period_ticks: tuple[PeriodTick, ...]
    limits: str
    mean: str
    target: str
    leaders: str
    levels: tuple[Level, ...]
    rebases: str
    events: str
    flags: tuple[Flag, ...]
    flag_radius: float
    flag_y: float
    line: str
    marks: tuple[Marks, ...]
    mark_radius: float
    key: tuple[KeyEntry, ...]
    notes: tuple[Note, ...]

    @property
    def dense(self) -> bool:
        """Whether marks are so small that outlines must be thin."""
        return self.mark_radius < 3


def figure(chart: XmRChart, *, identity: str, layout: Layout = WIDE) -> Figure:
    """Return the whole chart. `identity` makes ids unique where a page holds more than one."""
    count = len(chart.points)
    texts = labels.level_texts(chart, short=layout.short)
    frame, ticks = _frame(chart, layout, [text for text, _ in texts])
    step = (frame.right - frame.left) / count
    axes = Axes(range(count), frame.left + step / 2, step, Scale(frame.low, frame.high, frame.bottom, frame.top))
    radius = max(1.4, min(4.4, step * 0.38))
    flags, notes = flags_and_notes(chart, axes)
    levels = labels.place_levels(texts, axes, frame.top - 4, frame.bottom + 4)
    lacking = parts.stretches(axes.shown, lambda at: chart.points[at].missing > 0)
    target = [] if chart.target is None else [(frame.left, frame.right, axes.values.at(chart.target))]
    return Figure(
        name=layout.name,
        width=layout.width,
        height=layout.height,
        title=chart.title,
        alternative=alternative(chart),
        hatch=f"{identity}-{layout.name}-hatch",
        frame=frame,
        axis=_axis_words(chart),
        missing=paths.boxes((axes.edges(periods) for periods in lacking), frame.top, frame.bottom),
        missing_labels=_missing_labels(chart, axes, frame, flags),
        grid=paths.level((frame.left, frame.right, axes.values.at(tick.value)) for tick in ticks),
        value_ticks=tuple(ValueTick(tick.value, axes.values.at(tick.value), tick.text) for tick in ticks),
        period_ticks=_period_ticks(chart, axes, layout.width),
        limits=parts.levels(chart, axes, chart.xmr.upper_limit, chart.xmr.lower_limit),
        mean=parts.levels(chart, axes, chart.xmr.mean),
        target=paths.level(target),
        leaders=_leaders(levels, frame.right),
        levels=levels,
        rebases=_hairlines(flags, "rebase", frame),
        events=_hairlines(flags, "note", frame),
        flags=flags,
        flag_radius=RADIUS,
        flag_y=RADIUS + 1,
        line=parts.value_line(chart, axes),
        marks=parts.marks(chart, axes, radius),
        mark_radius=radius,
        key=_key(chart, flags, lacking=bool(lacking)),
        notes=notes,
    )


def _frame(chart: XmRChart, layout: Layout, level_texts: Sequence[str]) -> tuple[Frame, tuple[Tick, ...]]:
    """Return the plot with room for every text around it, and the ticks of its values."""
    low, high = value_range(chart, range(len(chart.points)))
    top = 6.0
    if chart.rebases or chart.annotations:
        top += 2 * RADIUS + 6
    if _axis_words(chart) or any(point.missing for point in chart.points):
        top += LINE + 4
    bottom = layout.height - (2 * LINE + 10)
    room = (high - low) * _INSET / (bottom - top - 2 * _INSET)
    ticks = labels.value_ticks(chart, low - room, high + room, most=layout.ticks)
    left = max([text_width(tick.text, SIZE) for tick in ticks], default=0) + 10
    right = layout.width - max([text_width(text, SIZE) for text in level_texts], default=0) - 22
    return Frame(left, top, right, bottom, low - room, high + room), ticks


def _missing_labels(chart: XmRChart, axes: Axes, frame: Frame, flags: Sequence[Flag]) -> tuple[Text, ...]:
    caption = _axis_words(chart)
    taken = [(flag.place - 2, flag.place + 2) for flag in flags]
    if caption:
        taken.append((0, text_width(caption, SIZE) + 8))
    return labels.missing_labels(chart, axes, frame.top - 6, taken)


def _axis_words(chart: XmRChart) -> str:
    """What the numbers count, where they do not say so themselves."""
    return notation(chart).suffix.strip().removeprefix("%") or chart.unit.label


def _period_ticks(chart: XmRChart, axes: Axes, width: float) -> tuple[PeriodTick, ...]:
    placed = []
    for label in period_labels(chart, axes.step, size=SIZE):
        half = max(text_width(label.text, SIZE), text_width(label.year, SIZE)) / 2
        placed.append(PeriodTick(label.at, min(max(axes.x(label.at), half), width - half), label.text, label.year))
    return tuple(placed)


def _leaders(levels: Sequence[Level], right: float) -> str:
    """Join each label that had to move with its line."""
    return "".join(
        f"M{paths.number(right + 2)} {paths.number(level.line_y)}L{paths.number(right + 12)} {paths.number(level.y)}"
        for level in levels
        if abs(level.y - level.line_y) > 3
    )


def _hairlines(flags: Sequence[Flag], kind: FlagKind, frame: Frame) -> str:
    """Lines from each flag to its place and down through the plot."""
    return "".join(
        f"M{paths.number(flag.x)} {paths.number(2 * RADIUS + 1)}"
        f"L{paths.number(flag.place)} {paths.number(2 * RADIUS + 7)}V{paths.number(frame.bottom)}"
        for flag in flags
        if flag.kind == kind
    )


def _key(chart: XmRChart, flags: Sequence[Flag], *, lacking: bool) -> tuple[KeyEntry, ...]:
    """The marks that the picture holds, each once; the two triangles mean the same, so one of them stands for both."""
    drawn = {mark(chart, at) for at, value in enumerate(chart.values) if value is not None}
    entries = {words: KeyEntry(shape, words) for shape, words in reversed(MARK_WORDS.items()) if shape in drawn}
    found = [entry for words in dict.fromkeys(MARK_WORDS.values()) if (entry := entries.get(words))]
    if lacking:
        found.append(KeyEntry("missing", "A partner has not sent"))
    kinds = {flag.kind for flag in flags}
    if "rebase" in kinds:
        found.append(KeyEntry("rebase", "New step"))
    if "note" in kinds:
        found.append(KeyEntry("note", "What happened"))
    return tuple(found)
