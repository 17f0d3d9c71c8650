"""Rooms: what they suit, who is in them, and never two bookings at once."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from huddles.models import SpaceBooking
from huddles.queries import spaces as queries
from huddles.services import spaces
from huddles.services.spaces import BookedError, Booking, Room, StaleSpaceError
from tests.huddles import circle, flow
from tests.huddles.circle import MAKER, NOW, SOON, Circle, by, supported

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_room_is_booked_for_a_team_and_somebody_else_finds_it_taken(around: Circle) -> None:
    garden = flow.room(around, quiet=True)
    made = spaces.book_space(booking=flow.wanted(around, garden, SOON, SOON + HOUR), by=by(around.ana), at=NOW)
    with pytest.raises(BookedError):
        spaces.book_space(
            booking=flow.wanted(around, garden, SOON + HOUR / 2, SOON + 2 * HOUR), by=by(around.cai), at=NOW
        )
    after = spaces.book_space(
        booking=flow.wanted(around, garden, SOON + HOUR, SOON + 2 * HOUR), by=by(around.cai), at=NOW
    )
    assert queries.bookings_between([garden], NOW, NOW + 9 * HOUR) == {garden.pk: [made, after]}


def test_a_form_gone_back_to_books_another_room_too(around: Circle) -> None:
    garden, quiet, key = flow.room(around), flow.room(around), UUID(int=7)
    made = [
        spaces.book_space(booking=flow.wanted(around, room, SOON, SOON + HOUR), form_key=key, by=by(around.ana), at=NOW)
        for room in (garden, quiet, quiet)
    ]
    assert [booking.space for booking in made] == [garden, quiet, quiet]
    assert SpaceBooking.objects.count() == 2


def test_who_is_in_a_room_and_who_is_next(around: Circle) -> None:
    garden, quiet, retired = flow.room(around), flow.room(around), flow.room(around)
    spaces.edit_space(space=retired, version=1, room=Room("Old", seats=4, active=False), by=MAKER, at=NOW)
    booked = [
        spaces.book_space(booking=flow.wanted(around, garden, start, start + HOUR), by=by(around.ana), at=NOW)
        for start in (NOW, NOW + 3 * HOUR, NOW + 5 * HOUR)
    ]
    found = {each.space.name: each for each in queries.spaces_now(around.centre, SOON - HOUR / 2)}
    assert [found[garden.name].now, found[garden.name].following] == booked[:2]
    assert [found[quiet.name].now, found[quiet.name].following] == [None, None]
    assert len(found) == 2


def test_rooms_now_take_two_queries_however_many(around: Circle, django_assert_num_queries: object) -> None:
    for _ in range(12):
        space = flow.room(around)
        spaces.book_space(booking=flow.wanted(around, space, NOW, SOON), by=by(around.ana), at=NOW)
    # The rooms; their bookings with team and episode.
    with django_assert_num_queries(2):  # type: ignore[operator]  # pytest-django's own
        found = queries.spaces_now(around.centre, NOW)
    assert all(each.now for each in found)


def test_a_room_says_whose_person_is_in_it(around: Circle) -> None:
    garden = flow.room(around)
    booking = Booking(garden, around.crisis, NOW, SOON, "quiet_time", episode=around.episode)
    spaces.book_space(booking=booking, by=by(around.ana), at=NOW)
    assert queries.in_use(around.centre, NOW) == {around.episode.pk: garden.name}
    assert queries.in_use(around.centre, SOON) == {}


@pytest.mark.parametrize(
    ("suits", "number"), [({}, 3), ({"quiet": True}, 2), ({"quiet": True, "accessible": True}, 1), ({"seats": 5}, 0)]
)
def test_rooms_that_suit(around: Circle, suits: dict[str, bool], number: int) -> None:
    rooms = [flow.room(around), flow.room(around, quiet=True), flow.room(around, quiet=True, accessible=True)]
    assert len(queries.suiting(rooms, **suits)) == number


def test_a_booking_ends_early_or_is_cancelled_and_lets_the_room_go(around: Circle) -> None:
    garden = flow.room(around)
    on = spaces.book_space(booking=flow.wanted(around, garden, NOW, SOON), by=by(around.ana), at=NOW)
    coming = spaces.book_space(booking=flow.wanted(around, garden, SOON, SOON + HOUR), by=by(around.ana), at=NOW)
    half = NOW + HOUR / 2
    spaces.end_booking(booking=on, by=by(around.ana), at=half)
    spaces.cancel_booking(booking=coming, by=by(around.ana), at=half)
    spaces.book_space(booking=flow.wanted(around, garden, half, SOON + HOUR), by=by(around.cai), at=half)
    with pytest.raises(ValidationError):
        spaces.end_booking(booking=on, by=by(around.ana), at=half)
    assert SpaceBooking.objects.count() == 3


@pytest.mark.parametrize(("start", "end"), [(2 * HOUR, HOUR), (HOUR, HOUR), (HOUR, 26 * HOUR), (-2 * HOUR, -HOUR)])
def test_times_that_no_booking_may_have(around: Circle, start: timedelta, end: timedelta) -> None:
    with pytest.raises(ValidationError):
        spaces.book_space(
            booking=flow.wanted(around, flow.room(around), NOW + start, NOW + end), by=by(around.ana), at=NOW
        )


def test_a_room_is_booked_for_teams_and_people_of_its_centre_alone(around: Circle) -> None:
    garden, elsewhere = flow.room(around), around.eve.memberships.get().team
    with pytest.raises(ValidationError):
        spaces.book_space(booking=Booking(garden, elsewhere, NOW, SOON, "group"), by=by(around.eve), at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        SpaceBooking.objects.create(
            space=garden,
            team=elsewhere,
            purpose="group",
            starts_at=NOW,
            ends_at=SOON,
            booked_by=around.eve,
            booked_at=NOW,
        )


def test_a_room_with_bookings_left_stays_in_use_and_a_stale_change_shows_the_other(around: Circle) -> None:
    garden = flow.room(around, "Garden room")
    spaces.book_space(booking=flow.wanted(around, garden, NOW, SOON), by=by(around.ana), at=NOW)
    with pytest.raises(ValidationError, match="1 booking left"):
        spaces.edit_space(space=garden, version=1, room=Room("Garden room", seats=4, active=False), by=MAKER, at=NOW)
    spaces.edit_space(space=garden, version=1, room=Room("Garden room", seats=6), by=MAKER, at=NOW)
    with pytest.raises(StaleSpaceError) as stale:
        spaces.edit_space(space=garden, version=1, room=Room("Garden room", seats=8), by=MAKER, at=NOW)
    assert stale.value.space.seats == 6


def test_postgresql_alone_refuses_a_second_booking_and_keeps_every_one(around: Circle) -> None:
    garden = flow.room(around)
    made = spaces.book_space(booking=flow.wanted(around, garden, NOW, SOON), by=by(around.ana), at=NOW)
    copied = (
        "INSERT INTO huddles_spacebooking (space_id, team_id, purpose, starts_at, ends_at, booked_by_id, booked_at, "
        "version) SELECT space_id, team_id, purpose, starts_at, ends_at, booked_by_id, booked_at, 1 "
        "FROM huddles_spacebooking"
    )
    for change in (
        copied,
        "DELETE FROM huddles_spacebooking",
        "UPDATE huddles_spacebooking SET ends_at = ends_at + interval '1 hour'",
    ):
        with pytest.raises(Exception, match=r"conflicting|refused|permission"), transaction.atomic():  # noqa: SIM117  (three kinds of refusal)
            with connection.cursor() as cursor:
                cursor.execute(change)
    assert list(SpaceBooking.objects.all()) == [made]


times = st.tuples(st.integers(0, 40), st.integers(1, 12), st.sampled_from(["book", "cancel", "end"]))


@given(st.lists(times, min_size=2, max_size=12))
def test_whatever_is_booked_ended_and_cancelled_nobody_shares_a_room(acts: list[tuple[int, int, str]]) -> None:
    with transaction.atomic():
        around = circle.gather()
        garden, taken = flow.room(around), list[SpaceBooking]()
        for start, length, act in acts:
            starts_at = NOW + start * HOUR / 4
            free = all(starts_at + length * HOUR / 4 <= b.starts_at or b.ends_at <= starts_at for b in taken)
            booking = flow.wanted(around, garden, starts_at, starts_at + length * HOUR / 4)
            try:
                made = spaces.book_space(booking=booking, by=by(around.ana), at=NOW)
            except BookedError:
                assert not free
                continue
            assert free
            if act == "cancel" and starts_at > NOW:
                spaces.cancel_booking(booking=made, by=by(around.ana), at=NOW)
                continue
            if act == "end":
                made = spaces.end_booking(booking=made, by=by(around.ana), at=starts_at + HOUR / 8)
            taken.append(made)
        stored = queries.bookings_between([garden], NOW, NOW + 24 * HOUR)[garden.pk]
        assert sorted(each.pk for each in stored) == sorted(each.pk for each in taken)
        assert all(one.ends_at <= other.starts_at for one, other in pairwise(stored))
        transaction.set_rollback(True)


def test_an_episode_of_somebody_else_is_no_way_into_another_centre(around: Circle) -> None:
    other = supported(around, around.door)
    booking = Booking(flow.room(around), around.door, NOW, SOON, "family", episode=other)
    made = spaces.book_space(booking=booking, by=by(around.cai), at=NOW)
    assert queries.in_use(around.centre, NOW) == {other.pk: made.space.name}
