"""Asking at a centre that is there: who is on the rota, inducted and reachable, and what the asking leaves behind."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from decisions.contents import Cell, Content
from decisions.models import Scenario
from decisions.queries import grids as grid_queries
from decisions.queries import may_i as queries
from decisions.queries import scenarios as scenario_queries
from decisions.services import may_i
from decisions.verdict import Verdict
from nhc.actors import Actor
from nhc.models import AuditEvent, User
from partners.models import DutyRole, Membership, Shift
from partners.services import shifts
from tests.decisions.grids import MAKER, Place, decided_by, make_place, published
from tests.factories import LONG_AGO, MembershipFactory, UserFactory
from tests.partners import agreements

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def place() -> Place:
    """Ana and Ben are inducted; Cai is not. Ana leads from 10:20 to 13:20."""
    made = make_place(at=NOW - timedelta(days=60))
    pack = agreements.pack(made.centre, at=NOW - timedelta(days=50))
    for user in (made.rota.ana, made.rota.ben):
        agreements.inducted(user, pack, at=NOW - timedelta(days=40))
    on(made, made.rota.ana)
    return made


def on(place: Place, user: User, *, starts: datetime = NOW - HOUR, ends: datetime = NOW + 2 * HOUR) -> Shift:
    role = place.rota.lead if user == place.rota.ana else place.rota.nights
    return place.rota.add(user, role, starts, ends, at=NOW - timedelta(days=30))


def asked(place: Place, user: User, *, at: datetime = NOW, amount: Decimal | None = None) -> Verdict:
    return may_i.ask(
        centre=place.centre, scenario_code="crisis-diversion", about=at, amount=amount, by=Actor.user(user), at=at
    )


def grid(place: Place, **more: object) -> None:
    published(place.centre, [decided_by(place.rota.lead, "crisis-diversion", **more)], at=NOW - timedelta(days=7))


def test_whoever_is_on_for_the_duty_decides(place: Place) -> None:
    grid(place)
    assert asked(place, place.rota.ana).kind == "yes"


def test_others_are_sent_to_them_with_telephone_and_until_when(place: Place) -> None:
    grid(place)
    on(place, place.rota.ben)
    (ana,) = asked(place, place.rota.ben).who
    assert (ana.name, ana.telephone, ana.until, ana.post) == ("Ana", "01632 960101", NOW + 2 * HOUR, "Shift lead")


def test_after_the_shift_nobody_is_named(place: Place) -> None:
    grid(place)
    assert asked(place, place.rota.ben, at=NOW + 2 * HOUR).kind == "nobody"


def test_nobody_without_an_induction_is_named_or_decides(place: Place) -> None:
    grid(place, rights=frozenset({Cell("decides", team=place.rota.door.pk)}))
    on(place, place.rota.cai)
    assert asked(place, place.rota.ana).kind == "nobody"
    assert asked(place, place.rota.cai).why[0].startswith("You have not completed an induction")


def test_whoever_lost_their_place_in_the_team_is_not_on_duty(place: Place) -> None:
    grid(place)
    Membership.objects.filter(user=place.rota.ana).update(ends_at=NOW)
    assert asked(place, place.rota.ben).kind == "nobody"


def test_nobody_is_said_to_be_on_for_longer_than_their_place_and_their_duty_last(place: Place) -> None:
    """Ana's shift ends at 13:20, her place in the team at 12:50 and the duty itself at 12:20."""
    grid(place)
    Membership.objects.filter(user=place.rota.ana).update(ends_at=NOW + 1.5 * HOUR)
    assert [each.until for each in asked(place, place.rota.ben).who] == [NOW + 1.5 * HOUR]
    DutyRole.objects.filter(pk=place.rota.lead.pk).update(retired_at=NOW + HOUR)
    assert [each.until for each in asked(place, place.rota.ben).who] == [NOW + HOUR]


def test_an_amount_over_the_limit_asks_somebody_else(place: Place) -> None:
    grid(place, limit=Decimal(100), limit_unit="pounds")
    assert asked(place, place.rota.ana, amount=Decimal(100)).kind == "yes"
    assert asked(place, place.rota.ana, amount=Decimal("100.01")).kind == "nobody"
    assert asked(place, place.rota.ana).kind == "nobody"


def test_a_cover_in_the_middle_of_a_shift_keeps_what_held_when_it_began(place: Place) -> None:
    """Ana's induction ends while she is on; Ben covers an hour of hers, and what is left is no new shift."""
    grid(place)
    long = on(place, place.rota.ana, starts=NOW + timedelta(days=325) - 5 * HOUR, ends=NOW + timedelta(days=325) + HOUR)
    shifts.cover_shift(
        shift=long,
        user=place.rota.ben,
        team=place.rota.crisis,
        starts_at=long.starts_at + HOUR,
        ends_at=long.starts_at + 2 * HOUR,
        reason="An appointment",
        version=long.version,
        by=MAKER,
        at=NOW,
    )
    assert asked(place, place.rota.ana, at=NOW + timedelta(days=325, minutes=30)).kind == "yes"


def test_an_answer_is_of_the_grid_in_force_at_the_instant(place: Place) -> None:
    grid(place)
    with pytest.raises(may_i.NoSuchScenarioError):
        asked(place, place.rota.ana, at=NOW - timedelta(days=8))


def test_asking_leaves_one_event_of_codes_and_nothing_else(place: Place) -> None:
    grid(place)
    before = AuditEvent.objects.count()
    asked(place, place.rota.ana)
    event = AuditEvent.objects.order_by("pk").last()
    assert event is not None
    assert AuditEvent.objects.count() == before + 1
    assert (event.verb, event.subject_id, event.user_id) == ("may_i.asked", "crisis-diversion", place.rota.ana.pk)
    assert event.details == {"version": 1, "verdict": "yes"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ambulances", "transport"),
        ("taxi", "transport"),
        ("trnsport", "transport"),
        ("TRANSPORT", "transport"),
        ("medication", "medicines"),
        ("quantum", None),
        ("", None),
        ("\0' & | ! :*", None),
    ],
)
def test_a_few_typed_words_find_the_scenario(place: Place, words: str, found: str | None) -> None:
    rows = [
        decided_by(place.rota.lead, "transport", words="taxi, ambulance, a lift home"),
        decided_by(place.rota.lead, "medicines", words="medication, tablets, prescription"),
    ]
    version = published(place.centre, rows, at=NOW)
    assert [each.code for each in scenario_queries.search(version, words)][:1] == ([found] if found else [])


def test_500_scenarios_300_people_and_a_month_of_shifts_take_eight_queries_at_most(place: Place) -> None:
    rota = place.rota
    many = frozenset(Cell(kind, duty_role=rota.lead.pk) for kind in ("decides", "is_told"))
    contents = [Content(f"scenario-{number}", f"Scenario {number}", rights=many) for number in range(499)]
    contents.append(decided_by(rota.lead))
    people = [UserFactory.create() for _ in range(297)]
    for user in people:
        MembershipFactory.create(user=user, team=rota.crisis)
    days = range(-15, 15)
    Shift.objects.bulk_create(
        Shift(
            team=rota.crisis,
            user=user,
            duty_role=rota.nights,
            starts_at=NOW + timedelta(days=day, hours=-4),
            ends_at=NOW + timedelta(days=day, hours=4),
            operational_date=(NOW + timedelta(days=day)).date(),
            source=Shift.Source.PAGE,
            created_at=LONG_AGO,
        )
        for day in days
        for user in people
    )
    with_ladders = [decided_by(rota.lead, each.code, rights=each.rights) for each in contents]
    published(place.centre, with_ladders, at=NOW - HOUR)
    assert Scenario.objects.count() == 500
    with CaptureQueriesContext(connection) as asked_for:
        found = queries.facts(rota.ben.pk, place.centre, "crisis-diversion", NOW)
    assert found is not None
    assert len(found.on_duty) == 298
    assert len(asked_for) <= 8
    assert grid_queries.version_in_force(place.centre, NOW) is not None
