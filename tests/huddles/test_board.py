"""What stands on the board and where it comes from: cards, actions, harms, levels, and what needs the huddle now."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from decisions.services import issues
from huddles import levels, slot_codes
from huddles.models import Action, Card, CardEdit, Episode, PressureLevel
from huddles.queries import board as board_queries
from huddles.queries import cards as card_queries
from huddles.queries import facts
from huddles.queries.board import Board
from huddles.services import actions, cards, episodes, harms, huddles, leavers, pinned, pressure
from huddles.services.edits import Clash, Fields
from huddles.services.pinned import Signal
from nhc.models import AuditEvent
from partners.services import people as placements
from tests.decisions import forums
from tests.huddles import boards
from tests.huddles.circle import MAKER, NOW, Circle, by, supported
from tests.partners.rotas import london

database = pytest.mark.django_db
DAY = {"day": "2", "month": "4", "year": "2026"}


def board(circle: Circle, *, hours: float = 0) -> Board:
    return board_queries.board(circle.centre, NOW + timedelta(hours=hours))


@database
def test_what_needs_us_now_is_what_happens_first(around: Circle) -> None:
    boards.on_duty(around)
    boards.card(around, "Later", due_at=NOW + timedelta(hours=5))
    boards.card(around, "Late", due_at=NOW - timedelta(minutes=5))
    boards.action(around, "Soon", hours=0.5)
    assert [item.what for item in board(around).now][:2] == ["Late", "Soon"]
    assert "Later" not in [item.what for item in board(around).now]


@database
def test_the_board_says_when_it_reads_differently_though_nobody_touches_it(around: Circle) -> None:
    boards.on_duty(around)
    boards.card(around, due_at=NOW + timedelta(seconds=30))
    assert board(around).changes_at == NOW + timedelta(seconds=30)


@database
def test_days_are_counted_since_the_last_harm_that_stands(around: Circle) -> None:
    assert board(around).days_since_harm is None
    for day in (date(2026, 3, 20), date(2026, 3, 30)):
        last = harms.record_harm(centre=around.centre, happened_on=day, words="A fall", by=MAKER, at=NOW)
    assert board(around).days_since_harm == 3
    harms.withdraw_harm(harm=last, reason="It was somewhere else", by=MAKER, at=NOW)
    assert board(around).days_since_harm == 13


@database
def test_a_harm_recorded_after_midnight_was_today(around: Circle) -> None:
    """Harms have dates of the calendar; the operational day is still the day before."""
    at = london(2026, 4, 3, 0, 30)
    harms.record_harm(centre=around.centre, happened_on=date(2026, 4, 3), words="A fall", by=MAKER, at=at)
    found = board_queries.board(around.centre, at)
    assert (found.day, found.days_since_harm) == (date(2026, 4, 2), 0)
    before = london(2026, 4, 3, 23, 59) + timedelta(seconds=50)
    assert board_queries.board(around.centre, before).changes_at == london(2026, 4, 4, 0, 0)


@database
def test_a_harm_of_a_day_to_come_is_refused(around: Circle) -> None:
    with pytest.raises(ValidationError):
        harms.record_harm(centre=around.centre, happened_on=date(2026, 4, 3), words="A fall", by=MAKER, at=NOW)


@database
def test_declared_stands_beside_calculated(around: Circle) -> None:
    boards.declared(around.crisis, 1, "Nothing", user=around.ana)
    for _ in range(4):
        supported(around, around.crisis)
    thresholds = {"people": [2, 4, 6]}
    pressure.set_thresholds(centre=around.centre, parts=thresholds, reason="We are few", version=0, by=MAKER, at=NOW)
    found = {each.team.name: each for each in board(around, hours=0.1).pressure}["Crisis team"]
    assert found.declared is not None
    assert (found.declared.level, found.calculated.number, found.calculated.why) == (1, 3, "5 people")
    assert found.differs


@database
def test_thresholds_are_versions_and_two_people_do_not_overwrite_each_other(around: Circle) -> None:
    def set_them(version: int) -> int:
        return pressure.set_thresholds(
            centre=around.centre, parts={"late": [1, 2, 3]}, reason="So", version=version, by=MAKER, at=NOW
        ).number

    assert (set_them(0), set_them(1)) == (1, 2)
    with pytest.raises(ValidationError):
        set_them(1)


@database
def test_a_lane_that_is_filled_again_keeps_what_was_said_before(around: Circle) -> None:
    boards.declared(around.crisis, 2, "First", user=around.ana)
    boards.declared(around.crisis, 3, "Second", user=around.ben, at=NOW + timedelta(minutes=5))
    found = {each.team.name: each for each in board(around, hours=1).pressure}["Crisis team"]
    assert found.note is not None
    assert (found.note.words, PressureLevel.objects.count()) == ("Second", 2)
    assert board(around, hours=24).missing, "what was said yesterday is not today's"


@database
def test_a_lane_filled_at_half_past_midnight_is_of_the_day_before(around: Circle) -> None:
    boards.declared(around.crisis, 2, user=around.ana, at=london(2026, 4, 3, 0, 30))
    assert PressureLevel.objects.get().operational_date == date(2026, 4, 2)


@database
def test_others_changes_of_other_fields_stay(around: Circle) -> None:
    card = boards.card(around)
    cards.edit_card(card=card, fields={"title": "Freezer"}, version=1, by=by(around.ana), at=NOW)
    merged = cards.edit_card(card=card, fields={"words": "Moved"}, version=1, by=by(around.ben), at=NOW)
    assert (merged.title, merged.words, merged.version) == ("Freezer", "Moved", 3)


@database
def test_a_clash_replaces_nothing_and_loses_nothing(around: Circle) -> None:
    card = boards.card(around)
    cards.edit_card(card=card, fields={"title": "Freezer"}, version=1, by=by(around.ana), at=NOW)
    with pytest.raises(Clash) as clash:
        cards.edit_card(card=card, fields={"title": "Oven", "words": "Hot"}, version=1, by=by(around.ben), at=NOW)
    assert clash.value.fields == ("title",)
    card.refresh_from_db()
    assert card.title == "Freezer"
    assert set(CardEdit.objects.filter(applied=False).values_list("after", flat=True)) == {"Oven", "Hot"}
    assert any(not change.applied and change.after == "Oven" for change in card_queries.history_of_card(card))


@database
def test_an_owner_is_one_choice_whether_a_person_or_a_team(around: Circle) -> None:
    card = boards.card(around)
    cards.edit_card(card=card, fields={"owner": around.ana}, version=1, by=by(around.ana), at=NOW)
    choice = {"title": card.title, "owner": None, "team": around.crisis}
    with pytest.raises(Clash) as clash:
        cards.edit_card(card=card, fields=choice, version=1, by=by(around.ben), at=NOW)
    assert (clash.value.fields, clash.value.untouched) == (("owner",), {"title": "Fridge alarm"})
    agreed = cards.edit_card(card=card, fields=choice, version=2, by=by(around.ben), at=NOW)
    assert (agreed.owner, agreed.team) == (None, around.crisis)
    with pytest.raises(DatabaseError), transaction.atomic():
        Card.objects.filter(pk=card.pk).update(owner=around.ana)


@database
def test_a_clash_tells_how_what_its_author_had_not_touched_stands_now(around: Circle) -> None:
    due = NOW + timedelta(hours=5, seconds=20)  # boxes of a form hold no seconds
    card = boards.card(around, words="Old", due_at=due)
    theirs: Fields = {"title": "Freezer", "words": "New", "due_at": due + timedelta(hours=1)}
    cards.edit_card(card=card, fields=theirs, version=1, by=by(around.ana), at=NOW)
    mine: Fields = {"title": "Oven", "words": "Old", "due_at": due.replace(second=0), "owner": around.ben}
    with pytest.raises(Clash) as clash:
        cards.edit_card(card=card, fields=mine, version=1, by=by(around.ben), at=NOW)
    assert clash.value.fields == ("title",)
    assert clash.value.untouched == {"words": "New", "due_at": due + timedelta(hours=1)}


@database
def test_who_has_left_owns_a_card_until_somebody_else_is_chosen(around: Circle) -> None:
    card = boards.card(around, owner=around.ben)
    placements.end_membership(membership=around.ben.memberships.get(), ends_at=NOW, by=MAKER, at=NOW)
    address = reverse("huddles:card-edit", args=[around.centre.slug, card.pk])
    with time_machine.travel(NOW, tick=False):
        ana = boards.browser(around.ana)
        assert f'value="person-{around.ben.pk}" selected' in ana.get(address).content.decode()
        typed = {"version": "1", "title": "Freezer", "words": "", "lane": "safety", "owner": f"person-{around.ben.pk}"}
        assert ana.post(address, typed | {"due": ""}).status_code == 302
    card.refresh_from_db()
    assert (card.title, card.owner) == ("Freezer", around.ben)


@database
def test_a_card_is_raised_and_comes_back_with_an_answer(around: Circle) -> None:
    group = forums.forum(around.centre)
    card = boards.card(around)
    raised = cards.raise_card(
        card=card, forum=group, words="Buy one", organisation=around.crisis.organisation, by=by(around.ana), at=NOW
    )
    issue = raised.raised_issue
    assert issue is not None
    assert board(around).waiting_for_answer
    before = board(around).facts.version
    issues.answer_issue(issue=issue, answer="It is bought.", version=issue.version, by=by(around.ben), at=NOW)
    assert board(around).facts.version == before + 1
    (shown,) = board(around).facts.cards
    assert (shown.forum, shown.answer) == (group.name, "It is bought.")
    with pytest.raises(ValidationError):
        cards.raise_card(
            card=card, forum=group, words="Again", organisation=around.crisis.organisation, by=by(around.ana), at=NOW
        )


@database
def test_an_action_is_late_done_dropped_and_opened_again(around: Circle) -> None:
    action = boards.action(around)
    assert board(around, hours=3).late == 1
    done = actions.finish_action(action=action, by=MAKER, at=NOW + timedelta(hours=1))
    assert (done.state, done.done_at) == ("done", NOW + timedelta(hours=1))
    actions.reopen_action(action=action, by=MAKER, at=NOW + timedelta(hours=2))
    with pytest.raises(ValidationError):
        actions.drop_action(action=action, reason=" ", by=MAKER, at=NOW + timedelta(hours=2))
    dropped = actions.drop_action(action=action, reason="They called us", by=MAKER, at=NOW + timedelta(hours=2))
    assert (dropped.state, board(around, hours=3).late) == ("dropped", 0)


@database
def test_what_was_done_while_the_service_was_down_is_entered_with_its_time(around: Circle) -> None:
    action, at = boards.action(around), NOW + timedelta(hours=6)
    done = actions.finish_action(action=action, by=MAKER, at=at, done_at=NOW + timedelta(hours=1))
    card = boards.card(around, at=at, opened_at=NOW + timedelta(hours=2))
    assert done.done_at == NOW + timedelta(hours=1)
    assert (card.opened_at, card.recorded_at) == (NOW + timedelta(hours=2), at)
    with pytest.raises(ValidationError):
        boards.card(around, at=at, opened_at=at + timedelta(minutes=1))


@database
def test_the_open_actions_of_a_leaver_become_the_teams(around: Circle) -> None:
    action = boards.action(around)
    membership = around.ben.memberships.get()
    placements.end_membership(membership=membership, ends_at=NOW, by=MAKER, at=NOW)
    action.refresh_from_db()
    assert (action.owner, action.team) == (None, around.crisis)


@database
def test_who_leaves_later_lets_go_then(around: Circle) -> None:
    boards.action(around)
    ends = NOW + timedelta(hours=1)
    placements.end_membership(membership=around.ben.memberships.get(), ends_at=ends, by=MAKER, at=NOW)
    assert leavers.release_leavers(by=MAKER, at=NOW) == 0
    assert leavers.release_leavers(by=MAKER, at=ends) == 1
    assert Action.objects.get().team == around.crisis


@database
def test_what_somebody_carried_is_let_go_of_as_one_change_of_the_board(around: Circle) -> None:
    episodes.set_key_worker(episode=around.episode, user=around.ben, version=1, by=MAKER, at=NOW)
    for words in ("Call", "Write"):
        boards.action(around, words)
    before = facts.version_of(around.centre.pk)
    placements.end_membership(membership=around.ben.memberships.get(), ends_at=NOW, by=MAKER, at=NOW)
    assert facts.version_of(around.centre.pk) == before + 1
    assert AuditEvent.objects.filter(verb="action.owner-left", details__user=around.ben.pk).count() == 2
    assert not Episode.objects.filter(key_worker=around.ben).exists()


@database
def test_what_was_agreed_on_paper_is_entered_with_its_time(around: Circle) -> None:
    address, key = reverse("huddles:action-late", args=[around.centre.slug]), "0197a9d4-4f5b-7000-8000-000000000001"
    days = {f"{name}_day-{part}": text for name in ("agreed", "due") for part, text in DAY.items()}
    typed = {"form_key": key, "words": "Call the landlord", "owner": f"person-{around.ben.pk}", **days}
    with time_machine.travel(NOW, tick=False):
        ana = boards.browser(around.ana)
        assert ana.get(address).status_code == 200
        for agreed, due, status in (("23:00", "23:30", 422), ("08:15", "08:00", 422), ("08:15", "09:00", 302)):
            assert ana.post(address, typed | {"agreed": agreed, "due": due}).status_code == status
    action = Action.objects.get()
    times = (action.opened_at, action.due_at, action.recorded_at)
    assert times == (london(2026, 4, 2, 8, 15), london(2026, 4, 2, 9), NOW)


@database
def test_a_board_has_all_that_its_version_stands_for_though_it_was_asked_for_before(around: Circle) -> None:
    boards.on_duty(around)
    huddles.open_lane(huddle=boards.under_way(around), lane="flow", by=MAKER, at=NOW)
    with time_machine.travel(NOW, tick=False):
        ana = boards.browser(around.ana)
        came = supported(around, around.crisis, at=NOW + timedelta(milliseconds=5))
        answer = ana.get(reverse("huddles:board", args=[around.centre.slug]))
    assert answer["NHC-Version"] == str(facts.version_of(around.centre.pk))
    assert came.reference in answer.content.decode()


@database
def test_a_board_never_changed_earlier_than_it_did(around: Circle) -> None:
    boards.card(around, at=NOW + timedelta(seconds=2))
    boards.card(around, at=NOW)
    assert board(around).facts.changed_at == NOW + timedelta(seconds=2)


@database
def test_a_figure_that_is_corrected_is_pinned_again_and_a_signal_that_has_passed_goes(around: Circle) -> None:
    signal = Signal("visits", "Visits", "March 2026", "41", "7 months below the average", {"width": 1})
    pinned.pin(centre=around.centre, signal=signal, by=MAKER, at=NOW)
    assert pinned.pin(centre=around.centre, signal=replace(signal, value="42"), by=MAKER, at=NOW)
    shown = board(around).facts.signal
    assert shown is not None
    assert shown.value == "42"
    assert pinned.pin(centre=around.centre, signal=pinned.NOTHING, by=MAKER, at=NOW)
    assert not pinned.pin(centre=around.centre, signal=pinned.NOTHING, by=MAKER, at=NOW)
    assert board(around).facts.signal is None


@database
def test_one_signal_is_pinned_and_pinning_it_again_changes_nothing(around: Circle) -> None:
    signal = Signal("visits", "Visits", "March 2026", "41", "7 months below the average", {"width": 1, "marks": []})
    assert pinned.pin(centre=around.centre, signal=signal, by=MAKER, at=NOW)
    assert not pinned.pin(centre=around.centre, signal=signal, by=MAKER, at=NOW)
    assert board(around).facts.signal is not None


def test_a_level_is_the_highest_that_any_part_reaches() -> None:
    thresholds = {"people": [10, 20, 30], "late": [1, 3, 6]}
    assert levels.calculate({}, thresholds).number == 1
    assert levels.calculate({"people": 19, "late": 3}, thresholds) == levels.Level(3, "3 late actions")
    assert levels.calculate({"people": 400, "waiting": 999}, thresholds) == levels.Level(4, "400 people")


@pytest.mark.parametrize("bounds", [[1, 2], [3, 2, 1], [1, 1, 2], [0, 1, 2], ["1", 2, 3], [True, 2, 3], "123", None])
def test_thresholds_that_do_not_rise_are_named(bounds: object) -> None:
    assert levels.faults({"people": bounds})
    assert not levels.faults({"people": [1, 2, 3]})
    assert levels.faults({"moods": [1, 2, 3]})


@given(st.integers(min_value=0, max_value=2**40), st.sets(st.integers(min_value=0, max_value=20_000), max_size=80))
def test_wall_codes_are_unique_within_a_day_and_say_nothing(start: int, steps: set[int]) -> None:
    keys = {f"E{step}": start + step for step in steps}
    today, tomorrow = (slot_codes.of_day(keys, day=date(2026, 4, day), secret=b"one") for day in (2, 3))
    assert len(set(today.values())) == len(keys)
    assert slot_codes.of_day(keys, day=date(2026, 4, 2), secret=b"one") == today
    assert len(keys) < 3 or today != tomorrow
