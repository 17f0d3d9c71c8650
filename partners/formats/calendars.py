"""iCalendar (RFC 5545) in and out. What a calendar may make us do is bounded, whatever it says.

Repetition is read by days: daily, weekly and monthly rules, as rotas use them. Finer or rarer rules are told and left
out. A repeated shift starts and ends at the same wall times, so that a night of 20:00 to 08:00 stays one on the nights
when clocks change. Time zones are those of the IANA database: definitions inside the file are never executed.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import cast

from icalendar import Calendar, Event
from icalendar.prop import vCalAddress, vDDDLists, vDDDTypes, vRecur, vText

from partners import hours
from partners.formats.rotas import Entry, Finding, UnreadableRotaError

LARGEST = 1_000_000
"""Bytes of a calendar."""
MOST_EVENTS = 2_000
MOST_SHIFTS = 2_000
MOST_DAYS = 100_000
"""Days that all repeated events of one calendar together may make us look at."""

_FOLD = re.compile(r"(?<!\n)\n+[ \t]")
_ZONE_MARK = re.compile(r"(BEGIN|END)\s*(;.*)?:\s*VTIMEZONE\s*", re.I)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UNDERSTOOD = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "WKST"}
_LONGEST_NAME = 380


class _LeftOutError(ValueError):
    """An event that cannot be a shift, with a sentence."""


@dataclass(slots=True)
class _Allowance:
    """What is left of the days that repeated events may make us look at."""

    days: int = MOST_DAYS

    def spend(self) -> None:
        self.days -= 1
        if self.days < 0:
            raise UnreadableRotaError("The calendar repeats events for longer than can be read. Shorten it.")


@dataclass(frozen=True, slots=True)
class _Rule:
    """A repetition, by days."""

    every: str
    interval: int
    count: int | None
    until: datetime | date | None
    weekdays: frozenset[int]
    months: frozenset[int]
    month_days: frozenset[int]
    week_starts: int

    def falls_on(self, day: date, first: date) -> bool:
        """Whether a day belongs to the repetition that began on another."""
        if self.months and day.month not in self.months:
            return False
        if self.every == "DAILY":
            fits = (day - first).days % self.interval == 0
            return fits and self._on_weekday(day) and (not self.month_days or day.day in self.month_days)
        if self.every == "WEEKLY":
            weeks = (self._week(day) - self._week(first)).days // 7
            return weeks % self.interval == 0 and day.weekday() in (self.weekdays or {first.weekday()})
        months = (day.year - first.year) * 12 + day.month - first.month
        fits = months % self.interval == 0 and self._on_weekday(day)
        return fits and (bool(self.weekdays and not self.month_days) or day.day in (self.month_days or {first.day}))

    def _on_weekday(self, day: date) -> bool:
        return not self.weekdays or day.weekday() in self.weekdays

    def _week(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - self.week_starts) % 7)


@dataclass(frozen=True, slots=True)
class _Times:
    """When an event starts and ends, as its calendar writes it."""

    starts: datetime
    ends: datetime

    @property
    def zone(self) -> tzinfo:
        return self.starts.tzinfo or hours.LONDON

    def on(self, day: date) -> "_Times":
        """Return the same wall times on another day."""
        moved = day - self.starts.date()
        return _Times(self.starts + moved, self.ends + moved)


@dataclass(slots=True)
class _Reading:
    """A calendar being read: between which instants, and what was found so far."""

    start: datetime
    end: datetime
    allowance: _Allowance = field(default_factory=_Allowance)
    entries: list[Entry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def take(self, event: Event, times: _Times, reference: str) -> None:
        """Keep an occurrence that has an instant in common with the time asked for."""
        starts_at, ends_at = _instant(times.starts), _instant(times.ends)
        if ends_at <= self.start or starts_at >= self.end:
            return
        if len(self.entries) >= MOST_SHIFTS:
            raise UnreadableRotaError("The calendar holds more than 2,000 shifts in the weeks ahead. Split it.")
        self.entries.append(Entry(_place(event), "", "", _person(event), starts_at, ends_at, _named(reference)))


def read_calendar(body: bytes, *, start: datetime, end: datetime) -> tuple[list[Entry], list[Finding]]:
    """Return the shifts that a calendar asks for between two instants, and which events cannot be read and why.

    A shift's person is its first attendee's address, or else the event's title. Raises UnreadableRotaError.
    """
    reading = _Reading(start, end)
    by_name: dict[str, list[Event]] = {}
    for event in _events(body):
        by_name.setdefault(str(event.get("UID", "")), []).append(event)
    for name, events in by_name.items():
        # An event with RECURRENCE-ID stands in the place of one occurrence of the others with its name.
        moved: set[datetime] = set()
        for event in events:
            # One that cannot be read stands for no occurrence, and is told below.
            with suppress(ValueError, OverflowError):
                moved.update(filter(None, [_stands_for(event)]))
        for event in events:
            try:
                _read_event(reading, event, name, moved)
            except _LeftOutError as error:
                reading.findings.append(Finding(_place(event), str(error)))
            except (ValueError, TypeError, OverflowError, AttributeError, KeyError) as error:
                if isinstance(error, UnreadableRotaError):
                    raise
                reading.findings.append(Finding(_place(event), "The event could not be read. Enter it anew."))
    return reading.entries, reading.findings


def _events(body: bytes) -> list[Event]:
    if len(body) > LARGEST:
        raise UnreadableRotaError("The calendar must be smaller than 1MB. Split it.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableRotaError("The calendar is not text. Export it as iCalendar again.") from error
    # Long lines are folded: unfold first, so that nothing hides from what is looked for here.
    text = _FOLD.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if "\0" in text or "BEGIN:VCALENDAR" not in text.upper():
        raise UnreadableRotaError("The file is no calendar. Export it as iCalendar (.ics) again.")
    # What is missing from a calendar is taken off the rota, so half a calendar must not pass for a whole one.
    if not text.rstrip().upper().endswith("END:VCALENDAR"):
        raise UnreadableRotaError("The calendar stops in the middle. Export it as iCalendar (.ics) again.")
    if text.upper().count("BEGIN:VEVENT") > MOST_EVENTS:
        raise UnreadableRotaError("The calendar must hold 2,000 events or fewer. Split it.")
    try:
        calendars = Calendar.from_ical(_without_zones(text), multiple=True)
        return [cast("Event", event) for each in calendars for event in each.walk("VEVENT")]
    except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise UnreadableRotaError("The calendar could not be read. Export it as iCalendar (.ics) again.") from error


def _without_zones(text: str) -> str:
    """Return a calendar without the time zones it defines, in one pass over its lines. Raises ValueError."""
    kept: list[str] = []
    inside = False
    for line in text.split("\n"):
        mark = _ZONE_MARK.fullmatch(line)
        if mark is None and not inside:
            kept.append(line)
        elif mark is not None:
            inside = mark[1].upper() == "BEGIN"
    if inside:
        raise ValueError("A time zone does not end.")
    return "\n".join(kept)


def _read_event(reading: _Reading, event: Event, name: str, moved: set[datetime]) -> None:
    if not name:
        raise _LeftOutError("The event has no identifier (UID).")
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    stands_for = _stands_for(event)
    if cancelled:
        return
    times = _times(event)
    if stands_for is not None:
        reading.take(event, times, f"{name}/{stands_for:%Y%m%dT%H%M%SZ}")
        return
    if "RRULE" not in event and "RDATE" not in event:
        reading.take(event, times, name)
        return
    left_out = set(_instants(event, "EXDATE")) | moved
    for each in _occurrences(reading, event, times):
        instant = _instant(each.starts)
        if instant not in left_out:
            reading.take(event, each, f"{name}/{instant:%Y%m%dT%H%M%SZ}")


def _occurrences(reading: _Reading, event: Event, times: _Times) -> Iterator[_Times]:
    seen: set[datetime] = set()
    rule = _rule(event)
    for each in [times] if rule is None else _repeated(reading, rule, times):
        seen.add(_instant(each.starts))
        yield each
    lasting = times.ends - times.starts
    for starts in _instants(event, "RDATE"):
        if starts not in seen:
            seen.add(starts)
            local = starts.astimezone(times.zone)
            yield _Times(local, local + lasting)


def _repeated(reading: _Reading, rule: _Rule, times: _Times) -> Iterator[_Times]:
    first = day = times.starts.date()
    if rule.count is None:
        day = max(first, (reading.start - timedelta(days=2)).date())
    count = 0
    while day <= reading.end.date() + timedelta(days=1):
        reading.allowance.spend()
        if rule.falls_on(day, first):
            each = times.on(day)
            count += 1
            if _after(each.starts, rule.until) or (rule.count is not None and count > rule.count):
                return
            yield each
        day += timedelta(days=1)


def _after(starts: datetime, until: datetime | date | None) -> bool:
    if until is None:
        return False
    if isinstance(until, datetime):
        # A floating UNTIL is read in the event's own zone.
        return starts > (until if until.tzinfo else until.replace(tzinfo=starts.tzinfo))
    return starts.date() > until


def _rule(event: Event) -> _Rule | None:
    given = event.get("RRULE")
    if given is None:
        return None
    if not isinstance(given, vRecur) or "EXRULE" in event:
        raise _LeftOutError("The event repeats by several rules. Use one rule, or enter single events.")
    parts = {str(name).upper(): list(values) for name, values in given.items()}
    every = str(parts.get("FREQ", [""])[0]).upper()
    days = [str(day).upper() for day in parts.get("BYDAY", [])]
    month_days = [int(day) for day in parts.get("BYMONTHDAY", [])]
    readable = every in {"DAILY", "WEEKLY", "MONTHLY"} and parts.keys() <= _UNDERSTOOD
    if not readable or any(day not in _WEEKDAYS for day in days) or any(day < 1 for day in month_days):
        raise _LeftOutError("The event repeats by a rule that is not read here. Use daily, weekly or monthly dates.")
    if every == "WEEKLY" and month_days:
        raise _LeftOutError("The event repeats weekly on days of the month. Use one or the other.")
    until = parts.get("UNTIL", [None])[0]
    return _Rule(
        every=every,
        interval=max(int(parts.get("INTERVAL", [1])[0]), 1),
        count=int(parts["COUNT"][0]) if "COUNT" in parts else None,
        until=until if isinstance(until, date) else None,
        weekdays=frozenset(_WEEKDAYS.index(day) for day in days),
        months=frozenset(int(month) for month in parts.get("BYMONTH", [])),
        month_days=frozenset(month_days),
        week_starts=_WEEKDAYS.index(str(parts.get("WKST", ["MO"])[0]).upper()),
    )


def _times(event: Event) -> _Times:
    starts = _moment(event, "DTSTART")
    if "DTEND" in event:
        return _Times(starts, _moment(event, "DTEND").astimezone(starts.tzinfo))
    lasting = event.get("DURATION")
    if lasting is None:
        raise _LeftOutError("The event has no end. Enter when the shift ends.")
    return _Times(starts, (starts.astimezone(UTC) + lasting.dt).astimezone(starts.tzinfo))


def _moment(event: Event, name: str) -> datetime:
    given = event.get(name)
    if given is None:
        raise _LeftOutError("The event has no start. Enter when the shift starts.")
    if not isinstance(given, vDDDTypes) or not isinstance(given.dt, datetime):
        raise _LeftOutError("The event lasts all day. Enter when the shift starts and ends.")
    zone = str(given.params.get("TZID", ""))
    if given.dt.tzinfo is None and zone:
        raise _LeftOutError(f"The event's time zone '{zone[:60]}' is not known. Use Europe/London.")
    if not 2000 <= given.dt.year <= 2200:
        raise _LeftOutError(f"The year {given.dt.year} cannot be meant. Enter the event anew.")
    return given.dt if given.dt.tzinfo else given.dt.replace(tzinfo=hours.LONDON)


def _instants(event: Event, name: str) -> Iterator[datetime]:
    """Return the instants of EXDATE or RDATE, which may be there several times with several dates each."""
    given = event.get(name, [])
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, vDDDLists):
            yield from (_instant(moment.dt) for moment in each.dts if isinstance(moment.dt, datetime))


def _stands_for(event: Event) -> datetime | None:
    given = event.get("RECURRENCE-ID")
    return _instant(given.dt) if isinstance(given, vDDDTypes) and isinstance(given.dt, datetime) else None


def _instant(moment: datetime) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=hours.LONDON)).astimezone(UTC)


def _person(event: Event) -> str:
    attendees = event.get("ATTENDEE", [])
    for each in attendees if isinstance(attendees, list) else [attendees]:
        if isinstance(each, vCalAddress) and str(each).lower().startswith("mailto:"):
            return str(each)[len("mailto:") :].strip().lower()
    return str(event.get("SUMMARY", "")).strip()


def _place(event: Event) -> str:
    title = str(event.get("SUMMARY", "")).strip()[:60] or "An event without a title"
    starts = event.get("DTSTART")
    when = getattr(starts, "dt", None)
    return f"{title}, {when:%d %B %Y}" if isinstance(when, date) else title


def _named(reference: str) -> str:
    if len(reference) <= _LONGEST_NAME:
        return reference
    return f"sha256:{hashlib.sha256(reference.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Written:
    """A shift as it is written into a calendar."""

    name: str
    title: str
    where: str
    starts_at: datetime
    ends_at: datetime
    changed: int


def write_calendar(shifts: Iterable[Written], *, title: str, at: datetime) -> bytes:
    """Return shifts as a calendar that any programme reads; instants are in UTC."""
    calendar = Calendar()
    calendar.add("prodid", "-//Neighbourhood health centre//Rota//EN")
    calendar.add("version", "2.0")
    calendar["x-wr-calname"] = vText(title)
    for shift in shifts:
        event = Event()
        event.add("uid", shift.name)
        event.add("dtstamp", at)
        event.add("dtstart", shift.starts_at.astimezone(UTC))
        event.add("dtend", shift.ends_at.astimezone(UTC))
        event.add("summary", shift.title)
        event.add("location", shift.where)
        event.add("sequence", shift.changed)
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
