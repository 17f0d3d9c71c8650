"""Hours of people's clocks against a clock that is read every minute."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from partners.hours import (
    LONDON,
    Hours,
    NoSuchTimeError,
    TwoSuchTimesError,
    instant_of,
    operational_date,
    required,
    without,
)
from tests.partners.rotas import london

STARTS = [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]
MINUTES = 3 * 24 * 60
quarters = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))


def wanted_each_minute(hours: Hours, start: datetime) -> list[bool]:
    """Read the wall clock every minute: cover begins when it first reaches the start and ends when it last shows the
    end, or else first is past it."""
    minutes = [start + timedelta(minutes=each) for each in range(-2 * 24 * 60, MINUTES + 2 * 24 * 60)]
    walls = [each.astimezone(LONDON).replace(tzinfo=None) for each in minutes]
    wanted: set[int] = set()
    for day in {wall.date() for wall in walls}:
        if day.weekday() != hours.weekday:
            continue
        begins = datetime.combine(day, hours.starts)
        ends = datetime.combine(day, hours.ends) + timedelta(days=int(hours.ends <= hours.starts))
        reached = [place for place, wall in enumerate(walls) if wall >= begins]
        shown = [place for place, wall in enumerate(walls) if wall == ends]
        past = [place for place, wall in enumerate(walls) if wall > ends]
        if reached and (shown or past):
            wanted.update(range(reached[0], shown[-1] if shown else past[0]))
    return [place in wanted for place in range(2 * 24 * 60, 2 * 24 * 60 + MINUTES)]


@example(start=STARTS[1], weekday=5, starts=time(1), ends=time(1))
@given(start=st.sampled_from(STARTS), weekday=st.integers(0, 6), starts=quarters, ends=quarters)
def test_hours_that_are_wanted_are_what_a_clock_read_every_minute_shows(
    start: datetime, weekday: int, starts: time, ends: time
) -> None:
    hours = Hours(weekday, starts, ends)
    found = [False] * MINUTES
    for begins, stops in required([hours], start, start + timedelta(minutes=MINUTES)):
        first, last = ((each - start) // timedelta(minutes=1) for each in (begins, stops))
        found[first:last] = [True] * (last - first)
    assert found == wanted_each_minute(hours, start)


numbers = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)), max_size=6)


@given(wanted=numbers, had=numbers)
def test_what_is_left_is_wanted_and_not_had(wanted: list[tuple[int, int]], had: list[tuple[int, int]]) -> None:
    def stretches(pairs: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
        return [(STARTS[0] + timedelta(hours=at), STARTS[0] + timedelta(hours=at + long)) for at, long in pairs]

    left = without(stretches(wanted), stretches(had))
    hour = timedelta(hours=1)
    found = {each for start, end in left for each in range((start - STARTS[0]) // hour, (end - STARTS[0]) // hour)}
    expected = {hour for at, long in wanted for hour in range(at, at + long)} - {
        hour for at, long in had for hour in range(at, at + long)
    }
    assert found == expected
    assert all(one[1] < other[0] for one, other in pairwise(left))


@pytest.mark.parametrize(
    ("night", "hours"),
    [((2026, 3, 28), 11), ((2026, 10, 24), 13), ((2027, 3, 27), 11), ((2027, 10, 30), 13), ((2026, 12, 31), 12)],
)
def test_a_night_has_its_elapsed_hours(night: tuple[int, int, int], hours: int) -> None:
    start = london(*night, 12)
    (found,) = required([Hours(start.weekday(), time(20), time(8))], start, start + timedelta(days=1))
    assert found[1] - found[0] == timedelta(hours=hours)


def test_a_time_that_never_happens_and_one_that_happens_twice_are_not_guessed() -> None:
    with pytest.raises(NoSuchTimeError):
        instant_of(datetime(2026, 3, 29, 1, 30))  # noqa: DTZ001  (a wall time)
    twice = datetime(2026, 10, 25, 1, 30)  # noqa: DTZ001  (a wall time)
    with pytest.raises(TwoSuchTimesError):
        instant_of(twice)
    assert instant_of(twice, later=True) - instant_of(twice, later=False) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (london(2026, 10, 25, 6, 59), "2026-10-24"),
        (london(2026, 10, 25, 7), "2026-10-25"),
        (london(2026, 10, 25, 1, 30, fold=1), "2026-10-24"),
        (london(2026, 3, 29, 6, 59), "2026-03-28"),
        (london(2026, 3, 29, 7), "2026-03-29"),
        (london(2027, 1, 1, 3), "2026-12-31"),
    ],
)
def test_the_operational_day_begins_at_its_hour_on_the_wall(at: datetime, day: str) -> None:
    assert operational_date(at, time(7)).isoformat() == day
