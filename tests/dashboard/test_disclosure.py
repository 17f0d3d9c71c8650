"""The small-number rule, one cell at a time."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import disclosure
from dashboard.intervals import poisson, wilson

COUNTS = st.integers(0, 60) | st.integers(0, 10**12)


@pytest.mark.parametrize("count", range(1, 8))
@pytest.mark.parametrize("unit", ["proportion", "rate", "count", "mean"])
def test_one_to_seven_hide_every_part_of_the_figure(count: int, unit: str) -> None:
    assert disclosure.apply(count, 500, unit=unit) == disclosure.HIDDEN
    assert disclosure.apply(0, count, unit=unit) == disclosure.HIDDEN
    assert disclosure.apply(500 - count, 500, unit=unit) == disclosure.HIDDEN
    assert disclosure.apply(count, unit=unit) == disclosure.HIDDEN
    assert disclosure.apply(count, unit=unit) == disclosure.Cell(None, None, None, None, None, "c")


@pytest.mark.parametrize(
    ("exact", "shown"), [(0, 0), (8, 10), (12, 10), (13, 15), (17, 15), (18, 20), (1002, 1000), (1003, 1005)]
)
def test_other_counts_are_rounded_to_five(exact: int, shown: int) -> None:
    assert disclosure.apply(exact, unit="count") == disclosure.Cell(shown, None, float(shown), None, None, None)
    assert disclosure.apply(exact, 5000, unit="rate").numerator == shown


def test_value_and_limits_come_from_the_rounded() -> None:
    cell = disclosure.apply(33, 99, unit="proportion")
    lower, upper = wilson(35, 100)
    assert cell == disclosure.Cell(35, 100, 0.35, lower, upper, None)


def test_rates_have_poisson_limits_and_no_multiplier() -> None:
    cell = disclosure.apply(12, Decimal("2001"), unit="rate")
    assert (cell.numerator, cell.denominator, cell.value) == (10, 2000, 0.005)
    assert (cell.lower, cell.upper) == pytest.approx((poisson(10).lower / 2000, poisson(10).upper / 2000))


def test_zero_is_shown_and_over_zero_has_no_value() -> None:
    assert disclosure.apply(0, 40, unit="proportion").value == 0.0
    assert disclosure.apply(0, 0, unit="proportion") == disclosure.Cell(0, 0, None, None, None, None)


def test_many_events_over_few_people_are_hidden() -> None:
    assert disclosure.apply(20, 5, unit="rate") == disclosure.HIDDEN


def test_more_events_than_people_is_no_small_complement() -> None:
    assert disclosure.apply(103, 100, unit="rate").numerator == 105


@pytest.mark.parametrize(
    ("quantity", "shown"),
    [("0.5", None), ("7.999999", None), ("8.0", 10), ("12.499999", 10), ("12.500000", 15), ("13.000000", 15)],
)
def test_quantities_hide_under_eight_and_round_halves_up(quantity: str, shown: int | None) -> None:
    assert disclosure.apply(Decimal(quantity), unit="mean").numerator == shown


def test_nothing_reported_shows_nothing_without_a_flag() -> None:
    assert disclosure.apply(None, unit="count") == disclosure.Cell(None, None, None, None, None, None)


def test_the_rule_none_is_exact() -> None:
    cell = disclosure.apply(3, Decimal(4), unit="proportion", rule="none")
    assert (cell.numerator, cell.denominator, cell.value, cell.flag) == (3, Decimal(4), 0.75, None)
    assert (cell.lower, cell.upper) == wilson(3, 4)


def test_an_unknown_rule_lets_nothing_through() -> None:
    with pytest.raises(ValueError, match="no disclosure rule 'HES'"):
        disclosure.apply(3, 4, unit="proportion", rule="HES")


@given(COUNTS, COUNTS)
def test_what_is_shown_is_in_fives_and_near_the_truth(numerator: int, more: int) -> None:
    denominator = numerator + more
    cell = disclosure.apply(numerator, denominator, unit="proportion")
    if any(1 <= count <= 7 for count in (numerator, denominator, more)):
        assert cell == disclosure.HIDDEN
        return
    assert isinstance(cell.numerator, int)
    assert isinstance(cell.denominator, int)
    assert cell.numerator % 5 == cell.denominator % 5 == 0
    assert abs(cell.numerator - numerator) <= 2
    assert abs(cell.denominator - denominator) <= 2
    assert cell.value is None or 0 <= cell.value <= 1
