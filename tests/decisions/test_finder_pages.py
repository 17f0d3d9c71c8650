"""The finder over HTTP: what it lists, its heat map in words, and where somebody is put on."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from decisions.queries import finder
from tests.decisions.grids import Place, decided_by, drafted, published
from tests.factories import MembershipFactory, UserFactory
from tests.partners.pages import signed_in, words
from tests.partners.rotas import london

NOW = london(2026, 11, 23, 10)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def staff(place: Place, *, missing: int) -> None:
    """Let Ben and Ana lead round the clock for four weeks, but for one half day."""
    rota = place.rota
    for number in range(56):
        starts = NOW + timedelta(hours=12 * number)
        if number != missing:
            rota.add((rota.ben, rota.ana)[number % 2], rota.lead, starts, starts + timedelta(hours=12), at=NOW)


def test_a_gap_is_listed_drawn_and_leads_to_the_rota(place: Place) -> None:
    published(place.centre, [decided_by(place.rota.lead)], at=NOW)
    staff(place, missing=2)
    user = UserFactory.create(name="Mia")
    MembershipFactory.create(user=user, team=place.rota.crisis, role="manager")
    answer = signed_in(user).get(f"/centres/{place.centre.slug}/finder/")
    page = words(answer)
    assert "2 gaps to close" in page
    assert "Tue 24 Nov, 10:00 to 22:00 What Nobody who decides Crisis diversion is on" in page
    assert "Nobody is on as Shift lead, who is called for Crisis diversion" in page
    body = answer.content.decode()
    assert "something is found in 12 hours, on Tuesday. The table lists each finding." in body
    assert "/rota/shifts/add/?duty=shift-lead&amp;starts=2026-11-24T10" in body


def test_without_a_gap_the_page_says_so(place: Place) -> None:
    published(place.centre, [decided_by(place.rota.lead)], at=NOW)
    staff(place, missing=99)
    page = words(signed_in(place.rota.ana).get(f"/centres/{place.centre.slug}/finder/"))
    assert "No gaps" in page


def test_the_draft_is_laid_over_the_rota_before_anybody_is_asked(place: Place) -> None:
    drafted(place.centre, [decided_by(place.rota.lead, rights=frozenset())], at=NOW)
    browser = signed_in(place.rota.ana)
    assert "No grid is in force yet" in words(browser.get(f"/centres/{place.centre.slug}/finder/"))
    page = words(browser.get(f"/centres/{place.centre.slug}/finder/?of=draft"))
    assert "The grid names nobody who decides Crisis diversion" in page


def test_a_large_grid_takes_no_more_questions(
    place: Place, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    version = published(place.centre, [decided_by(place.rota.lead, f"matter-{n}") for n in range(100)], at=NOW)
    staff(place, missing=2)
    with django_assert_max_num_queries(10):
        assert len(finder.search(version, NOW).findings) == 2
