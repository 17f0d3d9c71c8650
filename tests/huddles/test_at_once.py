"""What becomes of two who refer the same person, or set up the same thing, at the same time."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from huddles.models import Episode, FrontDoor, Person, Referral, Stream
from huddles.queries import streams as queries
from huddles.services import streams
from huddles.services.people import Details
from tests.huddles import circle, flow
from tests.huddles.at_once import meanwhile
from tests.huddles.circle import MAKER, NOW, OTHER_NUMBER, SOON, Circle

pytestmark = pytest.mark.usefixtures("committed")
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def centre(committed: object) -> Circle:
    """Store a centre where commits are real."""
    return circle.gather()


def test_somebody_new_who_is_referred_twice_at_once_is_one_person(centre: Circle) -> None:
    flow.opened(centre)
    sent = Details(given_name="Testina", family_name="Exampleton", nhs_number=OTHER_NUMBER, born_on=date(1984, 5, 6))
    meanwhile(
        lambda: flow.referred(centre, details=sent),
        lambda: flow.referred(centre, details=sent, words="Came to our night shelter too."),
    )
    assert Person.objects.filter(nhs_number=OTHER_NUMBER).count() == 1
    assert Referral.objects.values("episode").distinct().count() == 1
    assert Referral.objects.count() == 2


def test_somebody_else_with_the_same_number_at_once_gets_a_record_without_it(centre: Circle) -> None:
    flow.opened(centre)
    one = Details(given_name="Testina", family_name="Exampleton", nhs_number=OTHER_NUMBER, born_on=date(1984, 5, 6))
    other = Details(given_name="Noor", family_name="Made-up", nhs_number=OTHER_NUMBER, born_on=date(1990, 1, 1))
    first, second = meanwhile(lambda: flow.referred(centre, details=one), lambda: flow.referred(centre, details=other))
    assert (first.disputed_number, second.disputed_number) == (False, True)
    assert Episode.objects.filter(referrals__isnull=False).count() == 2


def test_the_same_message_sent_twice_at_once_is_one_referral(centre: Circle) -> None:
    flow.opened(centre)
    sender = flow.partner(centre.council.organisation, "R-1")
    first, second = meanwhile(
        lambda: flow.referred(centre, referrer=sender), lambda: flow.referred(centre, referrer=sender)
    )
    assert first == second


def add_stream(centre: Circle) -> object:
    return streams.add_stream(
        centre=centre.centre, name="Outreach", what_for="", how="outreach", position=0, by=MAKER, at=NOW
    )


@pytest.mark.parametrize("add", [lambda centre: flow.room(centre, "Garden room"), add_stream])
def test_of_two_rooms_or_streams_of_one_name_the_second_is_refused_in_a_sentence(
    centre: Circle, add: Callable[[Circle], object]
) -> None:
    with pytest.raises(ValidationError, match="Choose another"):
        meanwhile(lambda: add(centre), lambda: add(centre))


def test_two_presses_of_the_usual_streams_add_them_once(centre: Circle) -> None:
    def press() -> list[Stream]:
        return streams.begin_with_usual_streams(centre=centre.centre, by=MAKER, at=NOW)

    first, second = meanwhile(press, press)
    assert (len(first), second) == (len(streams.USUAL), [])


def test_two_who_set_the_same_front_door_set_one_with_its_streams(centre: Circle) -> None:
    def press() -> FrontDoor:
        return streams.open_front_door(centre=centre.centre, team=centre.crisis, self_referral=True, by=MAKER, at=NOW)[
            0
        ]

    first, second = meanwhile(press, press)
    assert first == second
    assert len(queries.streams_of(centre.centre)) == len(streams.USUAL)


@pytest.mark.parametrize("earlier", [timedelta(), MOMENT])
def test_who_sets_another_front_door_and_comes_second_is_told_so(centre: Circle, earlier: timedelta) -> None:
    with pytest.raises(ValidationError, match="just set the front door"):
        meanwhile(
            lambda: flow.opened(centre, at=SOON),
            lambda: flow.opened(centre, team=centre.door, at=SOON - earlier),
        )
    door = queries.front_door(centre.centre, SOON)
    assert door is not None
    assert door.team == centre.crisis
