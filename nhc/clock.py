"""The clock, read once at the edge and passed in as `at`. Storage is UTC; people read Europe/London."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

LONDON = ZoneInfo("Europe/London")

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """Return this instant, in UTC; within a request the instant at which it came, however often it is asked."""
    return _moment.get() or _read()


@contextmanager
def one_moment() -> Iterator[datetime]:
    """Hold the clock for whoever reads it inside: all parts of an answer speak of the same instant."""
    token = _moment.set(_read())
    try:
        yield now()
    finally:
        _moment.reset(token)


def london_date(at: datetime) -> date:
    """Return the calendar date in Europe/London at an instant: figures and periods follow it."""
    return at.astimezone(LONDON).date()


def last_date(ends_at: datetime) -> date:
    """Return the last day in Europe/London before an instant at which something ends: at midnight, the day before."""
    return london_date(ends_at - timedelta.resolution)


def today() -> date:
    """Return today's date in Europe/London."""
    return london_date(now())


def _read() -> datetime:
    return timezone.now().astimezone(UTC)
