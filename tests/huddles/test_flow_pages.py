"""Pages of rooms and their bookings, and of what a manager sets up: front door, streams and rooms."""

import re

import pytest
from django.test import Client

from huddles.models import FrontDoor, Space, SpaceBooking, Stream
from huddles.queries import streams as stream_queries
from huddles.services import spaces
from nhc.models import User
from tests.factories import MembershipFactory, UserFactory
from tests.huddles import flow
from tests.huddles.circle import NOW, SOON, Circle, by
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


@pytest.fixture
def manager(around: Circle) -> User:
    user = UserFactory.create(name="Mia")
    MembershipFactory.create(user=user, team=around.crisis, role="manager")
    return user


def rooms(circle: Circle, rest: str = "") -> str:
    return f"/centres/{circle.centre.slug}/rooms/{rest}"


def setting(circle: Circle, rest: str = "") -> str:
    return f"/centres/{circle.centre.slug}/flow/{rest}"


def booking(circle: Circle, client: Client, **typed: str) -> dict[str, str]:
    page = client.get(rooms(circle, "book/")).content.decode()
    key = re.search(r'name="form_key" value="([^"]+)"', page)
    assert key is not None
    day = {"day-day": "2", "day-month": "4", "day-year": "2026"}
    team = str(circle.crisis.pk)
    times = {"starts": "12:00", "ends": "13:00"}
    return {"form_key": key[1], "space": "garden-room", "team": team, "purpose": "group", **day, **times, **typed}


def test_a_room_is_booked_and_shown(around: Circle) -> None:
    flow.room(around, "Garden room", quiet=True)
    browser = signed_in(around.ana)
    form = booking(around, browser)
    for _ in range(2):
        assert browser.post(rooms(around, "book/"), form).status_code == 302
    shown = words(browser.get(rooms(around)))
    assert all(told in shown for told in ("Garden room", "Quiet", "Free", "Crisis team", "Thu 2 Apr, 12:00"))
    assert SpaceBooking.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"starts": "9:00", "ends": "9:30"}, "This time is over"),
        ({"starts": "noon"}, "must be a time"),
        ({"day-day": "25", "day-month": "10", "starts": "1:30", "ends": "3:00"}, "happens twice that night"),
        ({"day-day": "28", "day-month": "3", "day-year": "2027", "starts": "1:30", "ends": "3:00"}, "does not happen"),
        ({"space": "attic"}, "Select"),
    ],
)
def test_a_booking_says_what_to_put_right(around: Circle, typed: dict[str, str], sentence: str) -> None:
    flow.room(around, "Garden room")
    browser = signed_in(around.ana)
    answer = browser.post(rooms(around, "book/"), booking(around, browser, **typed))
    assert answer.status_code == 422
    assert sentence in words(answer)


def test_a_taken_room_keeps_what_was_typed(around: Circle) -> None:
    garden = flow.room(around, "Garden room")
    browser = signed_in(around.ana)
    taken = flow.wanted(around, garden, SOON, SOON.replace(hour=14))
    spaces.book_space(booking=taken, by=by(around.ben), at=NOW)
    answer = browser.post(rooms(around, "book/"), booking(around, browser))
    assert answer.status_code == 422
    assert "The room is booked at that time" in words(answer)
    assert 'value="12:00"' in answer.content.decode()


def test_a_team_lets_its_room_go_and_another_cannot(around: Circle) -> None:
    garden = flow.room(around, "Garden room")
    made = spaces.book_space(
        booking=flow.wanted(around, garden, SOON, SOON.replace(hour=14)), by=by(around.ana), at=NOW
    )
    address = rooms(around, f"bookings/{made.pk}/cancel/")
    assert signed_in(around.cai).post(address).status_code == 403
    assert signed_in(around.eve).post(address).status_code == 404
    assert signed_in(around.ben).post(address).status_code == 302
    assert signed_in(around.ben).post(rooms(around, f"bookings/{made.pk}/end/")).status_code == 409


def test_whose_person_is_in_a_room_shows_on_duty_alone_and_by_reference(around: Circle) -> None:
    garden = flow.room(around, "Garden room")
    with_person = spaces.Booking(garden, around.crisis, NOW, SOON, "quiet_time", episode=around.episode)
    spaces.book_space(booking=with_person, by=by(around.ana), at=NOW)
    assert around.episode.reference not in words(signed_in(around.ana).get(rooms(around)))
    around.rota.add(around.cai, around.rota.lead, NOW, SOON, at=NOW)
    on_duty = words(signed_in(around.cai).get(rooms(around)))
    assert around.episode.reference in on_duty
    assert "Saphyr" not in on_duty


def test_for_whom_a_room_may_be_booked_is_for_those_on_duty_and_those_who_see_the_record(around: Circle) -> None:
    flow.room(around)
    reference, form = around.episode.reference, rooms(around, "book/")
    assert reference in words(signed_in(around.ana).get(form))
    assert reference not in words(signed_in(around.olu).get(form))
    around.rota.add(around.olu, around.rota.lead, NOW, SOON, at=NOW)
    assert reference in words(signed_in(around.olu).get(form))


def test_rooms_are_filtered_by_what_they_suit_and_any_day_is_a_page(around: Circle) -> None:
    flow.room(around, "Garden room", quiet=True)
    flow.room(around, "Hall")
    browser = signed_in(around.ana)
    assert "Hall" not in words(browser.get(rooms(around, "?quiet=yes")))
    for day in ("2026-04-03", "2026-10-25", "nonsense", "9999-12-31", "0001-01-01"):
        assert browser.get(rooms(around, f"?day={day}")).status_code == 200


def test_the_rooms_take_as_many_questions_however_many(around: Circle, django_assert_max_num_queries: object) -> None:
    for _ in range(10):
        space = flow.room(around)
        spaces.book_space(booking=flow.wanted(around, space, NOW, SOON), by=by(around.ana), at=NOW)
    browser = signed_in(around.ana)
    # Session and user; centre; standing; the person's teams and shift; the rooms; who is in them; the day's bookings;
    # the role in the frame, and what the navigation asks.
    with django_assert_max_num_queries(14):  # type: ignore[operator]  # pytest-django's own
        assert browser.get(rooms(around)).status_code == 200


def test_an_empty_centre_is_set_up_by_its_manager(around: Circle, manager: User) -> None:
    browser = signed_in(manager)
    assert "The front door is closed" in words(browser.get(setting(around)))
    browser.post(setting(around, "front-door/"), {"team": str(around.crisis.pk), "self_referral": "on"})
    browser.post(setting(around, "usual-streams/"))
    made = browser.post(
        setting(around, "rooms/add/"),
        {"version": "0", "name": "Garden room", "seats": "4", "quiet": "on", "position": "0"},
        follow=True,
    )
    shown = words(made)
    assert all(told in shown for told in ("Crisis team", "Outreach", "Joint prompt action", "Garden room", "Quiet"))
    door = stream_queries.front_door(around.centre, NOW)
    assert door is not None
    assert door.self_referral


def test_others_do_not_set_up_a_centre(around: Circle) -> None:
    for rest in ("", "front-door/", "streams/add/", "rooms/add/"):
        assert signed_in(around.ana).get(setting(around, rest)).status_code == 403
        assert signed_in(around.eve).get(setting(around, rest)).status_code == 404
    assert FrontDoor.objects.count() == 0


def test_a_stream_and_a_room_are_changed_and_retired(around: Circle, manager: User) -> None:
    flow.opened(around)
    garden = flow.room(around, "Garden room")
    browser = signed_in(manager)
    stream = {"version": "1", "name": "Street outreach", "what_for": "", "how": "outreach", "position": "3"}
    assert browser.post(setting(around, "streams/outreach/change/"), stream).status_code == 302
    assert Stream.objects.get(code="outreach").active is False
    stale = browser.post(setting(around, "streams/outreach/change/"), stream | {"name": "Elsewhere"})
    assert stale.status_code == 409
    assert "Street outreach" in words(stale)
    room = {"version": "1", "name": "Garden room", "seats": "6", "position": "0"}
    assert browser.post(setting(around, f"rooms/{garden.code}/change/"), room).status_code == 302
    assert (Space.objects.get().seats, Space.objects.get().active) == (6, False)
