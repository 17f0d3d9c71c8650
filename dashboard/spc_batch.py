"""XmR charts of many series of equal length at once: `dashboard.spc` as a struct of numpy arrays.

Inside, arrays are (periods, series): a pattern along time is then a comparison of whole rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
from numpy.typing import NDArray

from dashboard import spc
from dashboard.means import BooleanArray, FloatArray, column_means

type CodeArray = NDArray[np.int8]

IMPROVEMENT_CODES: dict[spc.Improvement, int] = {"increase": 1, "decrease": -1, "neutral": 0}
"""What to put into `improvement`: the sign of a change for the better."""
SPECIAL_CAUSE_TYPES = spc.SPECIAL_CAUSE_TYPES
"""Names of the codes in `special_cause_type`."""
POINT_TYPES = spc.POINT_TYPES
"""Names of the codes in `point_type` and `variation`."""
ASSURANCES: tuple[spc.Assurance | None, ...] = (None, *spc.ASSURANCES)
"""Names of the codes in `assurance`; 0 is None."""

_SHIFT, _TWO_IN_THREE, _TREND, _OUTSIDE = 1, 3, 5, 7
"""Codes of the downward special causes, in `SPECIAL_CAUSE_TYPES`; the upward one follows each."""


@dataclass(frozen=True, slots=True)
class XmRBatch:
    """Charts of many series. Arrays are (series, periods), and (series,) for the last three; read only.

    Missing floats are NaN. `relative_to_mean` is 0 and the two flags are False where there is nothing to
    compare; `series` tells these from real ones.
    """

    values: FloatArray
    rebase_group: NDArray[np.int32]
    mean: FloatArray
    lower_limit: FloatArray
    upper_limit: FloatArray
    near_lower_limit: FloatArray
    near_upper_limit: FloatArray
    moving_range: FloatArray
    relative_to_mean: CodeArray
    outside_limits: BooleanArray
    close_to_limits: BooleanArray
    special_cause_type: CodeArray
    point_type: CodeArray
    variation: CodeArray
    assurance: CodeArray
    icons_shown: BooleanArray

    def series(self, index: int, dates: Sequence[date]) -> spc.XmR:
        """One series in the single form, for its dates in order."""
        present = ~np.isnan(self.values[index])
        compared = present & ~np.isnan(self.mean[index])
        limited = present & ~np.isnan(self.lower_limit[index])
        return spc.XmR(
            dates=tuple(dates),
            values=_numbers(self.values[index]),
            rebase_group=tuple(self.rebase_group[index].tolist()),
            mean=_numbers(self.mean[index]),
            lower_limit=_numbers(self.lower_limit[index]),
            upper_limit=_numbers(self.upper_limit[index]),
            near_lower_limit=_numbers(self.near_lower_limit[index]),
            near_upper_limit=_numbers(self.near_upper_limit[index]),
            moving_range=_numbers(self.moving_range[index]),
            relative_to_mean=_known(self.relative_to_mean[index].tolist(), compared),
            outside_limits=_known(self.outside_limits[index].tolist(), limited),
            close_to_limits=_known(self.close_to_limits[index].tolist(), limited),
            special_cause_type=tuple(SPECIAL_CAUSE_TYPES[code] for code in self.special_cause_type[index]),
            point_type=tuple(POINT_TYPES[code] for code in self.point_type[index]),
            variation=POINT_TYPES[self.variation[index]],
            assurance=ASSURANCES[self.assurance[index]],
        )


def _numbers(values: FloatArray) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(value) else value for value in values.tolist())


def _known[T](entries: Sequence[T], known: BooleanArray) -> tuple[T | None, ...]:
    return tuple(entry if is_known else None for entry, is_known in zip(entries, known, strict=True))


@dataclass(frozen=True, slots=True)
class _Points:
    """What each point is: (periods, series) arrays, of whole series or of one group of each."""

    mean: FloatArray
    lower_limit: FloatArray
    upper_limit: FloatArray
    near_lower_limit: FloatArray
    near_upper_limit: FloatArray
    moving_range: FloatArray
    relative_to_mean: CodeArray
    outside_limits: BooleanArray
    close_to_limits: BooleanArray
    special_cause_type: CodeArray


def xmr_batch(
    values: FloatArray,
    *,
    improvement: NDArray[np.integer],
    target: FloatArray | None = None,
    rebase: BooleanArray | None = None,
    fix_after: int | None = None,
    screen_outliers: bool = True,
) -> XmRBatch:
    """The XmR charts of `values` (series, periods): periods in date order, NaN for a missing one.

    `improvement` holds `IMPROVEMENT_CODES`, one for each series; `target` one number for each, NaN for none;
    `rebase` (series, periods) is True where a new group starts. Every series equals `spc.xmr` of it, bit for
    bit. Raises ValueError, with a sentence, for no periods, infinite values or targets, `fix_after` under 12,
    unknown codes and shapes that do not fit.
    """
    spc.check_fix_after(fix_after)
    _check(values, improvement, target, rebase)
    directions = improvement.astype(np.int8)
    by_period = np.array(values.T, dtype=np.float64, order="C")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if rebase is None or not rebase[:, 1:].any():
            points = _chart_group(by_period, fix_after, screen_outliers=screen_outliers)
        else:
            points = _chart_groups(by_period, rebase, fix_after, screen_outliers=screen_outliers)
    point_type = _point_types(points.special_cause_type, directions)
    rebase_group = (
        np.broadcast_to(np.int32(0), values.shape) if rebase is None else rebase.cumsum(axis=1, dtype=np.int32)
    )
    last_points = ~np.isnan(by_period) & (rebase_group == rebase_group[:, -1:]).T
    return XmRBatch(
        values=by_period.T,
        rebase_group=rebase_group,
        mean=points.mean.T,
        lower_limit=points.lower_limit.T,
        upper_limit=points.upper_limit.T,
        near_lower_limit=points.near_lower_limit.T,
        near_upper_limit=points.near_upper_limit.T,
        moving_range=points.moving_range.T,
        relative_to_mean=points.relative_to_mean.T,
        outside_limits=points.outside_limits.T,
        close_to_limits=points.close_to_limits.T,
        special_cause_type=points.special_cause_type.T,
        point_type=point_type.T,
        variation=point_type[-1],
        assurance=_assurance(points.lower_limit[-1], points.upper_limit[-1], target, directions),
        icons_shown=last_points.sum(axis=0) >= spc.SHORTEST_GROUP_WITH_ICONS,
    )


def _check(
    values: FloatArray,
    improvement: NDArray[np.integer],
    target: FloatArray | None,
    rebase: BooleanArray | None,
) -> None:
    if values.ndim != 2 or values.shape[1] == 0:
        raise ValueError("The values must be an array of series by periods, with at least one period.")
    if np.isinf(values).any():
        raise ValueError("A value is infinite. Give finite numbers, and NaN for a missing one.")
    series = values.shape[:1]
    if improvement.shape != series or not np.isin(improvement, list(IMPROVEMENT_CODES.values())).all():
        raise ValueError("Improvement must be 1 (increase), -1 (decrease) or 0 (neutral) for each series.")
    if target is not None and (target.shape != series or np.isinf(target).any()):
        raise ValueError("The target must be a finite number for each series, or NaN for none.")
    if rebase is not None and (rebase.shape != values.shape or rebase.dtype != np.bool_):
        raise ValueError("The rebases must be an array of booleans, one for each value.")


def _chart_groups(values: FloatArray, rebase: BooleanArray, fix_after: int | None, *, screen_outliers: bool) -> _Points:
    """The points of series with rebases: all groups of one length are charted together."""
    periods, _ = values.shape
    whole = _Points(
        mean=np.empty(values.shape),
        lower_limit=np.empty(values.shape),
        upper_limit=np.empty(values.shape),
        near_lower_limit=np.empty(values.shape),
        near_upper_limit=np.empty(values.shape),
        moving_range=np.empty(values.shape),
        relative_to_mean=np.empty(values.shape, np.int8),
        outside_limits=np.empty(values.shape, np.bool_),
        close_to_limits=np.empty(values.shape, np.bool_),
        special_cause_type=np.empty(values.shape, np.int8),
    )
    starts = rebase.copy()
    starts[:, 0] = True
    series, first = np.nonzero(starts)
    lengths = np.diff(series * periods + first, append=rebase.size)
    for length in np.unique(lengths):
        chosen = lengths == length
        place = (first[chosen] + np.arange(length)[:, np.newaxis], series[chosen])
        group = _chart_group(values[place], fix_after, screen_outliers=screen_outliers)
        for field in fields(_Points):
            getattr(whole, field.name)[place] = getattr(group, field.name)
    return whole


def _chart_group(values: FloatArray, fix_after: int | None, *, screen_outliers: bool) -> _Points:
    """The points of one group of each series, all groups of one length."""
    steps = np.diff(values, axis=0)
    moving_range = np.empty_like(values)
    moving_range[0] = np.nan
    np.abs(steps, out=moving_range[1:])
    if fix_after is not None:
        moving_range[fix_after:] = np.nan
    mean = _mean(values[:fix_after])
    average = _average_moving_range(moving_range[1:fix_after], screen_outliers=screen_outliers)
    reach, near_reach = spc.LIMIT_FACTOR * average, spc.NEAR_LIMIT_FACTOR * average
    lower, upper, near_lower, near_upper = mean - reach, mean + reach, mean - near_reach, mean + near_reach
    above, below = values > mean, values < mean
    high, low = values > upper, values < lower
    outside = high | low
    close = ((values > near_upper) | (values < near_lower)) & ~outside
    causes = _coded(outside, high, _OUTSIDE)
    # Codes rise with precedence, so the first pattern that matches a point is its highest code.
    for pattern in (
        _coded(*_trend(steps > 0, steps < 0, len(values)), _TREND),
        _coded(*_two_in_three(above, below, close), _TWO_IN_THREE),
        _coded(*_shift(above, below), _SHIFT),
    ):
        np.maximum(causes, pattern, out=causes)
    return _Points(
        mean=np.broadcast_to(mean, values.shape),
        lower_limit=np.broadcast_to(lower, values.shape),
        upper_limit=np.broadcast_to(upper, values.shape),
        near_lower_limit=np.broadcast_to(near_lower, values.shape),
        near_upper_limit=np.broadcast_to(near_upper, values.shape),
        moving_range=moving_range,
        relative_to_mean=above.view(np.int8) - below.view(np.int8),
        outside_limits=outside,
        close_to_limits=close,
        special_cause_type=causes,
    )


def _mean(values: FloatArray) -> FloatArray:
    missing = np.isnan(values)
    return column_means(values, ~missing if missing.any() else None)


def _average_moving_range(moving_range: FloatArray, *, screen_outliers: bool) -> FloatArray:
    average = _mean(moving_range)
    if screen_outliers:
        kept = moving_range < spc.SCREENING_FACTOR * average
        screened = ~(kept | np.isnan(moving_range)).all(axis=0)
        average[screened] = column_means(moving_range[:, screened], kept[:, screened])
    return average


def _coded(pattern: BooleanArray, upward: BooleanArray, downward_code: int) -> CodeArray:
    """The code of the pattern's downward or upward form, 0 outside the pattern; `upward` lies within `pattern`."""
    return pattern.view(np.int8) * np.int8(downward_code) + upward.view(np.int8)


def _all_of(flags: BooleanArray, length: int) -> BooleanArray:
    """For each window of `length` rows, whether all its flags are set."""
    windows = max(len(flags) - length + 1, 0)
    result = flags[:windows].copy()
    for offset in range(1, length):
        result &= flags[offset : offset + windows]
    return result


def _spread(windows: BooleanArray, length: int, rows: int) -> BooleanArray:
    """The rows that lie in any of the windows of `length` rows."""
    result = np.zeros((rows, windows.shape[1]), np.bool_)
    for offset in range(length if len(windows) else 0):
        result[offset : offset + len(windows)] |= windows
    return result


def _shift(above: BooleanArray, below: BooleanArray) -> tuple[BooleanArray, BooleanArray]:
    """Points of a shift, and those of them above the mean."""
    shift = _spread(_all_of(above, spc.RUN_LENGTH) | _all_of(below, spc.RUN_LENGTH), spc.RUN_LENGTH, len(above))
    return shift, shift & above


def _trend(rising: BooleanArray, falling: BooleanArray, rows: int) -> tuple[BooleanArray, BooleanArray]:
    """Points of a trend, and those of them that increase; `dashboard.spc` says whose direction a point takes."""
    steps = spc.RUN_LENGTH - 1
    trend = _spread(_all_of(rising, steps) | _all_of(falling, steps), spc.RUN_LENGTH, rows)
    increasing = np.zeros_like(trend)
    increasing[1:] = rising
    np.copyto(increasing[:-1], rising, where=trend[1:])
    return trend, increasing & trend


def _two_in_three(above: BooleanArray, below: BooleanArray, close: BooleanArray) -> tuple[BooleanArray, BooleanArray]:
    """Points of two in three, and those of them above the mean."""
    first, second, third = close[:-2], close[1:-1], close[2:]
    two_close = (first & second) | (first & third) | (second & third)
    windows = (_all_of(above, 3) | _all_of(below, 3)) & two_close
    points = _spread(windows, 3, len(close)) & close
    return points, points & above


def _point_types(causes: CodeArray, directions: CodeArray) -> CodeArray:
    sign = (causes > 0).view(np.int8) - 2 * (causes & 1)
    judged = sign * directions
    kind = {name: np.int8(code) for code, name in enumerate(POINT_TYPES)}
    types = (judged > 0) * kind["special_cause_improvement"] + (judged < 0) * kind["special_cause_concern"]
    neutral = directions == 0
    if neutral.any():
        high, low = (sign > 0) & neutral, (sign < 0) & neutral
        types += high * kind["special_cause_neutral_high"] + low * kind["special_cause_neutral_low"]
    return types


def _assurance(lower: FloatArray, upper: FloatArray, target: FloatArray | None, directions: CodeArray) -> CodeArray:
    if target is None:
        return np.zeros(len(directions), np.int8)
    # How far the process outdoes the target: beyond every limit, above it (-1) or below it (1), or within.
    side = (target < lower).astype(np.int8) - (target > upper).astype(np.int8)
    verdict = side * directions
    codes = np.full(len(directions), ASSURANCES.index("inconsistent"), np.int8)
    codes[verdict > 0] = ASSURANCES.index("consistent_pass")
    codes[verdict < 0] = ASSURANCES.index("consistent_fail")
    codes[np.isnan(target) | (directions == 0)] = ASSURANCES.index(None)
    return codes
