"""The sentences and words of charts: the same for page, picture, hover text and screen reader."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from dashboard.notation import Notation, notation
from dashboard.spc import RUN_LENGTH, SHORTEST_GROUP_WITH_ICONS
from dashboard.xmr_chart import Assurance, PeriodType, Point, Variation, XmRChart

type Mark = Literal["common", "improvement-up", "improvement-down", "concern", "neutral", "incomplete"]

VARIATION_WORDS: dict[Variation, str] = {
    "concern": "Concern",
    "common": "No significant change",
    "improvement": "Improving",
    "neutral": "Changing",
}
ASSURANCE_WORDS: dict[Assurance, str] = {
    "fail": "Will not meet target",
    "unsure": "Sometimes meets target",
    "pass": "Reliably meets target",
    "none": "No target",
}
MARK_WORDS: dict[Mark, str] = {
    "concern": "Concern",
    "improvement-up": "Improving",
    "improvement-down": "Improving",
    "neutral": "Changing, neither good nor bad",
    "common": "No significant change",
    "incomplete": "Not complete yet",
}
"""What each shape of a point means, in the order of a key."""

_PERIODS: dict[PeriodType, tuple[str, str]] = {
    "day": ("day", "days"),
    "week": ("week", "weeks"),
    "month": ("month", "months"),
    "quarter": ("quarter", "quarters"),
    "financial_quarter": ("quarter", "quarters"),
    "year": ("year", "years"),
    "financial_year": ("year", "years"),
}


@dataclass(frozen=True, slots=True)
class Icon:
    """A ring with a letter, and the words that always stand beside it. Without a letter it is the wave."""

    kind: Literal["improvement", "concern", "neutral", "common", "unsure", "none"]
    letter: str
    words: str


def periods(count: int, period_type: PeriodType) -> str:
    """Return "1 month" or "24 months"."""
    one, many = _PERIODS[period_type]
    return f"{count:,} {one if count == 1 else many}"


def variation_icon(chart: XmRChart) -> Icon | None:
    """Return the icon of the deciding point, None where there are too few points for one."""
    signal = chart.signal
    if not signal.shown:
        return None
    letter = {"up": "H", "down": "L", "": ""}[signal.direction]
    return Icon(signal.variation, letter, VARIATION_WORDS[signal.variation])


def assurance_icon(chart: XmRChart) -> Icon | None:
    """Return the icon of the target, None where there are too few points for one."""
    signal = chart.signal
    if not signal.shown:
        return None
    words = ASSURANCE_WORDS[signal.assurance]
    match signal.assurance:
        case "pass":
            return Icon("improvement", "P", words)
        case "fail":
            return Icon("concern", "F", words)
        case "unsure":
            return Icon("unsure", "?", words if signal.judged else "Cannot tell: there are no limits")
    return Icon("none", "–", words if chart.target is None else "Target not judged")


def mark(chart: XmRChart, at: int) -> Mark:
    """Return the shape of a point. An improvement's triangle points the way the values move."""
    if at == chart.provisional:
        return "incomplete"
    variation = chart.variation(at)
    if variation == "improvement":
        return "improvement-up" if chart.direction(at) == "up" else "improvement-down"
    return variation


def mark_words(chart: XmRChart, at: int) -> str:
    """Return what a period's point means, as in a table's column of signals."""
    if chart.values[at] is None:
        return "No figure"
    return MARK_WORDS[mark(chart, at)] if at == chart.provisional else VARIATION_WORDS[chart.variation(at)]


def why_no_icons(chart: XmRChart) -> str:
    """Return why a chart has no icons, in a few words; nothing where it has them."""
    if chart.signal.shown:
        return ""
    count = _figures_in_last_step(chart)
    return f"Too early: {periods(count, chart.period_type)} of {SHORTEST_GROUP_WITH_ICONS}"


def target_words(chart: XmRChart) -> str:
    """Return "90%", "40 or less" where lower is better, or "No target"."""
    if chart.target is None:
        return ASSURANCE_WORDS["none"]
    exact = notation(chart).exact(chart.target)
    return f"{exact} or less" if chart.improvement == "decrease" else exact


def summary(chart: XmRChart) -> str:
    """Return the chart in sentences, as a page's first words and a picture's alternative."""
    return " ".join(sentences(chart))


def alternative(chart: XmRChart, *, last: int | None = None) -> str:
    """Return what a screen reader says in place of the picture.

    With `last`, for a small multiple of so many periods beside the words of its row: only what the row does not say.
    """
    if last is None:
        return f"Chart. {chart.title}. {summary(chart)} The figures are in the table."
    span = chart.points[-last:]
    over = f"from {span[0].label} until {span[-1].label}" if len(span) > 1 else f"of {span[0].label}"
    at = chart.signal.at
    said = f"Chart {over}."
    if at is None:
        return f"{said} No figures."
    if not chart.signal.shown:
        return f"{said} {why_no_icons(chart)}."
    return f"{said} {_change(chart, at, notation(chart))}"


def sentences(chart: XmRChart) -> list[str]:
    """Return the latest value, what changed, what that means for the target, and what is not complete."""
    write = notation(chart)
    signal = chart.signal
    if signal.at is None:
        return ["There are no figures yet.", *_incomplete(chart)]
    value = chart.xmr.values[signal.at]
    said = [f"{chart.points[signal.at].label}: {write.value(value)}."] if value is not None else []
    if signal.shown:
        said += [_change(chart, signal.at, write), *_target(chart, write)]
    else:
        said += _too_early(chart, write)
    return said + _incomplete(chart)


def reason(chart: XmRChart, at: int, write: Notation) -> str:
    """Return the pattern that a point belongs to, such as "9 months in a row above the average of 79%"."""
    xmr, many = chart.xmr, _PERIODS[chart.period_type][1]
    mean, upper, lower = (
        "" if limit is None else write.value(limit)
        for limit in (xmr.mean[at], xmr.upper_limit[at], xmr.lower_limit[at])
    )
    match xmr.special_cause_type[at]:
        case "Above UCL":
            return f"above the upper limit of {upper}"
        case "Below LCL":
            return f"below the lower limit of {lower}"
        case "7 Points Above CL":
            return f"{_run(chart, at)} {many} in a row above the average of {mean}"
        case "7 Points Below CL":
            return f"{_run(chart, at)} {many} in a row below the average of {mean}"
        case "2 in 3 Above CL":
            return f"2 of 3 {many} in a row near the upper limit of {upper}"
        case "2 in 3 Below CL":
            return f"2 of 3 {many} in a row near the lower limit of {lower}"
        case "7 Point Trend (Increasing)":
            return _trend(chart, at, "rising", 1)
        case "7 Point Trend (Decreasing)":
            return _trend(chart, at, "falling", -1)
    return ""


def normal_range(chart: XmRChart, at: int = -1) -> str:
    """Return the limits of a period's step as a range; nothing without limits.

    A limit beyond what can happen, below nought or over 100%, is left out of the sentence.
    """
    low, high = chart.xmr.lower_limit[at], chart.xmr.upper_limit[at]
    if low is None or high is None:
        return ""
    write = notation(chart)
    floor, ceiling = bounds(chart)
    no_floor, no_ceiling = floor is not None and low <= floor, ceiling is not None and high >= ceiling
    if no_floor and no_ceiling:
        return "anything that can happen"
    if no_floor:
        return f"up to {write.value(high)}"
    if no_ceiling:
        return f"{write.value(low)} or more"
    return write.span(low, high)


def bounds(chart: XmRChart) -> tuple[float | None, float | None]:
    """Return the least and the greatest value that can happen, None where there is no such bound.

    A difference may be below nought, and then shows that it may.
    """
    values = [value for value in chart.xmr.values if value is not None]
    floor = 0.0 if all(value >= 0 for value in values) else None
    ceiling = 1.0 if chart.unit.kind == "proportion" and all(value <= 1 for value in values) else None
    return floor, ceiling


def missing_words(point: Point) -> str:
    """Return how many organisations sent, such as "5 of 6 organisations sent"; nothing where none was expected."""
    if not point.expected:
        return ""
    return f"{point.reported:,} of {point.expected:,} {'organisation' if point.expected == 1 else 'organisations'} sent"


def not_sent(least: int, most: int) -> str:
    """Return "1 partner not sent", or "1 to 3 partners not sent" over several periods."""
    count = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return f"{count} {'partner' if most == 1 else 'partners'} not sent"


def data_quality(chart: XmRChart, *, last: int = 12) -> str:
    """Return which of the last so many periods lack an organisation; nothing where none does."""
    lacking = [point for point in chart.points[-last:] if point.missing]
    if not lacking:
        return ""
    if len(lacking) == 1:
        return f"Data quality: {not_sent(lacking[0].missing, lacking[0].missing)} for {lacking[0].label}"
    return f"Data quality: partners missing in {len(lacking)} of the last {periods(last, chart.period_type)}"


def _change(chart: XmRChart, at: int, write: Notation) -> str:
    mean = chart.xmr.mean[at]
    average = "" if mean is None else write.value(mean)
    if not chart.signal.judged:
        return f"No change: every value is {average}."
    words = VARIATION_WORDS[chart.signal.variation]
    match chart.signal.variation:
        case "common":
            return f"{words} from the average of {average}."
        case "neutral":
            return f"{words}, {reason(chart, at, write)}: neither good nor bad in itself."
    return f"{words}, {reason(chart, at, write)}."


def _target(chart: XmRChart, write: Notation) -> list[str]:
    usual = normal_range(chart)
    goal = _goal(chart, write)
    if chart.signal.assurance == "none":
        unjudged = f"Neither higher nor lower is better, so {goal} is not judged." if goal else "There is no target."
        return [unjudged, f"Normal variation is {usual}."] if usual else [unjudged]
    if not usual:
        return [f"There are no limits, so nothing tells whether it will meet {goal}."]
    match chart.signal.assurance:
        case "pass":
            return [f"It will reliably meet {goal}: normal variation is {usual}."]
        case "fail":
            return [f"It will not meet {goal} unless something changes: normal variation is {usual}."]
    return [f"It will sometimes miss {goal}: normal variation is {usual}."]


def _goal(chart: XmRChart, write: Notation) -> str:
    if chart.target is None:
        return ""
    exact = write.exact(chart.target)
    return f"the {exact} target" if write.suffix == "%" else f"the target of {exact}"


def _too_early(chart: XmRChart, write: Notation) -> list[str]:
    figures = _figures_in_last_step(chart)
    are, count = "is" if figures == 1 else "are", periods(figures, chart.period_type)
    since = f" since the new step of {chart.points[chart.groups[-1].start].label}" if len(chart.groups) > 1 else ""
    said = [
        f"Too early for icons: there {are} {count} with a figure{since}, and {SHORTEST_GROUP_WITH_ICONS} are needed."
    ]
    mean, usual = chart.xmr.mean[-1], normal_range(chart)
    if mean is not None and usual:
        said.append(f"So far the average is {write.value(mean)} and normal variation is {usual}.")
    return said


def _incomplete(chart: XmRChart) -> list[str]:
    """The newest period that is not complete, and the deciding one where it is not complete either."""
    said = []
    deciding = chart.signal.at
    if deciding is not None and chart.points[deciding].missing:
        said.append(f"For {chart.points[deciding].label}, {missing_words(chart.points[deciding])}.")
    newest = chart.points[-1]
    if deciding != len(chart.points) - 1 and newest.missing:
        said.append(f"{newest.label} is not complete and sets no icon: {missing_words(newest)}.")
    return said


def _figures_in_last_step(chart: XmRChart) -> int:
    return sum(chart.xmr.values[at] is not None for at in chart.groups[-1])


def _run(chart: XmRChart, at: int) -> int:
    """How many points in a row, this one among them, lie on its side of the average."""
    sides = chart.xmr.relative_to_mean
    return _stretch(chart, at, lambda other: sides[other] == sides[at]) + 1


def _trend(chart: XmRChart, at: int, going: str, direction: int) -> str:
    """For how many periods in a row, around this point, values go one way."""
    values = chart.xmr.values

    def goes_on(later: int) -> bool:
        before, after = values[later - 1], values[later]
        return before is not None and after is not None and (after - before) * direction > 0

    group = _group(chart, at)
    back = next((at - later for later in range(at, group.start, -1) if not goes_on(later)), at - group.start)
    ahead = next((later - at - 1 for later in range(at + 1, group.stop) if not goes_on(later)), group.stop - at - 1)
    many = _PERIODS[chart.period_type][1]
    if back + ahead < RUN_LENGTH - 1:  # a point between two trends belongs to the step that joins them
        return f"where one trend of {RUN_LENGTH} {many} or more turns into another"
    return f"{going} for {back + ahead} {many} in a row"


def _stretch(chart: XmRChart, at: int, belongs: Callable[[int], bool]) -> int:
    """How many neighbours of a point, without a break and within its step, belong with it."""
    group = _group(chart, at)
    before = next(
        (at - 1 - other for other in range(at - 1, group.start - 1, -1) if not belongs(other)), at - group.start
    )
    after = next((other - at - 1 for other in range(at + 1, group.stop) if not belongs(other)), group.stop - at - 1)
    return before + after


def _group(chart: XmRChart, at: int) -> range:
    return next(group for group in chart.groups if at in group)
