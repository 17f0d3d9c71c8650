"""Deciding alone: what it needs, when it lapses, and that nothing lapses in the middle of a shift."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nhc.actors import Actor
from partners.models import Shift
from partners.queries.standing import Standing, deciding_alone
from partners.services import rota_imports, shifts, signatures
from tests.factories import UserFactory
from tests.partners import agreements as made
from tests.partners.rotas import MAKER, Rota, make_rota

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 4, 1, 9, tzinfo=UTC)
"""British Summer Time: a day in London is over at 23:00 UTC."""


def after(days: float = 0, hours: float = 0) -> datetime:
    return BEGAN + timedelta(days=days, hours=hours)


def ana(rota: Rota, at: datetime) -> Standing:
    return deciding_alone(rota.ana.pk, rota.centre.pk, at)


def cover(rota: Rota, shift: Shift, starts_at: datetime, hours: int, *, at: datetime) -> None:
    """Let Ben take some hours of a shift of Ana's."""
    shifts.cover_shift(
        shift=shift,
        version=shift.version,
        user=rota.ben,
        team=rota.crisis,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        reason="Break",
        by=MAKER,
        at=at,
    )


@pytest.fixture
def rota() -> Rota:
    return make_rota()


@pytest.fixture
def inducted(rota: Rota) -> datetime:
    """Induct Ana for 10 days from the beginning; return when that ends."""
    induction = made.inducted(rota.ana, made.pack(rota.centre, at=BEGAN, valid_for_days=10), at=BEGAN)
    assert induction.expires_at == datetime(2026, 4, 11, 23, tzinfo=UTC)
    return induction.expires_at


def test_without_a_place_nobody_decides_alone(rota: Rota) -> None:
    stranger = UserFactory.create()
    standing = deciding_alone(stranger.pk, rota.centre.pk, BEGAN)
    assert (standing.allowed, standing.until) == (False, None)
    assert "no place in a team" in standing.reasons[0]


def test_a_centre_without_an_induction_says_whom_to_ask(rota: Rota) -> None:
    assert ana(rota, BEGAN).reasons == (
        f"{rota.centre.name} has no induction yet. Ask the centre manager to open one.",
    )


def test_without_an_induction_the_sentence_says_what_to_do(rota: Rota) -> None:
    made.pack(rota.centre, at=BEGAN)
    assert ana(rota, after(1)).reasons == (
        f"You have not completed an induction at {rota.centre.name}. The fast track takes 10 minutes.",
    )


def test_an_induction_holds_until_its_instant(rota: Rota, inducted: datetime) -> None:
    assert ana(rota, BEGAN) == Standing(allowed=True, reasons=(), until=inducted)
    assert ana(rota, inducted - timedelta(microseconds=1)).allowed
    lapsed = ana(rota, inducted)
    assert not lapsed.allowed
    assert "ended on 11 April 2026. Complete it again." in lapsed.reasons[0]


@pytest.mark.parametrize(
    ("starts", "ends", "at", "allowed"),
    [
        pytest.param(-6, 6, -0.001, True, id="before it lapses"),
        pytest.param(-6, 6, 0, True, id="at the instant, in a shift"),
        pytest.param(-6, 6, 5.999, True, id="lapsed, at the end of the shift that was running"),
        pytest.param(-6, 6, 6, False, id="once that shift is over"),
        pytest.param(0, 12, 0, False, id="a shift that starts at the instant"),
        pytest.param(0, 12, 3, False, id="the next shift"),
        pytest.param(-12, 0, -0.001, True, id="a shift that ends at the instant"),
        pytest.param(-12, 0, 0, False, id="after a shift that ended at the instant"),
    ],
)
def test_an_induction_never_lapses_inside_a_shift(
    rota: Rota, inducted: datetime, starts: float, ends: float, at: float, allowed: bool
) -> None:
    hour = timedelta(hours=1)
    rota.add(rota.ana, rota.lead, inducted + starts * hour, inducted + ends * hour, at=BEGAN)
    assert ana(rota, inducted + at * hour).allowed is allowed


def test_until_is_the_end_of_the_shift_in_which_it_lapses(rota: Rota, inducted: datetime) -> None:
    shift = rota.add(rota.ana, rota.lead, inducted - timedelta(hours=2), inducted + timedelta(hours=6), at=BEGAN)
    for at in (BEGAN, shift.starts_at, inducted, shift.ends_at - timedelta(minutes=1)):
        assert ana(rota, at).until == shift.ends_at


@pytest.mark.parametrize("entered", [-24, 1])
def test_an_hour_that_somebody_covers_begins_no_new_shift(rota: Rota, inducted: datetime, entered: int) -> None:
    shift = rota.add(rota.ana, rota.lead, inducted - timedelta(hours=4), inducted + timedelta(hours=8), at=BEGAN)
    for hour in (2, 5):
        part = Shift.objects.get(user=rota.ana, cancelled_at=None, ends_at=shift.ends_at)
        cover(rota, part, inducted + timedelta(hours=hour), 1, at=inducted + timedelta(hours=entered))
    for hour in (1, 3, 4, 6, 7):
        standing = ana(rota, inducted + timedelta(hours=hour))
        assert (standing.allowed, standing.until is not None) == (True, True)
    assert ana(rota, inducted + timedelta(hours=6)).until == shift.ends_at
    assert not ana(rota, inducted + timedelta(hours=2)).allowed


def test_a_start_in_the_past_gives_nothing_back(rota: Rota, inducted: datetime) -> None:
    hour = timedelta(hours=1)
    late = rota.add(rota.ana, rota.lead, inducted - hour, inducted + 8 * hour, at=inducted + hour)
    assert not ana(rota, inducted + 2 * hour).allowed
    cover(rota, late, inducted + 3 * hour, 1, at=inducted + 2 * hour)
    assert not ana(rota, inducted + 5 * hour).allowed


@pytest.mark.parametrize(
    ("starts", "moved_to", "allowed"),
    [
        pytest.param(1, -2, False, id="begun after it lapsed: moved to before"),
        pytest.param(4, -2, False, id="not begun yet: moved to before"),
        pytest.param(-3, -4, True, id="begun before it lapsed: moved to earlier still"),
        pytest.param(-3, -1, True, id="begun before it lapsed: moved to later, and still before"),
        pytest.param(-3, 1, False, id="moved to after it lapsed"),
    ],
)
def test_a_shift_that_is_moved_while_it_runs_begins_no_earlier(
    rota: Rota, inducted: datetime, starts: int, moved_to: int, allowed: bool
) -> None:
    hour = timedelta(hours=1)
    shift = rota.add(rota.ana, rota.lead, inducted + starts * hour, inducted + 8 * hour, at=BEGAN)
    duty = rota.duty(rota.ana, rota.lead, inducted + moved_to * hour, inducted + 9 * hour)
    shifts.edit_shift(shift=shift, version=1, duty=duty, by=MAKER, at=inducted + 2 * hour)
    assert ana(rota, inducted + 8 * hour).allowed is allowed


def test_who_is_put_on_a_shift_that_runs_comes_on_then(rota: Rota, inducted: datetime) -> None:
    hour = timedelta(hours=1)
    shift = rota.add(rota.ben, rota.lead, inducted - hour, inducted + 8 * hour, at=BEGAN)
    duty = rota.duty(rota.ana, rota.lead, shift.starts_at, shift.ends_at)
    shifts.edit_shift(shift=shift, version=1, duty=duty, by=MAKER, at=inducted + hour)
    assert not ana(rota, inducted + 2 * hour).allowed


def test_a_calendar_that_changes_the_end_of_a_running_shift_begins_no_new_one(rota: Rota, inducted: datetime) -> None:
    def take(ends: datetime, at: datetime) -> None:
        times = f"{(inducted - 2 * hour).isoformat()},{ends.isoformat()}"
        body = f"team,duty role,person,starts,ends,reference\nCrisis team,shift-lead,{rota.ana.email},{times},a\n"
        rota_imports.take_file(centre=rota.centre, body=body.encode(), by=MAKER, at=at)

    hour = timedelta(hours=1)
    take(inducted + 6 * hour, BEGAN)
    take(inducted + 8 * hour, inducted + hour)
    assert ana(rota, inducted + 7 * hour).allowed


def test_who_comes_on_after_a_covered_start_began_then(rota: Rota, inducted: datetime) -> None:
    shift = rota.add(rota.ana, rota.lead, inducted - timedelta(hours=4), inducted + timedelta(hours=8), at=BEGAN)
    cover(rota, shift, shift.starts_at, 6, at=BEGAN)
    assert not ana(rota, inducted + timedelta(hours=3)).allowed


def test_what_is_completed_during_a_shift_counts_at_once(rota: Rota) -> None:
    version = made.pack(rota.centre, "fast-track", at=BEGAN, valid_for_days=30)
    rota.add(rota.ana, rota.lead, after(hours=1), after(hours=9), at=BEGAN)
    assert not ana(rota, after(hours=2)).allowed
    made.inducted(rota.ana, version, at=after(hours=2))
    assert ana(rota, after(hours=2)).allowed


def test_a_second_induction_carries_on_where_the_first_ends(rota: Rota, inducted: datetime) -> None:
    version = made.pack(rota.centre, "fast-track", at=after(5), valid_for_days=20)
    again = made.inducted(rota.ana, version, at=after(5))
    assert ana(rota, BEGAN + timedelta(days=6)).until == again.expires_at


@dataclass(frozen=True)
class Case:
    """Days after opening, the version signed by then, and whether deciding alone is awake."""

    day: float
    signed: int
    allowed: bool


@pytest.mark.usefixtures("inducted_for_long")
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Case(0, 0, True), id="opened just now"),
        pytest.param(Case(14, 0, True), id="within the time to sign"),
        pytest.param(Case(14.583, 0, True), id="a minute before the last day is over"),
        pytest.param(Case(14 + 14 / 24, 0, False), id="when the last day is over"),
        pytest.param(Case(20, 0, False), id="long after"),
        pytest.param(Case(20, 1, True), id="signed"),
    ],
)
def test_an_agreement_that_is_not_signed(rota: Rota, case: Case) -> None:
    version = made.opened(rota.centre, at=BEGAN, sign_by=after(14).date())
    if case.signed:
        made.signed(version, rota.crisis.organisation, at=BEGAN)
    standing = ana(rota, after(case.day))
    assert standing.allowed is case.allowed
    assert standing.allowed or "has not signed the information-sharing agreement" in standing.reasons[0]


@pytest.fixture
def inducted_for_long(rota: Rota) -> None:
    made.inducted(rota.ana, made.pack(rota.centre, at=BEGAN, valid_for_days=1000), at=BEGAN)


@pytest.mark.usefixtures("inducted_for_long")
@pytest.mark.parametrize(
    ("first_signed", "reopened_after", "allowed"),
    [
        pytest.param(True, 100, True, id="signed the one before: has time again"),
        pytest.param(False, 100, False, id="never signed: a new version gives no new time"),
        pytest.param(False, 10, True, id="the time for the first still ran"),
    ],
)
def test_a_new_version_gives_time_to_those_who_kept_the_last(
    rota: Rota, first_signed: bool, reopened_after: int, allowed: bool
) -> None:
    first = made.opened(rota.centre, "memorandum", at=BEGAN, sign_by=after(14).date())
    if first_signed:
        made.signed(first, rota.crisis.organisation, at=after(1))
    made.opened(rota.centre, "memorandum", at=after(reopened_after), sign_by=after(reopened_after + 14).date())
    assert ana(rota, after(reopened_after + 5)).allowed is allowed
    assert not ana(rota, after(reopened_after + 16)).allowed


@pytest.mark.usefixtures("inducted_for_long")
def test_an_unsigned_agreement_lapses_after_the_shift_and_counts_for_the_shifts_employer(rota: Rota) -> None:
    version = made.opened(rota.centre, at=BEGAN, sign_by=after(14).date())
    made.signed(version, rota.door.organisation, at=BEGAN)
    over = datetime(2026, 4, 15, 23, tzinfo=UTC)
    night = rota.add(rota.ana, rota.nights, over - timedelta(hours=4), over + timedelta(hours=8), at=BEGAN)
    assert ana(rota, BEGAN).until == night.ends_at
    assert ana(rota, night.ends_at - timedelta(minutes=1)).allowed
    assert not ana(rota, night.ends_at).allowed


def test_new_norms_are_confirmed_by_their_last_day(rota: Rota) -> None:
    made.opened(rota.centre, "norms", at=BEGAN)
    version = made.pack(rota.centre, at=BEGAN, valid_for_days=1000, norms=True)
    made.inducted(rota.ana, version, at=after(1))
    made.signed(made.opened(rota.centre, "norms", at=after(100)), rota.crisis.organisation, at=after(100))
    assert ana(rota, after(129)).allowed
    assert ana(rota, after(132)).reasons[0] == "The norms charter has changed. Read what is new and confirm it."


@pytest.mark.usefixtures("inducted_for_long")
def test_signing_in_the_middle_of_a_shift_counts_at_once(rota: Rota) -> None:
    version = made.opened(rota.centre, at=BEGAN, sign_by=after(14).date())
    rota.add(rota.ana, rota.lead, after(20), after(20, 8), at=BEGAN)
    assert not ana(rota, after(20, 2)).allowed
    power = made.signatory(rota.crisis.organisation, at=BEGAN)
    signatures.sign(
        version=version,
        organisation=rota.crisis.organisation,
        by=Actor.user(power.user),
        at=after(20, 3),
    )
    assert ana(rota, after(20, 3)).allowed


def test_one_standing_costs_nine_queries_however_much_there_is(rota: Rota, inducted: datetime) -> None:
    for kind in ("memorandum", "information-sharing", "norms"):
        for days in range(0, 90, 15):
            made.opened(rota.centre, kind, at=after(days))
    with CaptureQueriesContext(connection) as queries:
        ana(rota, after(9))
    # Shift, centre, organisations, versions, packs, signatures, confirmations, inductions, shift at the end.
    assert len(queries) <= 9
