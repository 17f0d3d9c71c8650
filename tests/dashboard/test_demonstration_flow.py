"""The demonstration's front door: people who are plainly made up, rooms that are never shared, something to triage."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from dashboard.demonstration import directory, flow, partnership
from huddles import nhs_number
from huddles.models import Episode, Person, Referral
from huddles.queries import referrals as queries
from huddles.queries import spaces
from nhc.actors import Actor
from partners.models import Centre

pytestmark = pytest.mark.django_db

BY = Actor.system("test")
AT = datetime(2026, 11, 22, 13, tzinfo=UTC)


@pytest.fixture(autouse=True)
def loaded() -> None:
    with transaction.atomic():
        partnership.load(password="four quiet words here", by=BY, at=AT)
        directory.load(by=BY, at=AT)
        flow.load(by=BY, at=AT)


def test_something_waits_at_every_stage() -> None:
    connection.check_constraints()
    riverside = Centre.objects.get(slug="riverside")
    waiting = queries.waiting(riverside, AT)
    assert (waiting.for_triage, waiting.overdue, waiting.for_answer) == (4, 1, 1)
    assert set(Referral.objects.values_list("state", flat=True)) == {"received", "triaged", "answered", "handed_back"}
    assert Episode.objects.filter(centre=riverside, closed_at=None).count() == 11


def test_everybodys_number_is_of_the_range_for_tests() -> None:
    numbers = [number for number in Person.objects.values_list("nhs_number", flat=True) if number]
    assert len(numbers) >= 4
    assert all(number.startswith("999") and nhs_number.is_valid(number) for number in numbers)


def test_rooms_are_in_use_and_somebody_is_in_one() -> None:
    for centre in Centre.objects.filter(slug__in=flow.ROOMS):
        now = spaces.spaces_now(centre, AT)
        assert [bool(each.now) for each in now[:3]] == [True, True, False]
        assert len(spaces.in_use(centre, AT)) == 1


def test_made_up_numbers_differ_and_fit() -> None:
    numbers = [flow.made_up_number(place) for place in range(1, 200)]
    assert len(set(numbers)) == len(numbers)
    assert all(nhs_number.is_valid(number) for number in numbers)
