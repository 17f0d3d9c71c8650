"""Periods by name. Plain Python: the measure's period type decides how a name is read.

`2026-03` month, `2026-03-05` day, `2026-W10` ISO week, `2026-Q1` calendar quarter, `2025-26-Q4` financial quarter
(April
to March), `2026` calendar year, `2025-26` financial year. `2011-12` is a month for a monthly measure and a financial
year for a yearly one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

DAY = "day"
WEEK = "week"
MONTH = "month"
QUARTER = "quarter"
FINANCIAL_QUARTER = "financial_quarter"
YEAR = "year"
FINANCIAL_YEAR = "financial_year"

EARLIEST = 1948
"""The first year of the National Health Service: figures from before it are a slip of the finger."""

LATEST = 9997
"""The last year of which every period has one that follows it: calendars of programs end with 9999."""

_SHAPES = {
    DAY: re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII),
    WEEK: re.compile(r"(\d{4})-W(\d{2})", re.ASCII),
    MONTH: re.compile(r"(\d{4})-(\d{2})", re.ASCII),
    QUARTER: re.compile(r"(\d{4})-Q([1-4])", re.ASCII),
    FINANCIAL_QUARTER: re.compile(r"(\d{4})-(\d{2})-Q([1-4])", re.ASCII),
    YEAR: re.compile(r"(\d{4})", re.ASCII),
    FINANCIAL_YEAR: re.compile(r"(\d{4})-(\d{2})", re.ASCII),
}

EXAMPLES = {
    DAY: "2026-03-05",
    WEEK: "2026-W10",
    MONTH: "2026-03",
    QUARTER: "2026-Q1",
    FINANCIAL_QUARTER: "2025-26-Q4",
    YEAR: "2026",
    FINANCIAL_YEAR: "2025-26",
}

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


class InvalidPeriodError(ValueError):
    """The text names no period of any kind."""


class WrongPeriodTypeError(ValueError):
    """The text names a period, but of another kind than the measure's."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from `start` to `end`, both included. `name` is how the contract writes it."""

    start: date
    end: date
    kind: str
    name: str

    @property
    def words(self) -> str:
        """Return what people call it: October 2026, Week 10 of 2026, April 2025 to March 2026."""
        match self.kind:
            case "day":
                return f"{self.start.day} {_MONTHS[self.start.month - 1]} {self.start.year}"
            case "week":
                year, week, _ = self.start.isocalendar()
                return f"Week {week} of {year}"
            case "month":
                return f"{_MONTHS[self.start.month - 1]} {self.start.year}"
            case "year":
                return str(self.start.year)
        first, last = _MONTHS[self.start.month - 1], _MONTHS[self.end.month - 1]
        if self.start.year == self.end.year:
            return f"{first} to {last} {self.end.year}"
        return f"{first} {self.start.year} to {last} {self.end.year}"

    def following(self) -> "Period":
        """Return the next period of the same kind."""
        return containing(self.end + timedelta(days=1), self.kind)

    def preceding(self) -> "Period":
        """Return the period of the same kind before this one."""
        return containing(self.start - timedelta(days=1), self.kind)


@lru_cache(maxsize=8192)
def parse(text: str, kind: str) -> Period:
    """Read a period's name as the given kind.

    Raises WrongPeriodTypeError where the text is a period of another kind, InvalidPeriodError where it is none.
    """
    period = _read(text, kind)
    if period is not None:
        return period
    if any(_read(text, other) is not None for other in _SHAPES if other != kind):
        raise WrongPeriodTypeError(f"'{text}' is not a {kind.replace('_', ' ')}. Write it like {EXAMPLES[kind]}.")
    raise InvalidPeriodError(f"'{text[:40]}' is not a period. Write it like {EXAMPLES[kind]}.")


def _read(text: str, kind: str) -> Period | None:
    match = _SHAPES[kind].fullmatch(text)
    if match is None:
        return None
    numbers = [int(group) for group in match.groups()]
    if not EARLIEST <= numbers[0] <= LATEST:
        return None
    try:
        start = _first_day(kind, numbers)
    except ValueError:
        return None
    return None if start is None else containing(start, kind)


def _first_day(kind: str, numbers: list[int]) -> date | None:
    year = numbers[0]
    match kind:
        case "day":
            return date(year, numbers[1], numbers[2])
        case "week":
            return date.fromisocalendar(year, numbers[1], 1)
        case "month":
            return date(year, numbers[1], 1)
        case "quarter":
            return date(year, 3 * numbers[1] - 2, 1)
        case "year":
            return date(year, 1, 1)
    if numbers[1] != (year + 1) % 100:
        return None
    if kind == FINANCIAL_YEAR:
        return date(year, 4, 1)
    return date(year, 1 + 3 * numbers[2], 1) if numbers[2] < 4 else date(year + 1, 1, 1)


def containing(day: date, kind: str) -> Period:
    """Return the period of a kind that a day falls in.

    Raises InvalidPeriodError for days too near the ends of the calendar: the year 1, and more than a year after LATEST.
    """
    if not date.min.year < day.year <= LATEST + 1:
        raise InvalidPeriodError(f"{day.isoformat()} is in no period. Write it like {EXAMPLES[kind]}.")
    match kind:
        case "day":
            return Period(day, day, kind, day.isoformat())
        case "week":
            start = day - timedelta(days=day.weekday())
            year, week, _ = start.isocalendar()
            return Period(start, start + timedelta(days=6), kind, f"{year:04}-W{week:02}")
        case "month":
            return _months(date(day.year, day.month, 1), 1, kind, f"{day.year:04}-{day.month:02}")
        case "quarter":
            quarter = (day.month + 2) // 3
            return _months(date(day.year, 3 * quarter - 2, 1), 3, kind, f"{day.year:04}-Q{quarter}")
        case "year":
            return _months(date(day.year, 1, 1), 12, kind, f"{day.year:04}")
    first = day.year if day.month >= 4 else day.year - 1
    financial = f"{first:04}-{(first + 1) % 100:02}"
    if kind == FINANCIAL_YEAR:
        return _months(date(first, 4, 1), 12, kind, financial)
    quarter = (day.month - 4) % 12 // 3 + 1
    return _months(date(day.year, 3 * ((day.month - 1) // 3) + 1, 1), 3, kind, f"{financial}-Q{quarter}")


def _months(start: date, count: int, kind: str, name: str) -> Period:
    month = start.month - 1 + count
    following = date(start.year + month // 12, month % 12 + 1, 1)
    return Period(start, following - timedelta(days=1), kind, name)


def between(first: date, last: date, kind: str) -> Iterator[Period]:
    """Yield every period from the one that holds `first` to the one that holds `last`."""
    period = containing(first, kind)
    while period.start <= last:
        yield period
        period = period.following()
