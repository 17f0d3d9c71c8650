"""How dates, times, numbers and sizes are written."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from nhc import formats

# 00:30 on 6 August in London: still the day before in UTC.
SUMMER_NIGHT = datetime(2018, 8, 5, 23, 30, tzinfo=UTC)
WINTER_EVENING = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def test_dates_are_written_in_words_and_read_in_london() -> None:
    assert formats.full_date(date(2018, 8, 6)) == "6 August 2018"
    assert formats.full_date(SUMMER_NIGHT) == "6 August 2018"
    assert formats.month_and_year(date(2018, 8, 1)) == "August 2018"


def test_times_are_on_the_24_hour_clock_of_london() -> None:
    assert formats.day_and_time(WINTER_EVENING) == "Sun 22 Nov, 20:00"
    assert formats.day_and_time(SUMMER_NIGHT) == "Mon 6 Aug, 00:30"
    assert formats.date_and_time(SUMMER_NIGHT) == "6 August 2018, 00:30"


@pytest.mark.parametrize(
    ("ends_at", "written"),
    [
        (datetime(2026, 11, 1, tzinfo=UTC), "31 October 2026"),
        (datetime(2026, 10, 25, 23, tzinfo=UTC), "25 October 2026, 23:00"),
        (datetime(2026, 6, 30, 23, tzinfo=UTC), "30 June 2026"),
        (WINTER_EVENING, "22 November 2026, 20:00"),
    ],
)
def test_a_deadline_at_midnight_is_the_day_before(ends_at: datetime, written: str) -> None:
    assert formats.deadline(ends_at) == written
    assert written.startswith(formats.last_full_date(ends_at))


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (999, "999"), (1234567, "1,234,567"), (2.5, "3"), (Decimal("-0.4"), "0"), (-1234.5, "-1,235")],
)
def test_whole_numbers_have_commas_and_round_halves_away_from_nought(value: formats.Number, written: str) -> None:
    assert formats.whole_number(value) == written


@pytest.mark.parametrize(
    ("value", "written"), [(9012, "9,012"), (Decimal("12.50"), "12.5"), (1000000, "1,000,000"), (0.1, "0.1")]
)
def test_a_figure_keeps_the_decimals_it_was_sent_with(value: formats.Number, written: str) -> None:
    assert formats.figure(value) == written


@pytest.mark.parametrize(("value", "written"), [(87.5, "87.5%"), (100, "100.0%"), (1234.56, "1,234.6%")])
def test_percentages_are_given_in_per_cent(value: formats.Number, written: str) -> None:
    assert formats.percent(value) == written


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1 KB"),
        (1_440, "1.4 KB"),
        (20_000_000, "20 MB"),
        (7_000_000_000_000, "7000 GB"),
    ],
)
def test_sizes_go_up_a_thousand_to_a_step(count: int, written: str) -> None:
    assert formats.file_size(count) == written


def test_what_is_missing_is_written_as_nothing() -> None:
    assert {formats.full_date(None), formats.day_and_time(None), formats.whole_number(None), formats.percent(None)} == {
        ""
    }


def test_things_are_counted_in_words() -> None:
    assert formats.counted(1, "return") == "1 return"
    assert formats.counted(1204, "return") == "1,204 returns"
    assert formats.counted(0, "body", "bodies") == "0 bodies"
