"""Areas above the centres: their own read of the dashboard, from an instant until another."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries

from partners import permissions
from partners.models import Area
from partners.permissions import Audience, NotVisible, Viewer
from partners.services import areas
from tests.cast import MAKER, NOW, TODAY, Cast
from tests.factories import (
    FIRST_DAY,
    LONG_AGO,
    AreaAppointmentFactory,
    AreaCentreFactory,
    AreaFactory,
    CentreFactory,
)
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


@pytest.fixture
def board(people: Cast) -> Area:
    """Return an integrated care board with a place in it, where Riverside lies. Dev is appointed to the board."""
    board = areas.add_area(code="east", name="East board", kind="integrated_care_board", by=MAKER, at=NOW)
    place = areas.add_area(code="eastmoor", name="Eastmoor", kind="place", parent=board, by=MAKER, at=NOW)
    areas.add_centre(area=place, centre=people.riverside, from_date=FIRST_DAY, by=MAKER, at=NOW)
    areas.appoint(user=people.dev, area=board, starts_at=LONG_AGO, ends_at=NOW + timedelta(days=1), by=MAKER, at=NOW)
    return board


def test_an_area_reads_its_centres_from_outside(people: Cast, board: Area) -> None:
    access = permissions.get_centre_for(Viewer.user(people.dev), "riverside", NOW)
    assert access.audience is Audience.OUTSIDE
    assert {permission.name for permission in access.permissions} == {"READ_DASHBOARD"}
    assert [each.centre.slug for each in permissions.centres_for(Viewer.user(people.dev), NOW)] == ["riverside"]


def test_an_appointment_lapses_at_its_instant(people: Cast, board: Area) -> None:
    viewer = Viewer.user(people.dev)
    permissions.get_area_for(viewer, "east", NOW + timedelta(days=1, microseconds=-1))
    with pytest.raises(NotVisible):
        permissions.get_area_for(viewer, "east", NOW + timedelta(days=1))
    with pytest.raises(NotVisible):
        permissions.get_centre_for(viewer, "riverside", NOW + timedelta(days=1))


def test_a_centre_that_left_the_area_is_not_read(people: Cast, board: Area) -> None:
    people.riverside.areas.update(until_date=TODAY)
    assert permissions.centres_for(Viewer.user(people.dev), NOW) == []


def test_a_member_who_is_also_appointed_still_sees_exact_totals(people: Cast, board: Area) -> None:
    AreaAppointmentFactory.create(user=people.alice, area=board)
    assert permissions.get_centre_for(Viewer.user(people.alice), "riverside", NOW).audience is Audience.MEMBER


def test_a_part_is_read_and_what_lies_above_is_not(people: Cast, board: Area) -> None:
    AreaAppointmentFactory.create(user=people.carol, area=Area.objects.get(code="eastmoor"))
    assert [area.code for area in permissions.areas_for(Viewer.user(people.dev), NOW)] == ["east", "eastmoor"]
    assert [area.code for area in permissions.areas_for(Viewer.user(people.carol), NOW)] == ["eastmoor"]
    assert signed_in(people.carol).get("/areas/east/").status_code == 404


def test_the_area_page_leads_to_its_parts_and_centres(people: Cast, board: Area) -> None:
    browser = signed_in(people.dev)
    page = words(browser.get("/areas/east/"))
    assert "Integrated care board" in page
    assert "Eastmoor , place" in page
    assert "Riverside centre" in page
    assert "Hillside" not in page
    assert browser.get("/centres/riverside/").status_code == 200
    assert browser.get("/centres/riverside/directory/").status_code == 403
    assert "Areas that you read East board Eastmoor" in words(browser.get("/centres/"))


@pytest.mark.parametrize("name", ["alice", "carol", "operator"])
def test_an_area_is_absent_for_everyone_else(people: Cast, board: Area, name: str) -> None:
    browser = signed_in(getattr(people, name))
    assert [browser.get(page).status_code for page in ("/areas/east/", "/areas/nowhere/")] == [404, 404]


def test_the_tables_refuse_what_overlaps(people: Cast, board: Area) -> None:
    with pytest.raises(ValidationError, match="already reads this area"):
        areas.appoint(user=people.dev, area=board, starts_at=NOW, by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="already lies in this area"):
        areas.add_centre(
            area=Area.objects.get(code="eastmoor"), centre=people.riverside, from_date=TODAY, by=MAKER, at=NOW
        )


def test_an_area_costs_the_same_however_many_centres(
    people: Cast, board: Area, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for centre in CentreFactory.create_batch(60):
        AreaCentreFactory.create(area=board, centre=centre)
    AreaFactory.create_batch(5, parent=board)
    browser = signed_in(people.dev)
    # Session and person 2; the frame's standing 1; the area, its parts, count and page of its centres 4.
    with django_assert_max_num_queries(7):
        page = browser.get("/areas/east/")
    assert "Page 1 of 2" in words(page)
