"""What the rota's tables and writes refuse, whoever asks and however many at once."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from nhc.actors import Actor
from partners.lifecycle import IllegalMoveError
from partners.models import Membership, Shift, Swap, Team
from partners.queries import rota as queries
from partners.services import duty_roles, people, shifts, swaps
from tests.factories import MembershipFactory
from tests.partners.rotas import MAKER, Rota, london, make_rota

NOW = london(2026, 10, 21, 10)
EVENING, MORNING = london(2026, 10, 24, 20), london(2026, 10, 25, 8)


@pytest.fixture
def rota(db: None) -> Rota:
    return make_rota()


@pytest.fixture
def shift(rota: Rota) -> Shift:
    return rota.add(rota.ana, rota.nights, EVENING, MORNING, at=NOW)


@pytest.mark.parametrize("times", [5])
def test_two_who_put_the_same_person_on_at_once_get_one_shift(committed: object, times: int) -> None:
    rota = make_rota()
    ready = threading.Barrier(2)
    refused: list[str] = []

    def put(role: int, later: int) -> None:
        start = EVENING + timedelta(days=role, hours=later)
        try:
            ready.wait(timeout=20)
            rota.add(rota.ana, rota.nights, start, start + timedelta(hours=10), at=NOW)
        except ValidationError as error:
            refused.extend(error.messages)
        finally:
            connection.close()

    for turn in range(times):
        threads = [threading.Thread(target=put, args=(turn, later)) for later in (0, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
    assert Shift.objects.count() == times
    assert len(refused) == times
    assert all("on another shift then" in said for said in refused)


def test_both_parts_of_a_swap_are_answered_by_one_of_two_at_once(committed: object) -> None:
    rota = make_rota()
    shift = rota.add(rota.ana, rota.nights, EVENING, MORNING, at=NOW)
    swap = swaps.ask_swap(shift=shift, offered=None, asked_of=rota.ben, by=Actor.user(rota.ana), at=NOW)
    ready = threading.Barrier(2)
    results: list[str] = []

    def run(agree: bool) -> None:
        try:
            ready.wait(timeout=20)
            if agree:
                swaps.agree_swap(swap=swap, by=Actor.user(rota.ben), at=NOW)
            else:
                shifts.cancel_shift(shift=shift, version=1, why="Closed", by=MAKER, at=NOW)
            results.append("done")
        except (ValidationError, IllegalMoveError, shifts.StaleShiftError):
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(agree,)) for agree in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(results) == ["done", "refused"]


OWN_SWAP = """
INSERT INTO partners_swap (shift_id, asked_by_id, asked_of_id, note, asked_at, state)
SELECT id, user_id, user_id, '', now(), 'asked' FROM partners_shift
"""


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE partners_shift SET ends_at = starts_at",
        "UPDATE partners_shift SET ends_at = starts_at + interval '24 hours 1 second'",
        "UPDATE partners_shift SET cancelled_at = now()",
        "UPDATE partners_shift SET team_id = (SELECT max(id) FROM partners_team)",
        "DELETE FROM partners_shift",
        OWN_SWAP,
        "UPDATE partners_dutyrole SET deputy_id = id",
    ],
)
def test_postgresql_refuses_by_itself(shift: Shift, change: str) -> None:
    make_rota()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_a_day_of_25_hours_takes_a_shift_of_24(rota: Rota) -> None:
    noon = london(2026, 10, 24, 12)
    rota.add(rota.ana, rota.lead, noon, noon + timedelta(hours=24), at=NOW)
    with pytest.raises(ValidationError, match="24 hours or shorter"):
        rota.add(rota.ben, rota.lead, noon, london(2026, 10, 25, 12), at=NOW)


def test_a_cancelled_shift_stays_as_it_was(shift: Shift) -> None:
    shifts.cancel_shift(shift=shift, version=1, why="Closed", by=MAKER, at=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        Shift.objects.filter(pk=shift.pk).update(cancelled_at=None, cancelled_how="", cancelled_why="")


def test_two_shifts_may_meet_and_a_cancelled_one_is_in_nobodys_way(rota: Rota, shift: Shift) -> None:
    rota.add(rota.ana, rota.lead, MORNING, MORNING + timedelta(hours=8), at=NOW)
    shifts.cancel_shift(shift=shift, version=1, why="Closed", by=MAKER, at=NOW)
    rota.add(rota.ana, rota.lead, EVENING, MORNING, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.filter(starts_at=MORNING).update(starts_at=MORNING - timedelta(seconds=1))


def test_nobody_is_put_on_beyond_their_placement(rota: Rota) -> None:
    Membership.objects.filter(user=rota.ana).update(ends_at=MORNING - timedelta(minutes=1))
    with pytest.raises(ValidationError, match="Ana does not work in Crisis team for all of that time"):
        rota.add(rota.ana, rota.nights, EVENING, MORNING, at=NOW)
    MembershipFactory.create(user=rota.ana, team=rota.crisis, role="lead", starts_at=MORNING - timedelta(minutes=1))
    rota.add(rota.ana, rota.nights, EVENING, MORNING, at=NOW)


def test_who_left_is_neither_on_nor_next(rota: Rota, shift: Shift) -> None:
    assert queries.shift_of(rota.ana.pk, rota.centre.pk, EVENING) == shift
    Membership.objects.filter(user=rota.ana).update(ends_at=EVENING)
    assert queries.shift_of(rota.ana.pk, rota.centre.pk, EVENING) is None
    assert queries.on_since(rota.ana.pk, rota.centre.pk, EVENING) is None
    assert queries.on_duty(rota.centre, EVENING) == {rota.lead: [], rota.nights: []}
    assert queries.next_on([rota.lead, rota.nights], NOW) == {}
    assert [(gap.starts_at, gap.ends_at) for gap in queries.gaps(rota.centre, EVENING, MORNING)][1:] == [
        (EVENING, MORNING)
    ]


def test_a_person_is_on_duty_at_the_centre_of_their_shift_alone(rota: Rota, shift: Shift) -> None:
    assert queries.shift_of(rota.ana.pk, make_rota().centre.pk, EVENING) is None
    assert queries.shift_of(rota.ana.pk, rota.centre.pk, MORNING) is None
    assert queries.shift_of(rota.ana.pk, rota.centre.pk, MORNING - timedelta(microseconds=1)) == shift


def test_since_when_somebody_is_on_duty_is_the_start_of_their_shift(rota: Rota, shift: Shift) -> None:
    assert queries.on_since(rota.ana.pk, rota.centre.pk, EVENING) == shift.starts_at
    assert queries.on_since(rota.ana.pk, rota.centre.pk, MORNING - timedelta(microseconds=1)) == shift.starts_at
    assert queries.on_since(rota.ana.pk, rota.centre.pk, MORNING) is None
    assert queries.on_since(rota.ana.pk, make_rota().centre.pk, EVENING) is None
    assert queries.on_since(rota.ben.pk, rota.centre.pk, EVENING) is None


def test_a_duty_is_wanted_from_when_it_was_added_until_it_is_retired(rota: Rota) -> None:
    role = duty_roles.add_duty_role(
        centre=rota.centre, code="door", name="Door", round_the_clock=True, by=MAKER, at=EVENING
    )
    duty_roles.retire_duty_role(duty_role=role, version=1, by=MAKER, at=MORNING)
    found = [gap for gap in queries.gaps(rota.centre, NOW, MORNING + timedelta(days=1)) if gap.duty_role == role]
    assert [(gap.starts_at, gap.ends_at) for gap in found] == [(EVENING, MORNING)]


def test_an_unanswered_swap_lapses_when_the_shift_begins(rota: Rota, shift: Shift) -> None:
    swap = swaps.ask_swap(shift=shift, offered=None, asked_of=rota.ben, by=Actor.user(rota.ana), at=NOW)
    assert swaps.lapse_swaps(by=MAKER, at=EVENING - timedelta(seconds=1)) == 0
    with pytest.raises(ValidationError, match="That shift has begun"):
        swaps.agree_swap(swap=swap, by=Actor.user(rota.ben), at=EVENING)
    assert swaps.lapse_swaps(by=MAKER, at=EVENING) == 1
    with pytest.raises(IllegalMoveError, match="This was lapsed already"):
        swaps.agree_swap(swap=swap, by=Actor.user(rota.ben), at=EVENING)


def test_a_swap_lapses_with_the_shift_it_was_about(rota: Rota, shift: Shift) -> None:
    offered = rota.add(rota.ben, rota.lead, MORNING, MORNING + timedelta(hours=8), at=NOW)
    swap = swaps.ask_swap(shift=shift, offered=offered, asked_of=rota.ben, by=Actor.user(rota.ana), at=NOW)
    shifts.cancel_shift(shift=offered, version=1, why="Closed", by=MAKER, at=NOW)
    assert Swap.objects.get(pk=swap.pk).state == "lapsed"


@pytest.mark.parametrize("leaver", ["ana", "ben"])
def test_a_swap_lapses_when_either_person_leaves_the_centre(rota: Rota, shift: Shift, leaver: str) -> None:
    swap = swaps.ask_swap(shift=shift, offered=None, asked_of=rota.ben, by=Actor.user(rota.ana), at=NOW)
    membership = Membership.objects.get(user__name=leaver.title())
    elsewhere = MembershipFactory.create(user=membership.user, team=rota.door)
    people.end_membership(membership=elsewhere, ends_at=NOW, by=MAKER, at=NOW)
    assert Swap.objects.get(pk=swap.pk).state == "asked"
    people.end_membership(membership=membership, ends_at=NOW, by=MAKER, at=NOW)
    with pytest.raises(IllegalMoveError, match="This was lapsed already"):
        swaps.agree_swap(swap=swap, by=Actor.user(rota.ben), at=NOW)


def test_only_ones_own_shift_is_swapped_and_once_at_a_time(rota: Rota, shift: Shift) -> None:
    with pytest.raises(ValidationError, match="Only the person on a shift"):
        swaps.ask_swap(shift=shift, offered=None, asked_of=rota.cai, by=Actor.user(rota.ben), at=NOW)
    swap = swaps.ask_swap(shift=shift, offered=None, asked_of=rota.ben, by=Actor.user(rota.ana), at=NOW)
    with pytest.raises(ValidationError, match="Withdraw it first"):
        swaps.ask_swap(shift=shift, offered=None, asked_of=rota.cai, by=Actor.user(rota.ana), at=NOW)
    with pytest.raises(ValidationError, match="Only the person who asked"):
        swaps.withdraw_swap(swap=swap, by=Actor.user(rota.ben), at=NOW)
    swaps.withdraw_swap(swap=swap, by=Actor.user(rota.ana), at=NOW)
    swaps.ask_swap(shift=shift, offered=None, asked_of=rota.cai, by=Actor.user(rota.ana), at=NOW)


def test_whoever_takes_a_shift_is_on_for_their_own_team(rota: Rota, shift: Shift) -> None:
    swap = swaps.ask_swap(shift=shift, offered=None, asked_of=rota.cai, by=Actor.user(rota.ana), at=NOW)
    swaps.agree_swap(swap=swap, by=Actor.user(rota.cai), at=NOW)
    taken = Shift.objects.get(cancelled_at=None)
    assert (taken.user, Team.objects.get(pk=taken.team_id)) == (rota.cai, rota.door)
