"""Periods by name, and back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners import periods

KINDS = list(periods.EXAMPLES)


@pytest.mark.parametrize(
    ("text", "kind", "start", "end"),
    [
        ("2026-03", "month", date(2026, 3, 1), date(2026, 3, 31)),
        ("2028-02", "month", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-03-05", "day", date(2026, 3, 5), date(2026, 3, 5)),
        ("2026-W10", "week", date(2026, 3, 2), date(2026, 3, 8)),
        ("2026-W53", "week", date(2026, 12, 28), date(2027, 1, 3)),
        ("2026-Q1", "quarter", date(2026, 1, 1), date(2026, 3, 31)),
        ("2025-26-Q4", "financial_quarter", date(2026, 1, 1), date(2026, 3, 31)),
        ("2025-26-Q1", "financial_quarter", date(2025, 4, 1), date(2025, 6, 30)),
        ("2026", "year", date(2026, 1, 1), date(2026, 12, 31)),
        ("2025-26", "financial_year", date(2025, 4, 1), date(2026, 3, 31)),
        ("2011-12", "month", date(2011, 12, 1), date(2011, 12, 31)),
        ("2011-12", "financial_year", date(2011, 4, 1), date(2012, 3, 31)),
        ("1999-00", "financial_year", date(1999, 4, 1), date(2000, 3, 31)),
    ],
)
def test_a_name_is_read_as_the_measure_reads_it(text: str, kind: str, start: date, end: date) -> None:
    period = periods.parse(text, kind)
    assert (period.start, period.end, period.name) == (start, end, text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2026-13", "month"),
        ("2026-02-31", "day"),
        ("2027-W53", "week"),
        ("2026-Q5", "quarter"),
        ("2025-27", "financial_year"),
        ("1947-01", "month"),
        ("٢٠٢٦-03", "month"),
        ("March", "month"),
        ("", "month"),
        ("2026-03 ", "month"),
        ("2026-3", "month"),
        ("9998-12", "month"),
        ("9998", "year"),
        ("9998-99", "financial_year"),
    ],
)
def test_what_is_no_period_is_refused(text: str, kind: str) -> None:
    with pytest.raises(periods.InvalidPeriodError, match="Write it like"):
        periods.parse(text, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_period_of_a_kind_has_one_that_follows_it(kind: str) -> None:
    last = periods.containing(date(periods.LATEST, 12, 31), kind)
    assert last.following().preceding() == last
    for day in (date.min, date.max):
        with pytest.raises(periods.InvalidPeriodError):
            periods.containing(day, kind)


def test_a_period_of_another_kind_says_so() -> None:
    with pytest.raises(periods.WrongPeriodTypeError, match="not a month"):
        periods.parse("2026-Q1", "month")


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)), st.sampled_from(KINDS))
def test_every_day_is_in_exactly_one_period_that_reads_back(day: date, kind: str) -> None:
    period = periods.containing(day, kind)
    assert period.start <= day <= period.end
    assert periods.parse(period.name, kind) == period
    assert period.following().preceding() == period
    assert (period.following().start - period.end).days == 1


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("2026-10", "month", "October 2026"),
        ("2026-W10", "week", "Week 10 of 2026"),
        ("2025-26", "financial_year", "April 2025 to March 2026"),
        ("2026-Q1", "quarter", "January to March 2026"),
        ("2026-03-05", "day", "5 March 2026"),
        ("2026", "year", "2026"),
    ],
)
def test_people_read_words(text: str, kind: str, words: str) -> None:
    assert periods.parse(text, kind).words == words
