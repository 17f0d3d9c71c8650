"""One series against the reference, and where the product decides for itself."""

import math
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from dashboard.spc import Improvement, XmR, icons_shown, xmr
from tests.dashboard import spc_vectors

START = date(2024, 1, 1)


def days(count: int) -> list[date]:
    return [START + timedelta(days=day) for day in range(count)]


def chart(values: Sequence[float | None], *, improvement: Improvement = "increase", **options: object) -> XmR:
    return xmr(days(len(values)), values, improvement=improvement, **options)  # type: ignore[arg-type]  # what callers may send is the point


@pytest.mark.parametrize("case", spc_vectors.cases(), ids=lambda case: case.id)
def test_equals_the_reference(case: spc_vectors.Case) -> None:
    result = xmr(
        case.input.dates,
        case.input.values,
        improvement=case.input.improvement_direction,
        target=case.input.target,
        rebase=case.input.rebase,
        fix_after=case.input.fix_after_n_points,
        screen_outliers=case.input.screen_outliers,
    )
    spc_vectors.assert_matches(result, case.expected)
    assert icons_shown(result) is not case.expected.points.short_group_warning[-1]


@pytest.mark.parametrize("module", ["dashboard.spc", "dashboard.spc_batch"])
def test_imports_without_django(module: str) -> None:
    program = f"import sys, {module}; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_dates_may_come_in_any_order() -> None:
    values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]
    backwards = xmr(days(8)[::-1], values[::-1], improvement="increase", rebase=days(8)[4:5])
    assert backwards == chart(list(values), rebase=days(8)[4:5])


def test_numbers_of_every_kind_count_as_floats() -> None:
    plain = chart([1.5, 2.0, 3.0])
    assert chart([Decimal("1.5"), 2, np.float32(3)]) == plain  # type: ignore[list-item]  # likewise
    assert xmr(days(3), np.array([1.5, 2.0, 3.0]), improvement="increase") == plain  # type: ignore[arg-type]  # what callers may send is the point


@pytest.mark.parametrize("improvement", ["increase", "decrease", "neutral"])
def test_one_point_has_a_mean_and_no_limits(improvement: Improvement) -> None:
    result = chart([4.0], improvement=improvement, target=3.0)
    assert (result.mean, result.lower_limit, result.upper_limit) == ((4.0,), (None,), (None,))
    assert (result.relative_to_mean, result.outside_limits) == ((0,), (None,))
    assert result.variation == "common_cause"
    assert result.assurance == (None if improvement == "neutral" else "inconsistent")


def test_two_points_have_limits_from_one_moving_range() -> None:
    result = chart([10.0, 20.0])
    assert result.moving_range == (None, 10.0)
    assert result.upper_limit == pytest.approx((41.6, 41.6))


def test_a_constant_series_sits_on_its_own_mean() -> None:
    result = chart([0.1] * 12, screen_outliers=False, target=0.2)
    assert result.relative_to_mean == (0,) * 12
    assert result.lower_limit == result.upper_limit == (0.1,) * 12
    assert (result.variation, result.assurance) == ("common_cause", "consistent_fail")


@pytest.mark.parametrize("steps", [5, 8])
def test_one_step_in_a_constant_series_is_all_special_cause(steps: int) -> None:
    result = chart([1.0] * (steps - 1) + [2.0])
    assert set(result.special_cause_type) == {"Above UCL", "Below LCL"}


def test_an_outlying_moving_range_widens_no_limits_unless_screening_is_off() -> None:
    values = [*[0.0, 1.0] * 10, 5.0]
    assert chart(values).upper_limit[0] == pytest.approx(15 / 21 + 2.66)
    assert chart(values, screen_outliers=False).upper_limit[0] == pytest.approx(15 / 21 + 2.66 * 23 / 20)
    assert chart(values).moving_range[-1] == 4.0


def test_a_missing_difference_breaks_a_trend_without_an_error() -> None:
    rising = [1.0, 2.0, 3.0, None, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
    result = chart(rising)
    assert not any("Trend" in cause for cause in result.special_cause_type)
    assert any("Trend" in cause for cause in chart([*rising, 11.0]).special_cause_type[4:])


def test_six_missing_in_a_row_break_a_shift() -> None:
    result = chart([1.0, 2.0, 1.0, *[None] * 6, 2.0, 1.0])
    assert set(result.special_cause_type) == {"Common Cause"}
    assert result.moving_range[3:10] == (None,) * 7


def test_all_missing_is_all_unknown() -> None:
    result = chart([None] * 9, target=1.0)
    assert set(result.mean) == set(result.relative_to_mean) == set(result.close_to_limits) == {None}
    assert (result.variation, result.assurance) == ("common_cause", "inconsistent")


def test_a_last_missing_value_is_common_cause() -> None:
    values = [1.0, 2.0] * 8 + [40.0]
    assert chart(values).variation == "special_cause_improvement"
    assert chart([*values, None]).variation == "common_cause"


def test_a_level_step_between_two_trends_ends_the_first_downwards() -> None:
    noise, rising, falling = [0.0, 30.0] * 6, [float(n) for n in range(10, 17)], [float(n) for n in range(16, 9, -1)]
    assert chart([*noise, *rising, *falling]).special_cause_type[18] == "7 Point Trend (Decreasing)"
    assert chart([*noise, *rising, None, *falling]).special_cause_type[18] == "7 Point Trend (Increasing)"


def test_a_fall_above_the_mean_is_a_concern_where_higher_is_better() -> None:
    result = chart([float(n) for n in range(20, 0, -1)])
    assert result.special_cause_type[8] == "7 Point Trend (Decreasing)"
    assert (result.relative_to_mean[8], result.point_type[8]) == (1, "special_cause_concern")


def test_a_rebase_on_the_first_date_only_makes_numbers_start_at_one() -> None:
    values = [1.0, 3.0, 2.0, 5.0]
    plain, rebased = chart(values), chart(values, rebase=[START, date(1999, 1, 1)])
    assert rebased.rebase_group == (1, 1, 1, 1)
    assert rebased.mean == plain.mean
    assert rebased.upper_limit == plain.upper_limit


def test_nothing_crosses_a_rebase() -> None:
    first = [1.0, 2.0, 3.0, 4.0]
    second = [5.0, 6.0, 7.0, 8.0]
    both = chart([*first, *second], rebase=days(8)[4:5])
    assert both.mean == chart(first).mean + chart(second).mean
    assert both.moving_range == chart(first).moving_range + chart(second).moving_range
    assert set(both.special_cause_type) == {"Common Cause"}


def test_fixing_after_more_points_than_there_are_fixes_nothing() -> None:
    values = [1.0, 3.0, 2.0, 5.0]
    assert chart(values, fix_after=12) == chart(values)


def test_limits_on_the_target_are_hit_and_miss() -> None:
    upper = chart([10.0, 20.0]).upper_limit[0]
    assert chart([10.0, 20.0], target=upper).assurance == "inconsistent"
    assert chart([10.0, 20.0], target=math.nextafter(upper or 0, 99)).assurance == "consistent_fail"


def test_icons_need_13_points_in_the_last_group() -> None:
    values = [1.0, 2.0] * 13
    assert icons_shown(chart(values, rebase=[days(26)[13]]))
    assert not icons_shown(chart(values, rebase=[days(26)[14]]))
    assert not icons_shown(chart([None, *values[:12]]))


@pytest.mark.parametrize(
    ("dates", "values", "options", "sentence"),
    [
        ([], [], {}, "series is empty"),
        ([START, START], [1.0, 2.0], {}, "2024-01-01 is given twice"),
        ([START], [1.0, 2.0], {}, "1 dates came with 2 values"),
        ([START], [math.inf], {}, "value of 2024-01-01 is infinite"),
        ([START], [-math.inf], {}, "is infinite"),
        ([START], [10**400], {}, "is infinite"),
        ([START], [math.nan], {}, "is not a number"),
        ([START], [1.0], {"target": math.nan}, "The target is not a number"),
        ([START], [1.0], {"fix_after": 11}, "12 points or more, not after 11"),
        ([START], [1.0], {"improvement": "up"}, "not 'up'"),
    ],
)
def test_refuses_with_a_sentence(
    dates: list[date], values: list[float | None], options: dict[str, object], sentence: str
) -> None:
    arguments: dict[str, object] = {"improvement": "increase", **options}
    with pytest.raises(ValueError, match=sentence):
        xmr(dates, values, **arguments)  # type: ignore[arg-type]  # what callers may send is the point
