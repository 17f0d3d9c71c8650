"""The clock, read once at the edge and passed in as `at`. Storage is UTC; people read Europe/London."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """Return this instant, in UTC."""
    return timezone.now().astimezone(UTC)


def london_date(at: datetime) -> date:
    """Return the calendar date in Europe/London at an instant: figures and periods follow it."""
    return at.astimezone(LONDON).date()


def today() -> date:
    """Return today's date in Europe/London."""
    return london_date(now())
