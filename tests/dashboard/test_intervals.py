"""Confidence limits against what defines them."""

import math
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.intervals import EXACT_POISSON, Z, byar, limits, poisson, wilson


def chance_of_at_most(events: int, rate: float) -> float:
    return math.fsum(math.exp(-rate) * rate**k / math.factorial(k) for k in range(events + 1))


def crossing(falls: Callable[[float], float], level: float) -> float:
    """Where a falling function crosses a level, by bisection."""
    low, high = 0.0, 200.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if falls(middle) > level else (low, middle)
    return low


@pytest.mark.parametrize("events", range(10))
def test_the_table_holds_the_exact_poisson_limits(events: int) -> None:
    lower, upper = EXACT_POISSON[events]
    assert upper == pytest.approx(crossing(lambda rate: chance_of_at_most(events, rate), 0.025), rel=1e-9)
    exact = crossing(lambda rate: chance_of_at_most(events - 1, rate), 0.975) if events else 0.0
    assert lower == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("events", [10, 11, 25, 60])
def test_byar_is_close_to_the_exact_limits_from_ten_events(events: int) -> None:
    lower, upper = poisson(events)
    assert lower == pytest.approx(crossing(lambda rate: chance_of_at_most(events - 1, rate), 0.975), rel=2e-3)
    assert upper == pytest.approx(crossing(lambda rate: chance_of_at_most(events, rate), 0.025), rel=2e-3)


def test_exact_gives_way_to_byar_at_ten() -> None:
    assert poisson(9) == EXACT_POISSON[9]
    assert poisson(10) == byar(10)


@given(st.integers(1, 10**9).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_wilson_limits_are_z_standard_errors_away(counts: tuple[int, int]) -> None:
    successes, trials = counts
    share, (lower, upper) = successes / trials, wilson(successes, trials)
    assert 0 <= lower <= share <= upper <= 1
    for limit in {lower, upper} - {0.0, 1.0}:
        reach = Z * math.sqrt(limit * (1 - limit) / trials)
        assert abs(share - limit) == pytest.approx(reach, rel=1e-5, abs=1e-14)


def test_known_wilson_limits() -> None:
    assert wilson(5, 10) == pytest.approx((0.236593, 0.763407), abs=1e-6)
    assert wilson(0, 10) == pytest.approx((0, 0.277533), abs=1e-6)
    assert wilson(10, 10) == pytest.approx((0.722467, 1), abs=1e-6)


def test_the_unit_picks_the_limits() -> None:
    assert limits("proportion", Decimal("65.000000"), Decimal(100)) == wilson(65, 100)
    assert limits("rate", 4, Decimal("200.5")) == pytest.approx((1.0898653736 / 200.5, 10.2415886754 / 200.5))
    assert limits("rate", 120, 50) == pytest.approx((byar(120).lower / 50, byar(120).upper / 50))


@pytest.mark.parametrize(
    ("unit", "numerator", "denominator"),
    [
        ("count", 5, 10),
        ("mean", 5, 10),
        ("rate", 5, None),
        ("rate", 0, 0),
        ("rate", Decimal("2.5"), 10),
        ("rate", -1, 10),
        ("proportion", 11, 10),
        ("proportion", 5, Decimal("10.5")),
        ("proportion", 0, 0),
    ],
)
def test_no_limits_where_no_model_fits(unit: str, numerator: int | Decimal, denominator: int | None) -> None:
    assert limits(unit, numerator, denominator) is None
