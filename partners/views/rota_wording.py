"""When shifts are, in words: the 24-hour clock, the day where it is another, and GMT or BST in the repeated hour."""

from datetime import date, datetime
from functools import lru_cache

from nhc.clock import LONDON
from nhc.formats import day_and_time
from partners.hours import happens
from partners.models import Shift


def clock_time(at: datetime) -> str:
    """Return "20:00"; "01:30 BST" or "01:30 GMT" in the hour that happens twice."""
    local = at.astimezone(LONDON)
    twice = len(happens(local.replace(tzinfo=None, fold=0))) > 1
    return f"{local:%H:%M} {local.tzname()}" if twice else f"{local:%H:%M}"


@lru_cache(maxsize=4096)  # a month has a thousand shifts, and perhaps a hundred times between which they are
def times(starts_at: datetime, ends_at: datetime, day: date | None = None) -> str:
    """Return "20:00 to 08:00", with the weekday of a start that is not on `day`."""
    local = starts_at.astimezone(LONDON)
    before = "" if day is None or local.date() == day else f"{local:%a} "
    return f"{before}{clock_time(starts_at)} to {clock_time(ends_at)}"


def until_words(ends_at: datetime, at: datetime) -> str:
    """Return "20:00" for today and "Sun 22 Nov, 08:00" for another day."""
    same = ends_at.astimezone(LONDON).date() == at.astimezone(LONDON).date()
    return clock_time(ends_at) if same else day_and_time(ends_at)


def shift_words(shift: Shift) -> str:
    """Return a shift in a line: "Night nurse, Sat 24 Oct, 20:00 to Sun 25 Oct, 08:00"."""
    return f"{shift.duty_role.name}, {day_and_time(shift.starts_at)} to {day_and_time(shift.ends_at)}"
