"""A centre that has not held a huddle yet: its manager is led through what helps, and nobody else is."""

import pytest
from django.urls import reverse

from huddles.models import Stream
from huddles.services import closing
from nhc.models import User
from tests.huddles import boards
from tests.huddles.circle import SOON, Circle, by
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]
LED = "Before your first huddle"


def huddle_page(around: Circle, user: User) -> str:
    return words(boards.browser(user).get(reverse("huddles:huddle", args=[around.centre.slug])))


def test_the_manager_is_led_to_what_is_not_set_up(around: Circle) -> None:
    manager = boards.manager(around)
    shown = huddle_page(around, manager)
    assert all(told in shown for told in (LED, "Not set yet.", "Nobody yet."))
    boards.scheduled(around.centre)
    assert "It is set. See the times" in huddle_page(around, manager)
    assert LED not in huddle_page(around, around.ana)


def test_nobody_is_led_once_a_huddle_is_under_way_or_was_held(around: Circle) -> None:
    manager = boards.manager(around)
    huddle = boards.under_way(around)
    assert LED not in huddle_page(around, manager)
    closing.close_huddle(huddle=huddle, summary="", by=by(around.ana), at=SOON)
    assert LED not in huddle_page(around, manager)


def test_the_first_front_door_brings_the_usual_streams_and_a_later_one_none(around: Circle) -> None:
    browser = signed_in(boards.manager(around))
    address = reverse("huddles:front-door", args=[around.centre.slug])
    first = browser.post(address, {"team": str(around.crisis.pk)}, follow=True)
    assert "the usual streams are there" in words(first)
    assert Stream.objects.count() == 4
    Stream.objects.filter(code="outreach").update(active=False)
    browser.post(address, {"team": str(around.crisis.pk), "self_referral": "on"})
    assert Stream.objects.filter(active=True).count() == 3
