"""iCalendar read within bounds: what repeats, what is left out, and what must never be executed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from partners.formats import calendars
from partners.formats.calendars import Written, read_calendar, write_calendar
from partners.formats.rotas import UnreadableRotaError

START = datetime(2026, 10, 1, tzinfo=UTC)
END = START + timedelta(days=56)
LONDON = ZoneInfo("Europe/London")


def calendar(*events: str, zones: str = "") -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{zones}{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def event(rule: str = "", *, start: str = "20261024T200000", end: str = "20261025T080000", more: str = "") -> str:
    lines = ["UID:a", "SUMMARY:Ana", f"DTSTART;TZID=Europe/London:{start}", f"DTEND;TZID=Europe/London:{end}"]
    lines += [f"RRULE:{rule}"] if rule else []
    return "\n".join([*lines, more] if more else lines)


def starts(*events: str) -> list[datetime]:
    entries, findings = read_calendar(calendar(*events), start=START, end=END)
    assert findings == []
    return sorted(entry.starts_at for entry in entries)


def findings(*events: str) -> list[str]:
    return [finding.said for finding in read_calendar(calendar(*events), start=START, end=END)[1]]


RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 9)),
    st.builds("FREQ=DAILY;BYDAY={}".format, st.sampled_from(["MO,TU", "SA,SU", "WE"])),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={};BYDAY={};WKST={}".format,
        st.integers(1, 4),
        st.sampled_from(["MO", "MO,WE,FR", "SA,SU", "TH,SU"]),
        st.sampled_from(["MO", "SU"]),
    ),
    st.builds("FREQ=MONTHLY;BYMONTHDAY={}".format, st.sampled_from(["1", "15,31", "29"])),
    st.builds("FREQ=MONTHLY;INTERVAL={}".format, st.integers(1, 3)),
    st.builds("FREQ=WEEKLY;BYMONTH={}".format, st.sampled_from(["10", "11,12"])),
)


@given(
    rule=RULES,
    day=st.integers(0, 400),
    limit=st.one_of(st.just(""), st.builds(";COUNT={}".format, st.integers(1, 40)), st.just(";UNTIL=20261110T200000Z")),
)
def test_repetition_is_what_an_independent_reader_makes_of_it(rule: str, day: int, limit: str) -> None:
    first = datetime(2025, 11, 1, 20, tzinfo=LONDON) + timedelta(days=day)
    text = f"{rule}{limit}"
    until = first + timedelta(hours=8)
    found = starts(event(text, start=f"{first:%Y%m%dT%H%M%S}", end=f"{until:%Y%m%dT%H%M%S}"))
    independent = rrulestr(text, dtstart=first)
    expected = [
        at.astimezone(UTC)
        for at in independent.between(START - timedelta(days=1), END, inc=True)
        if at.astimezone(UTC) < END and (at + timedelta(hours=8)).astimezone(UTC) > START
    ]
    assert found == expected


def test_a_repeated_night_keeps_its_wall_times_over_the_clock_change() -> None:
    entries, _ = read_calendar(
        calendar(event("FREQ=DAILY;COUNT=3", start="20261023T200000", end="20261024T080000")), start=START, end=END
    )
    assert [entry.ends_at - entry.starts_at for entry in entries] == [timedelta(hours=each) for each in (12, 13, 12)]


def test_exceptions_moves_and_additions_are_followed() -> None:
    series = event(
        "FREQ=DAILY;COUNT=4",
        more="EXDATE;TZID=Europe/London:20261025T200000\nRDATE;TZID=Europe/London:20261101T200000",
    )
    stands_for = "RECURRENCE-ID;TZID=Europe/London:20261026T200000"
    moved = event(start="20261026T210000", end="20261027T080000", more=stands_for)
    off = event(more="RECURRENCE-ID;TZID=Europe/London:20261027T200000\nSTATUS:CANCELLED")
    assert starts(series, moved, off) == [
        datetime(2026, 10, 24, 19, tzinfo=UTC),
        datetime(2026, 10, 26, 21, tzinfo=UTC),
        datetime(2026, 11, 1, 20, tzinfo=UTC),
    ]


def test_the_attendee_names_the_person_before_the_title() -> None:
    entries, _ = read_calendar(calendar(event(more="ATTENDEE;CN=Ana:mailto:Ana@Example.org")), start=START, end=END)
    assert [entry.person for entry in entries] == ["ana@example.org"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (event("FREQ=SECONDLY"), "repeats by a rule that is not read here"),
        (event("FREQ=YEARLY;BYWEEKNO=20"), "repeats by a rule that is not read here"),
        (event("FREQ=MONTHLY;BYDAY=2TU"), "repeats by a rule that is not read here"),
        ("UID:a\nSUMMARY:Ana\nDTSTART;VALUE=DATE:20261024\nDTEND;VALUE=DATE:20261025", "lasts all day"),
        ("UID:a\nSUMMARY:Ana\nDTSTART:20261024T200000Z", "has no end"),
        ("SUMMARY:Ana\nDTSTART:20261024T200000Z\nDTEND:20261025T060000Z", "has no identifier"),
        (event().replace("Europe/London", "Mars/Olympus"), "time zone 'Mars/Olympus' is not known"),
        (event(start="99991024T200000", end="99991025T080000"), "The year 9999 cannot be meant"),
        (event(more="RECURRENCE-ID;TZID=Asia/Tokyo:00010101T000000"), "The event could not be read"),
        (event(more="EXDATE;TZID=Asia/Tokyo:00010101T000000\nRRULE:FREQ=DAILY"), "The event could not be read"),
    ],
)
def test_an_event_that_cannot_be_a_shift_is_said(wrong: str, said: str) -> None:
    assert any(said in each for each in findings(wrong)), findings(wrong)


def test_a_repetition_without_end_costs_only_the_weeks_asked_for() -> None:
    assert len(starts(event("FREQ=DAILY", start="20010101T200000", end="20010102T080000"))) == 57


COUNTED = event("FREQ=DAILY;COUNT=999999999", start="20000101T000000", end="20000101T010000")


@pytest.mark.parametrize(
    "bomb",
    [
        calendar(*(COUNTED.replace("UID:a", f"UID:{each}") for each in range(30))),
        calendar(*["UID:a\nSUMMARY:x\nDTSTART:20261024T200000Z\nDTEND:20261025T060000Z"] * 2_001),
        calendar(*[event("FREQ=DAILY").replace("UID:a", f"UID:{each}") for each in range(100)]),
        b"BEGIN:VCALENDAR\n" + b"X" * calendars.LARGEST,
        b"BEGIN:VCALENDAR\n" * 20_000,
        calendar(event(), zones="BEGIN:VTIMEZONE\n" * 40_000),
        calendar(event())[:-20],
        b"no calendar",
        b"\xff\xfe",
        b"BEGIN:VCALENDAR\0",
    ],
    ids=["counts", "events", "shifts", "large", "nested", "zones", "half", "other", "binary", "null"],
)
def test_what_would_cost_too_much_is_refused(bomb: bytes) -> None:
    with pytest.raises(UnreadableRotaError):
        read_calendar(bomb, start=START, end=END)


@pytest.mark.parametrize(
    "begin", ["BEGIN:VTIMEZ\n ONE", "BEGIN:VTIMEZ\n\n ONE", "begin:vtimezone ", "BEGIN;X=Y:VTIMEZONE"]
)
def test_time_zones_defined_inside_a_calendar_are_never_executed(begin: str) -> None:
    zone = f"{begin}\nTZID:Europe/London\nBEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=SECONDLY\n"
    zone += "TZOFFSETFROM:+0000\nTZOFFSETTO:+0500\nEND:STANDARD\nEND:VTIMEZONE\n"
    entries, _ = read_calendar(calendar(event(), zones=zone), start=START, end=END)
    assert [entry.starts_at for entry in entries] == [datetime(2026, 10, 24, 19, tzinfo=UTC)]


@given(
    body=st.binary(max_size=300).map(
        lambda text: b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + text + b"\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )
)
def test_whatever_is_inside_it_is_read_or_refused(body: bytes) -> None:
    try:
        read_calendar(body, start=START, end=END)
    except UnreadableRotaError as error:
        assert str(error).endswith(".")  # noqa: PT017  (any other error fails the test)


def test_what_is_written_can_be_read() -> None:
    begins = START + timedelta(days=1)
    shift = Written("shift-1@rota", "Night nurse: Ana", "Riverside", begins, begins + timedelta(hours=12), 0)
    entries, _ = read_calendar(write_calendar([shift], title="Rota", at=START), start=START, end=END)
    assert [(each.starts_at, each.ends_at) for each in entries] == [(shift.starts_at, shift.ends_at)]
