"""What each page of the grid and of "May I?" asks PostgreSQL for, with rows enough to show a query for each of them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from decisions.contents import Cell
from decisions.models import GridVersion
from decisions.services import grids, overrides
from nhc.actors import Actor
from nhc.models import User
from partners.models import Shift
from tests.decisions.grids import Place, consulted, decided_by, drafted, make_place, published, said
from tests.factories import LONG_AGO, MembershipFactory, UserFactory
from tests.partners.pages import signed_in
from tests.partners.rotas import london

NOW = london(2026, 11, 23, 10)
WEEK = timedelta(days=7)
MANY = 40

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def place() -> Place:
    """A centre with 40 scenarios in three versions, 40 people on duty, and 40 acts outside a guardrail."""
    made = make_place(at=NOW - timedelta(days=90))
    people = [member(made, "practitioner") for _ in range(MANY)]
    put_on_duty(made, people)
    rows = [
        decided_by(made.rota.lead, f"matter-{number}", rights=frozenset({Cell("decides", made.rota.lead.pk)}))
        for number in range(MANY)
    ]
    for weeks in (4, 3):
        published(made.centre, [replace(row, words=f"since {weeks}") for row in rows], at=NOW - weeks * WEEK)
    for number, user in enumerate(people):
        overrides.record_override(
            centre=made.centre,
            scenario_code=f"matter-{number}",
            team=made.rota.crisis,
            acted_at=NOW - timedelta(hours=1),
            reason="Nobody answered",
            by=Actor.user(user),
            at=NOW,
        )
    in_consultation(made, drafted(made.centre, rows, at=NOW - WEEK))
    return made


def member(place: Place, role: str) -> User:
    user = UserFactory.create()
    MembershipFactory.create(user=user, team=place.rota.crisis, role=role)
    return user


def put_on_duty(place: Place, people: list[User]) -> None:
    Shift.objects.bulk_create(
        Shift(
            team=place.rota.crisis,
            user=user,
            duty_role=place.rota.lead,
            starts_at=NOW - timedelta(hours=4),
            ends_at=NOW + timedelta(hours=4),
            operational_date=NOW.date(),
            source=Shift.Source.PAGE,
            created_at=LONG_AGO,
        )
        for user in people
    )


def in_consultation(place: Place, draft: GridVersion) -> None:
    """Let the draft have a comment on every scenario, and be answered by every partner."""
    by = Actor.user(member(place, "practitioner"))
    for number in range(MANY):
        grids.comment(
            version=draft,
            scenario_code=f"matter-{number}",
            text="Why?",
            organisation=place.rota.crisis.organisation,
            by=by,
            at=NOW - WEEK,
        )
    consent = consulted(draft, at=NOW - timedelta(days=1))
    for organisation in place.organisations:
        said(consent, organisation, "agree", at=NOW)


@pytest.fixture
def manager(place: Place) -> Client:
    return signed_in(member(place, "manager"))


BUDGETS = {
    # Who asks and what they may do take six of each. Then: versions, scenarios, rights, ladders and names of the grid,
    # duties with who is on for each, and what the finder asks: a month of shifts, places and partnerships.
    "grid/": 25,
    "grid/?role=lead": 25,
    "grid/draft/": 14,
    "grid/draft/scenarios/matter-1/": 18,
    "grid/versions/": 6,
    # Contents, rounds with their answers, moves and reviews; a comparison reads the contents and names of two.
    "grid/versions/2/": 18,
    "grid/compare/1/2/": 28,
    "grid/consent/": 13,
    "grid/overrides/": 7,
    "may-i/": 6,
    "may-i/?q=matter": 6,
    # Eight for the facts, one for the trail, one for the ladder and who is on for its rungs.
    "may-i/matter-1/": 16,
    "finder/": 17,
}


def test_pages_hold_their_query_budgets(place: Place, manager: Client) -> None:
    addresses = {f"/centres/{place.centre.slug}/{page}": most for page, most in BUDGETS.items()}
    addresses[f"/api/v1/scenarios/?centre={place.centre.slug}"] = 6
    addresses[f"/api/v1/may-i/?centre={place.centre.slug}&scenario=matter-1"] = 13
    over = {}
    for address, most in addresses.items():
        with CaptureQueriesContext(connection) as asked_for:
            assert manager.get(address).status_code == 200, address
        if len(asked_for) > most:
            over[address] = (len(asked_for), most)
    assert over == {}
