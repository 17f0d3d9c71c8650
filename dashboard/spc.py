"""XmR charts as Making Data Count draws them: one series, in plain Python.

The behaviour is that of NHSRplotthedots 0.2.2 (NHS-R Community, MIT licence), with two deliberate
differences: a missing difference breaks a trend where the reference stops with an error, and `icons_shown`
says where a last group is too short for icons. `dashboard.spc_batch` does many series at once with identical
results.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal, get_args

type Improvement = Literal["increase", "decrease", "neutral"]
type SpecialCauseType = Literal[
    "Common Cause",
    "7 Points Below CL",
    "7 Points Above CL",
    "2 in 3 Below CL",
    "2 in 3 Above CL",
    "7 Point Trend (Decreasing)",
    "7 Point Trend (Increasing)",
    "Below LCL",
    "Above UCL",
]
type PointType = Literal[
    "common_cause",
    "special_cause_improvement",
    "special_cause_concern",
    "special_cause_neutral_high",
    "special_cause_neutral_low",
]
type Assurance = Literal["consistent_pass", "consistent_fail", "inconsistent"]

IMPROVEMENTS: tuple[Improvement, ...] = get_args(Improvement.__value__)
SPECIAL_CAUSE_TYPES: tuple[SpecialCauseType, ...] = get_args(SpecialCauseType.__value__)
"""From none to the one that goes before all others; the upward of each pair after the downward."""
POINT_TYPES: tuple[PointType, ...] = get_args(PointType.__value__)
ASSURANCES: tuple[Assurance, ...] = get_args(Assurance.__value__)

LIMIT_FACTOR = 2.66
"""Process limits are this many mean moving ranges from the mean (the reference's rounding of 3 / 1.128)."""
NEAR_LIMIT_FACTOR = 2 * (LIMIT_FACTOR / 3)
SCREENING_FACTOR = 3.267
"""A moving range of this many mean moving ranges or more is an outlier, left out of the limits."""
RUN_LENGTH = 7
"""Points that make a shift or a trend."""
SHORTEST_FIX = 12
SHORTEST_GROUP_WITH_ICONS = 13

_UPWARD: frozenset[SpecialCauseType] = frozenset(
    ("7 Points Above CL", "2 in 3 Above CL", "7 Point Trend (Increasing)", "Above UCL")
)


@dataclass(frozen=True, slots=True)
class XmR:
    """One chart: tuples of equal length in date order, None where there is nothing to say; and two verdicts.

    `moving_range` is raw (before outliers are screened), None at the first point of a group and outside the
    points that fix the limits. `variation` is the type of the last point, `assurance` compares the target
    with the last limits.
    """

    dates: tuple[date, ...]
    values: tuple[float | None, ...]
    rebase_group: tuple[int, ...]
    mean: tuple[float | None, ...]
    lower_limit: tuple[float | None, ...]
    upper_limit: tuple[float | None, ...]
    near_lower_limit: tuple[float | None, ...]
    near_upper_limit: tuple[float | None, ...]
    moving_range: tuple[float | None, ...]
    relative_to_mean: tuple[int | None, ...]
    outside_limits: tuple[bool | None, ...]
    close_to_limits: tuple[bool | None, ...]
    special_cause_type: tuple[SpecialCauseType, ...]
    point_type: tuple[PointType, ...]
    variation: PointType
    assurance: Assurance | None


@dataclass(frozen=True, slots=True)
class _Limits:
    mean: float | None
    lower: float | None = None
    upper: float | None = None
    near_lower: float | None = None
    near_upper: float | None = None


@dataclass(frozen=True, slots=True)
class _Point:
    value: float | None
    group: int
    limits: _Limits
    moving_range: float | None
    relative_to_mean: int | None
    outside_limits: bool | None
    close_to_limits: bool | None
    special_cause_type: SpecialCauseType


def xmr(
    dates: Sequence[date],
    values: Sequence[float | None],
    *,
    improvement: Improvement,
    target: float | None = None,
    rebase: Sequence[date] = (),
    fix_after: int | None = None,
    screen_outliers: bool = True,
) -> XmR:
    """The XmR chart of one series: one entry for every period, None for a missing one, dates in any order.

    A date in `rebase` starts a new group, with limits and patterns of its own; dates not in the series are
    ignored. `fix_after` takes each group's limits from its first so many entries, missing ones included.
    Raises ValueError, with a sentence, for an empty series, a date given twice, a value or target that is not
    a finite number, `fix_after` under 12, or an unknown `improvement`.
    """
    check_fix_after(fix_after)
    if improvement not in IMPROVEMENTS:
        raise ValueError(f"Improvement must be increase, decrease or neutral, not {improvement!r}.")
    goal = None if target is None else _finite(target, "The target")
    days, series = _in_date_order(dates, values)
    points: list[_Point] = []
    for number, group in _groups(days, series, frozenset(rebase)):
        points += _chart_group(number, group, fix_after, screen_outliers=screen_outliers)
    types = [point_type(point.special_cause_type, improvement) for point in points]
    return XmR(
        dates=tuple(days),
        values=tuple(point.value for point in points),
        rebase_group=tuple(point.group for point in points),
        mean=tuple(point.limits.mean for point in points),
        lower_limit=tuple(point.limits.lower for point in points),
        upper_limit=tuple(point.limits.upper for point in points),
        near_lower_limit=tuple(point.limits.near_lower for point in points),
        near_upper_limit=tuple(point.limits.near_upper for point in points),
        moving_range=tuple(point.moving_range for point in points),
        relative_to_mean=tuple(point.relative_to_mean for point in points),
        outside_limits=tuple(point.outside_limits for point in points),
        close_to_limits=tuple(point.close_to_limits for point in points),
        special_cause_type=tuple(point.special_cause_type for point in points),
        point_type=tuple(types),
        variation=types[-1],
        assurance=_assurance(points[-1].limits, goal, improvement),
    )


def icons_shown(chart: XmR) -> bool:
    """Whether the last group has the 13 points that icons on pages need; a missing entry is not a point."""
    last = chart.rebase_group[-1]
    points = sum(
        group == last and value is not None for group, value in zip(chart.rebase_group, chart.values, strict=True)
    )
    return points >= SHORTEST_GROUP_WITH_ICONS


def point_type(cause: SpecialCauseType, improvement: Improvement) -> PointType:
    """What a special cause means; the direction of the pattern decides, not the side of the mean."""
    if cause == "Common Cause":
        return "common_cause"
    upward = cause in _UPWARD
    if improvement == "neutral":
        return "special_cause_neutral_high" if upward else "special_cause_neutral_low"
    wanted = upward == (improvement == "increase")
    return "special_cause_improvement" if wanted else "special_cause_concern"


def check_fix_after(fix_after: int | None) -> None:
    """Raises ValueError where limits would be fixed on fewer than 12 points."""
    if fix_after is not None and fix_after < SHORTEST_FIX:
        raise ValueError(f"Limits can be fixed after {SHORTEST_FIX} points or more, not after {fix_after}.")


def _finite(number: float, name: str) -> float:
    try:
        converted = float(number)
    except OverflowError:
        converted = math.inf
    if math.isnan(converted):
        raise ValueError(f"{name} is not a number. Give None where there is none.")
    if math.isinf(converted):
        raise ValueError(f"{name} is infinite. Give a finite number.")
    return converted


def _in_date_order(dates: Sequence[date], values: Sequence[float | None]) -> tuple[list[date], list[float | None]]:
    if len(dates) != len(values):
        raise ValueError(f"{len(dates)} dates came with {len(values)} values. Give one value for each date.")
    if len(dates) == 0:
        raise ValueError("The series is empty. Give at least one date and its value.")
    by_date: dict[date, float | None] = {}
    for day, value in zip(dates, values, strict=True):
        if day in by_date:
            raise ValueError(f"The date {day.isoformat()} is given twice. Give each date once.")
        by_date[day] = None if value is None else _finite(value, f"The value of {day.isoformat()}")
    days = sorted(by_date)
    return days, [by_date[day] for day in days]


def _groups(
    days: Sequence[date], values: Sequence[float | None], rebase: frozenset[date]
) -> Iterable[tuple[int, list[float | None]]]:
    """The groups with their numbers: 0 on, or 1 on where the first date itself is a rebase."""
    number = 0
    group: list[float | None] = []
    for day, value in zip(days, values, strict=True):
        if day in rebase:
            if group:
                yield number, group
            number += 1
            group = []
        group.append(value)
    yield number, group


def _chart_group(
    number: int, values: list[float | None], fix_after: int | None, *, screen_outliers: bool
) -> list[_Point]:
    """The points of one group. Nothing outside the group plays a part."""
    fixed: list[float | None] = values
    if fix_after is not None:
        fixed = values[:fix_after] + [None] * (len(values) - fix_after)
    moving_ranges = [None, *(None if step is None else abs(step) for step in _steps(fixed))]
    limits = _process_limits(fixed, moving_ranges, screen_outliers=screen_outliers)
    sides = [_side(value, limits.mean) for value in values]
    outside = [_beyond(value, limits.lower, limits.upper) for value in values]
    close = [
        None if is_outside is None else not is_outside and _beyond(value, limits.near_lower, limits.near_upper)
        for value, is_outside in zip(values, outside, strict=True)
    ]
    causes = _special_causes(values, sides, outside, close)
    return [
        _Point(value, number, limits, moving_ranges[i], sides[i], outside[i], close[i], causes[i])
        for i, value in enumerate(values)
    ]


def _steps(values: Sequence[float | None]) -> list[float | None]:
    """The difference of each value from the one before it."""
    return [None if before is None or after is None else after - before for before, after in pairwise(values)]


def _mean(values: Iterable[float | None]) -> float | None:
    """The correctly rounded mean: any other puts a constant series off its own mean and invents shifts."""
    present = [value for value in values if value is not None]
    return statistics.mean(present) if present else None


def _process_limits(
    values: Sequence[float | None], moving_ranges: Sequence[float | None], *, screen_outliers: bool
) -> _Limits:
    mean = _mean(values)
    average = _mean(moving_ranges)
    if average is not None and screen_outliers:
        # Strictly below, so a constant series keeps no moving range and has no limits, as in the reference.
        threshold = SCREENING_FACTOR * average
        average = _mean(each for each in moving_ranges if each is not None and each < threshold)
    if mean is None or average is None:
        return _Limits(mean)
    reach = LIMIT_FACTOR * average
    near_reach = NEAR_LIMIT_FACTOR * average
    return _Limits(mean, mean - reach, mean + reach, mean - near_reach, mean + near_reach)


def _side(value: float | None, mean: float | None) -> int | None:
    """1 above the mean, -1 below it, 0 on it."""
    if value is None or mean is None:
        return None
    return (value > mean) - (value < mean)


def _beyond(value: float | None, lower: float | None, upper: float | None) -> bool | None:
    if value is None or lower is None or upper is None:
        return None
    return value < lower or value > upper


def _special_causes(
    values: Sequence[float | None],
    sides: Sequence[int | None],
    outside: Sequence[bool | None],
    close: Sequence[bool | None],
) -> list[SpecialCauseType]:
    """The first pattern, in the reference's order, that each point belongs to."""
    trend = _trend(values)
    two_in_three = _two_in_three(sides, close)
    shift = _runs(sides, RUN_LENGTH)
    causes: list[SpecialCauseType] = []
    for i, side in enumerate(sides):
        above = side == 1
        if outside[i]:
            causes.append("Above UCL" if above else "Below LCL")
        elif trend[i]:
            causes.append("7 Point Trend (Increasing)" if trend[i] == 1 else "7 Point Trend (Decreasing)")
        elif two_in_three[i]:
            causes.append("2 in 3 Above CL" if above else "2 in 3 Below CL")
        elif shift[i]:
            causes.append("7 Points Above CL" if above else "7 Points Below CL")
        else:
            causes.append("Common Cause")
    return causes


def _runs(signs: Sequence[int | None], length: int) -> list[bool]:
    """Which entries belong to a run of `length` or more equal signs; zero and missing ones belong to none."""
    flags = [False] * len(signs)
    start = 0
    for end in range(1, len(signs) + 1):
        if end == len(signs) or signs[end] != signs[start]:
            if signs[start] and end - start >= length:
                flags[start:end] = [True] * (end - start)
            start = end
    return flags


def _trend(values: Sequence[float | None]) -> list[int]:
    """1 or -1 for points that are part of a trend, 0 for others.

    A point takes the direction of the step after it where that leads to another point of a trend, otherwise
    that of the step before it. So a peak shared by two trends belongs to the second; and the last point of a
    trend that is followed at once by another takes the direction of the step between them, a level step
    counting as down. The reference does so.
    """
    directions = [_side(step, 0.0) for step in _steps(values)]
    runs = _runs(directions, RUN_LENGTH - 1)
    in_trend = [False] * len(values)
    for i, in_run in enumerate(runs):
        if in_run:
            in_trend[i] = in_trend[i + 1] = True
    trend = [0] * len(values)
    for i in range(len(values)):
        if in_trend[i]:
            leads_on = i + 1 < len(values) and in_trend[i + 1]
            trend[i] = 1 if directions[i if leads_on else i - 1] == 1 else -1
    return trend


def _two_in_three(sides: Sequence[int | None], close: Sequence[bool | None]) -> list[bool]:
    """Points close to a limit in a window of three on one side of the mean, two or more of them close."""
    flags = [False] * len(sides)
    for start in range(len(sides) - 2):
        window = range(start, start + 3)
        one_side = sides[start] in {1, -1} and len({sides[i] for i in window}) == 1
        if one_side and sum(close[i] is True for i in window) >= 2:
            for i in window:
                flags[i] = flags[i] or close[i] is True
    return flags


def _assurance(limits: _Limits, target: float | None, improvement: Improvement) -> Assurance | None:
    if target is None or improvement == "neutral":
        return None
    if limits.lower is None or limits.upper is None:
        return "inconsistent"
    if target > limits.upper:
        return "consistent_fail" if improvement == "increase" else "consistent_pass"
    if target < limits.lower:
        return "consistent_pass" if improvement == "increase" else "consistent_fail"
    return "inconsistent"
