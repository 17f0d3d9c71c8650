"""Two people act on one centre's huddles at the same moment, on two connections: one of them is told why not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from functools import partial
from threading import Barrier
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from huddles.agenda import AGENDAS, Kind
from huddles.models import Action, Card, Huddle, HuddleSchedule, PressureLevel
from huddles.services import actions, cards, closing, episodes, huddles, late_entry, leavers, pressure
from huddles.services.huddles import Meeting
from huddles.services.late_entry import Held
from partners.lifecycle import IllegalMoveError
from tests.huddles import boards, circle
from tests.huddles.circle import MAKER, NOW, Circle, by

LIMIT = 60
"""Seconds for what takes a fraction of one: it bounds a test that waits for itself."""
REFUSALS = (IllegalMoveError, ValidationError)


@pytest.fixture
def around(committed: object) -> Circle:
    """Store everybody where commits are real."""
    return circle.gather()


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do all at the same moment; return in order which were done and which were refused with a sentence."""
    ready = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        try:
            ready.wait(timeout=LIMIT)
            act()
        except REFUSALS:
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result(timeout=LIMIT) for each in [pool.submit(run, act) for act in acts]]


def test_one_of_two_who_start_a_huddle_has_started_it(around: Circle) -> None:
    for minutes in range(0, 50, 10):
        at = NOW + timedelta(minutes=minutes)
        start = partial(boards.under_way, around, at=at)
        assert sorted(at_once(start, start)) == ["done", "refused"]
        huddle = Huddle.objects.get(state="live")
        closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=at + timedelta(minutes=5))
    assert sorted(Huddle.objects.values_list("turn", flat=True)) == [1, 2, 3, 4, 5]


def test_a_planned_huddle_and_one_that_was_not_planned_do_not_both_begin(around: Circle) -> None:
    planned = boards.scheduled(around.centre)
    results = at_once(
        lambda: huddles.start_huddle(huddle=planned, chair=around.ana, by=MAKER, at=NOW),
        lambda: boards.under_way(around),
    )
    assert sorted(results) == ["done", "refused"]
    assert Huddle.objects.filter(state="live").count() == 1


def test_the_times_of_a_huddle_are_set_by_two_one_after_the_other(around: Circle) -> None:
    def put(hour: int) -> HuddleSchedule:
        meeting = Meeting(Kind.DAILY, 1, range(7), time(hour), AGENDAS[Kind.DAILY])
        return huddles.set_schedule(centre=around.centre, meeting=meeting, by=MAKER, at=NOW)

    assert at_once(lambda: put(14), lambda: put(15)) == ["done", "done"]
    stands = HuddleSchedule.objects.get(until_date__isnull=True)
    (planned,) = Huddle.objects.all()
    assert planned.planned_at == huddles.instant_on(around.centre, planned.operational_date, stands.starts)


def test_a_huddle_that_begins_while_its_times_are_changed_is_kept_or_gone_before(around: Circle) -> None:
    planned = boards.scheduled(around.centre)
    later = Meeting(Kind.DAILY, 1, range(7), time(16), AGENDAS[Kind.DAILY])
    started, changed = at_once(
        lambda: huddles.start_huddle(huddle=planned, chair=around.ana, by=MAKER, at=NOW),
        lambda: huddles.set_schedule(centre=around.centre, meeting=later, by=MAKER, at=NOW),
    )
    assert changed == "done"
    assert Huddle.objects.filter(pk=planned.pk, state="live").exists() == (started == "done")


def test_one_paper_that_two_people_enter_is_one_huddle(around: Circle) -> None:
    held = Held(Kind.DAILY, NOW, NOW + timedelta(minutes=12), around.ana, [around.crisis.organisation], ["flow"], "")
    at = NOW + timedelta(hours=3)
    enter = partial(late_entry.enter_late, centre=around.centre, held=held, by=MAKER, at=at)
    assert sorted(at_once(enter, enter)) == ["done", "refused"]
    assert Huddle.objects.get().turn == 1


def test_what_is_added_while_a_huddle_closes_is_in_its_record_or_in_no_huddle(around: Circle) -> None:
    for minutes in range(0, 50, 10):
        at = NOW + timedelta(minutes=minutes)
        huddle, before = boards.under_way(around, at=at), Card.objects.count()
        close = partial(closing.close_huddle, huddle=huddle, summary="", by=MAKER, at=at)
        add = partial(boards.card, around, at=at)
        assert at_once(close, add, add) == ["done"] * 3
        recorded = {each["card"] for each in Huddle.objects.get(pk=huddle.pk).record.contents["cards"]}
        assert recorded == set(Card.objects.filter(huddle=huddle).values_list("pk", flat=True))
        assert Card.objects.count() == before + 2


def test_a_lane_that_is_sent_twice_at_once_counts_once(around: Circle) -> None:
    key = UUID("0197a9d4-4f5b-7000-8000-000000000001")

    def fill() -> None:
        pressure.fill_lane(team=around.crisis, level=2, why="", words="", by=by(around.ana), at=NOW, form_key=key)

    assert at_once(fill, fill) == ["done", "done"]
    assert PressureLevel.objects.count() == 1


def test_nobody_waits_for_who_waits_for_them(around: Circle) -> None:
    """Whoever has a row waits for the board, and nobody who has the board waits for a row: else one would be ended."""
    held = [boards.action(around, f"Action {number}") for number in range(4)]
    entry = actions.Entry("Write", NOW + timedelta(hours=2), around.ana, episode=around.episode)

    def edit(number: int) -> None:
        for action in reversed(held):
            fields = {"words": f"{action.words} {number}"}
            actions.edit_action(action=action, fields=fields, version=1 + number, by=MAKER, at=NOW)

    def add_about() -> None:
        for _ in range(4):
            actions.add_action(centre=around.centre, entry=entry, by=MAKER, at=NOW)

    def wait() -> None:
        for number in range(4):
            episodes.set_waiting(episode=around.episode, waits=bool(number % 2), by=MAKER, at=NOW)

    placement = around.ben.memberships.get()
    placement.ends_at = NOW
    placement.save()
    results = at_once(lambda: edit(0), add_about, wait, lambda: leavers.release_leavers(by=MAKER, at=NOW))
    assert results[1:] == ["done"] * 3
    assert {Action.objects.get(pk=each.pk).team for each in held} == {around.crisis}


def test_a_card_that_is_sent_twice_at_once_is_one(around: Circle) -> None:
    key, entry = UUID("0197a9d4-4f5b-7000-8000-000000000002"), cards.Entry("safety", "Fridge alarm")
    add = partial(cards.add_card, centre=around.centre, entry=entry, by=by(around.ana), at=NOW, form_key=key)
    assert at_once(add, add) == ["done", "done"]
    assert Card.objects.count() == 1
