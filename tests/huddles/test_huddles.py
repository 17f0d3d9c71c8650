"""A huddle from its plan to its record: planned by the centre's day, held or missed, frozen, or entered afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.urls import reverse

from huddles.agenda import Kind
from huddles.models import Action, Attendance, Card, Huddle, HuddleRecord, LaneVisit
from huddles.queries import board as board_queries
from huddles.queries import facts
from huddles.queries import huddle as queries
from huddles.services import attendance, closing, huddles, late_entry
from huddles.services.huddles import Meeting
from huddles.services.late_entry import Held
from nhc.formats import full_date
from nhc.models import AuditEvent, Notice
from partners.lifecycle import IllegalMoveError
from tests.factories import CentreFactory, OrganisationFactory
from tests.huddles import boards
from tests.huddles.circle import MAKER, NOW, Circle, by
from tests.partners.rotas import london

pytestmark = pytest.mark.django_db


def meeting(starts: time, *, kind: Kind = Kind.DAILY, turn: int = 1, weekdays: range = range(7)) -> Meeting:
    return Meeting(kind=kind, turn=turn, weekdays=weekdays, starts=starts, agenda=("safety", "flow"))


def missed(circle: Circle) -> Huddle:
    huddle = boards.scheduled(circle.centre)
    closing.record_missed(by=MAKER, at=huddle.planned_at + closing.MISSED_AFTER)
    return Huddle.objects.get(pk=huddle.pk)


def test_a_schedule_plans_the_day_and_the_next(around: Circle) -> None:
    huddles.set_schedule(centre=around.centre, meeting=meeting(time(10, 45)), by=MAKER, at=NOW)
    assert huddles.plan_huddles(by=MAKER, at=NOW) == 1
    assert huddles.plan_huddles(by=MAKER, at=NOW) == 0
    planned = Huddle.objects.filter(centre=around.centre).order_by("planned_at")
    assert [each.operational_date for each in planned] == [date(2026, 4, 2), date(2026, 4, 3)]
    assert planned[0].planned_at == london(2026, 4, 2, 10, 45)


def test_days_on_which_nobody_planned_are_caught_up_with_and_missed(around: Circle) -> None:
    """The first day is not one of them: what had passed when the schedule was made could not be held."""
    huddles.set_schedule(centre=around.centre, meeting=meeting(time(9)), by=MAKER, at=NOW)
    huddles.plan_huddles(by=MAKER, at=NOW)
    back = NOW + timedelta(days=4, hours=-4)
    assert huddles.plan_huddles(by=MAKER, at=back) == 3
    assert closing.record_missed(by=MAKER, at=back) == 3
    found = Huddle.objects.order_by("planned_at").values_list("operational_date", "state")
    states = ["missed", "missed", "missed", "planned"]
    assert list(found) == [(date(2026, 4, day), state) for day, state in zip(range(3, 7), states, strict=True)]
    assert huddles.plan_huddles(by=MAKER, at=back) == 0


def test_how_far_back_is_bounded_and_a_huddle_that_ended_is_not_planned_after_its_end(around: Circle) -> None:
    made = huddles.set_schedule(centre=around.centre, meeting=meeting(time(9)), by=MAKER, at=NOW)
    huddles.end_schedule(schedule=made, by=MAKER, at=NOW + timedelta(days=30))
    assert huddles.plan_huddles(by=MAKER, at=NOW + timedelta(days=35)) == 9
    last = Huddle.objects.latest("operational_date")
    assert last.operational_date == date(2026, 5, 1)


def test_each_centre_plans_for_itself_and_its_board_changes_once(around: Circle) -> None:
    other = CentreFactory.create()
    for centre in (around.centre, other):
        huddles.set_schedule(centre=centre, meeting=meeting(time(10, 45)), by=MAKER, at=NOW)
    before = facts.version_of(around.centre.pk)
    huddles.plan_huddles(by=MAKER, at=NOW)
    assert facts.version_of(around.centre.pk) == before + 1
    planned = AuditEvent.objects.filter(verb="huddles.planned").values_list("centre", flat=True)
    assert set(planned) == {around.centre.slug, other.slug}


def test_only_the_weekdays_of_a_schedule_are_planned(around: Circle) -> None:
    fridays = meeting(time(10, 45), weekdays=range(4, 5))
    huddles.set_schedule(centre=around.centre, meeting=fridays, by=MAKER, at=NOW)
    huddles.plan_huddles(by=MAKER, at=NOW)
    assert [each.operational_date for each in Huddle.objects.all()] == [date(2026, 4, 3)]


def test_a_changed_time_moves_what_has_not_begun(around: Circle) -> None:
    boards.scheduled(around.centre)
    moved = boards.scheduled(around.centre, meeting(time(11, 15)))
    assert moved.planned_at == london(2026, 4, 2, 11, 15)


@pytest.mark.parametrize(
    ("starts", "at", "day", "planned_at"),
    [
        # Half past midnight belongs to the day that began at 07:00.
        (time(0, 30), london(2026, 4, 2, 23), date(2026, 4, 2), london(2026, 4, 3, 0, 30)),
        # In the night on which clocks go forward 01:30 never happens: it is the instant of the change.
        (time(1, 30), london(2026, 3, 28, 23), date(2026, 3, 28), london(2026, 3, 29, 2, 0)),
        # In the night on which they go back it happens twice: the first time counts.
        (time(1, 30), london(2026, 10, 24, 23), date(2026, 10, 24), london(2026, 10, 25, 1, 30, fold=0)),
        (time(7, 0), london(2026, 10, 25, 6, 30), date(2026, 10, 24), None),
        (time(7, 0), london(2026, 3, 29, 7, 0), date(2026, 3, 29), london(2026, 3, 29, 7, 0)),
    ],
)
def test_a_huddle_belongs_to_the_operational_day(
    around: Circle, starts: time, at: datetime, day: date, planned_at: datetime | None
) -> None:
    huddles.set_schedule(centre=around.centre, meeting=meeting(starts), by=MAKER, at=at)
    found = Huddle.objects.filter(operational_date=day).values_list("planned_at", flat=True).first()
    assert found == planned_at


def test_a_huddle_after_midnight_is_of_the_day_before(around: Circle) -> None:
    huddle = boards.under_way(around, at=london(2026, 4, 3, 0, 30))
    assert huddle.operational_date == date(2026, 4, 2)
    assert board_queries.board(around.centre, london(2026, 4, 3, 0, 31)).day == date(2026, 4, 2)


@pytest.mark.parametrize(
    ("starts", "ends", "minutes"),
    [
        (london(2026, 3, 29, 0, 50), london(2026, 3, 29, 2, 5), 15),
        (london(2026, 10, 25, 1, 50, fold=0), london(2026, 10, 25, 1, 5, fold=1), 15),
    ],
)
def test_a_huddle_over_the_change_of_clocks_takes_the_time_that_passes(
    around: Circle, starts: datetime, ends: datetime, minutes: int
) -> None:
    huddle = boards.under_way(around, at=starts)
    record = closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=ends)
    assert record.contents["minutes"] == minutes


def test_the_chair_goes_round_the_employers(around: Circle) -> None:
    boards.on_duty(around)
    first = queries.suggested_chair(around.centre, NOW)
    assert first is not None
    huddle = huddles.start_unplanned(centre=around.centre, kind=Kind.DAILY, chair=first.user, by=MAKER, at=NOW)
    closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=NOW + timedelta(minutes=10))
    then = queries.suggested_chair(around.centre, NOW + timedelta(minutes=20))
    assert then is not None
    assert {first.user, then.user} == {around.ana, around.cai}
    assert then.why.endswith("has not chaired in the last 90 days: no partner has waited longer.")


def test_who_chaired_last_comes_last_again(around: Circle) -> None:
    boards.on_duty(around)
    for chair, minutes in ((around.ana, 0), (around.cai, 30)):
        at = NOW + timedelta(minutes=minutes)
        huddle = huddles.start_unplanned(centre=around.centre, kind=Kind.DAILY, chair=chair, by=MAKER, at=at)
        closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=at + timedelta(minutes=10))
    turn = queries.suggested_chair(around.centre, NOW + timedelta(hours=1))
    assert turn is not None
    assert turn.user == around.ana
    assert f"has chaired once, the last time on {full_date(NOW)}: no partner has waited longer." in turn.why


def test_tomorrows_huddle_is_not_started_today(around: Circle) -> None:
    boards.scheduled(around.centre, meeting(time(10, 45)))
    huddles.plan_huddles(by=MAKER, at=NOW)
    tomorrow = Huddle.objects.get(operational_date=date(2026, 4, 3))
    with pytest.raises(IllegalMoveError):
        huddles.start_huddle(huddle=tomorrow, chair=around.ana, by=MAKER, at=NOW)
    closed = huddles.start_huddle(
        huddle=Huddle.objects.get(operational_date=date(2026, 4, 2)), chair=around.ana, by=MAKER, at=NOW
    )
    closing.close_huddle(huddle=closed, summary="", by=MAKER, at=NOW + timedelta(minutes=9))
    found = board_queries.board(around.centre, NOW + timedelta(hours=1))
    assert found.huddle is not None
    assert found.following is not None
    assert (found.huddle.id, found.following.id) == (closed.pk, tomorrow.pk)


def test_two_of_a_kind_are_never_under_way_together(around: Circle) -> None:
    boards.under_way(around)
    with pytest.raises(IllegalMoveError):
        boards.under_way(around)
    huddles.start_unplanned(centre=around.centre, kind=Kind.CASE_REVIEW, chair=around.ana, by=MAKER, at=NOW)
    assert Huddle.objects.filter(state="live").count() == 2


def test_each_of_two_huddles_under_way_has_its_page_and_what_is_typed_there(around: Circle) -> None:
    review = huddles.start_unplanned(centre=around.centre, kind=Kind.CASE_REVIEW, chair=around.cai, by=MAKER, at=NOW)
    daily = boards.under_way(around, at=NOW + timedelta(minutes=1))
    hub = boards.scheduled(around.centre, meeting(time(11), kind=Kind.TRANSFER_OF_CARE))
    address = reverse("huddles:huddle", args=[around.centre.slug])
    typed = {"form_key": "0197a9d4-4f5b-7000-8000-000000000001", "what": "Fridge", "lane": "safety", "due": ""}
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        ana = boards.browser(around.ana)
        first = ana.get(address).content.decode()
        assert f"?huddle={daily.pk}" in first or f"?huddle={review.pk}" in first
        assert reverse("huddles:huddle-start", args=[around.centre.slug, hub.pk]) in first
        for each in (daily, review):
            shown = ana.get(address, {"huddle": each.pk}).content.decode()
            assert reverse("huddles:huddle-close", args=[around.centre.slug, each.pk]) in shown
        part = ana.get(reverse("huddles:board", args=[around.centre.slug]), {"huddle": review.pk})
        assert reverse("huddles:huddle-close", args=[around.centre.slug, review.pk]) in part.content.decode()
        lane = ana.post(reverse("huddles:huddle-lane", args=[around.centre.slug, review.pk]), {"lane": "flow"})
        assert lane["Location"] == f"{address}?huddle={review.pk}#lane-flow"
        assert ana.post(f"{address}?huddle={review.pk}", typed | {"owner": ""}).status_code == 302
        assert ana.get(address, {"huddle": "9" * 30}).status_code == 200
    assert Card.objects.get().huddle == review


def test_fidelity_counts_the_lanes_of_the_agenda_once_each(around: Circle) -> None:
    huddle = boards.under_way(around)
    for minute, lane in enumerate(("safety", "flow", "safety", "space")):
        huddles.open_lane(huddle=huddle, lane=lane, by=MAKER, at=NOW + timedelta(minutes=minute))
    record = closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=NOW + timedelta(minutes=9))
    assert (record.contents["covered"], record.huddle.covered) == (["safety", "flow", "space"], 3)
    assert LaneVisit.objects.count() == 4


def test_a_closed_huddle_tells_those_of_the_day_where_to_read_it_and_nothing_of_it(around: Circle) -> None:
    boards.on_duty(around)
    huddle = boards.under_way(around)
    closing.close_huddle(huddle=huddle, summary="Secretly busy.", by=MAKER, at=NOW + timedelta(minutes=9))
    told = Notice.objects.filter(kind="huddle-summary")
    assert {each.user for each in told} == {around.ana, around.cai}
    assert not [each for each in told if "busy" in each.sentence]


def test_the_record_is_of_what_stood_then(around: Circle) -> None:
    huddle = boards.under_way(around)
    boards.card(around)
    boards.action(around)
    record = closing.close_huddle(huddle=huddle, summary="Done.", by=MAKER, at=NOW + timedelta(minutes=9))
    assert [each["title"] for each in record.contents["cards"]] == ["Fridge alarm"]
    assert [each["owner"] for each in record.contents["actions"]] == ["Ben"]
    assert record.digest == closing.digest_of(record.contents)
    assert AuditEvent.objects.get(verb="huddle.closed").details["digest"] == record.digest


def test_a_record_tells_its_times_in_london(around: Circle) -> None:
    huddle = boards.under_way(around)
    boards.action(around, hours=0.5)
    boards.card(around, due_at=london(2026, 4, 3, 0, 30))
    at = NOW + timedelta(minutes=9)
    closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=at)
    address = reverse("huddles:huddle-record", args=[around.centre.slug, huddle.pk])
    with time_machine.travel(at, tick=False):
        shown = boards.browser(around.ana).get(address).content.decode()
    for words in ("by Thu 2 Apr, 11:00", "by Fri 3 Apr, 00:30", "when it closed, Thu 2 Apr, 10:39"):
        assert words in shown


CHANGES: dict[str, Callable[[Huddle], object]] = {
    "its summary": lambda huddle: Huddle.objects.filter(pk=huddle.pk).update(summary="Other"),
    "its state": lambda huddle: Huddle.objects.filter(pk=huddle.pk).update(state="live", closed_at=None, covered=None),
    "itself": lambda huddle: Huddle.objects.filter(pk=huddle.pk).delete(),
    "who was there": lambda huddle: Attendance.objects.filter(huddle=huddle).update(here=False),
    "who came": lambda huddle: Attendance.objects.create(
        huddle=huddle, organisation=OrganisationFactory.create(), here=True, marked_at=NOW
    ),
    "what came up": lambda huddle: Card.objects.create(
        centre=huddle.centre, huddle=huddle, lane="flow", title="Late", opened_at=NOW, recorded_at=NOW
    ),
    "what was agreed": lambda huddle: Action.objects.create(
        centre=huddle.centre,
        huddle=huddle,
        words="Late",
        owner=huddle.chair,
        due_at=NOW,
        opened_at=NOW,
        recorded_at=NOW,
    ),
    "what was gone through": lambda huddle: LaneVisit.objects.create(huddle=huddle, lane="flow", opened_at=NOW),
    "its record": lambda huddle: HuddleRecord.objects.filter(huddle=huddle).update(digest="0" * 64),
}


@pytest.mark.parametrize("what", CHANGES)
def test_postgresql_alone_refuses_to_change_of_a_closed_huddle(around: Circle, what: str) -> None:
    huddle = boards.under_way(around)
    attendance.mark(huddle=huddle, organisation=around.crisis.organisation, here=True, by=MAKER, at=NOW)
    closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=NOW + timedelta(minutes=9))
    with pytest.raises(DatabaseError), transaction.atomic():
        CHANGES[what](huddle)


def test_nothing_of_a_closed_huddle_is_done_any_more(around: Circle) -> None:
    huddle = boards.under_way(around)
    closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=NOW + timedelta(minutes=9))
    for act in (
        lambda: closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=NOW),
        lambda: huddles.open_lane(huddle=huddle, lane="flow", by=MAKER, at=NOW),
        lambda: huddles.pass_chair(huddle=huddle, chair=around.cai, by=MAKER, at=NOW),
        lambda: attendance.mark(huddle=huddle, organisation=around.crisis.organisation, here=True, by=MAKER, at=NOW),
    ):
        with pytest.raises(IllegalMoveError):
            act()


def test_a_huddle_that_nobody_starts_records_itself_as_missed_once(around: Circle) -> None:
    huddle = boards.scheduled(around.centre)
    due = huddle.planned_at + closing.MISSED_AFTER
    assert closing.record_missed(by=MAKER, at=due - timedelta(seconds=1)) == 0
    assert closing.record_missed(by=MAKER, at=due) == 1
    assert closing.record_missed(by=MAKER, at=due) == 0
    assert Huddle.objects.get(pk=huddle.pk).state == "missed"


def test_a_huddle_that_nobody_closes_ends_with_the_last_thing_done_in_it(around: Circle) -> None:
    huddle = boards.under_way(around)
    huddles.open_lane(huddle=huddle, lane="flow", by=MAKER, at=NOW + timedelta(minutes=4))
    assert closing.close_left_open(by=MAKER, at=NOW + closing.LEFT_OPEN) == 1
    closed = Huddle.objects.get(pk=huddle.pk)
    assert (closed.closed_itself, closed.closed_at) == (True, NOW + timedelta(minutes=4))


def test_what_was_held_on_paper_takes_the_place_of_the_missed_one_with_its_true_times(around: Circle) -> None:
    huddle = missed(around)
    held = paper(around, started_at=huddle.planned_at, minutes=12)
    at = NOW + timedelta(hours=5)
    record = late_entry.enter_late(centre=around.centre, held=held, by=by(around.ana), at=at)
    found = Huddle.objects.get()
    assert (found.pk, found.state, found.entered_late_at) == (huddle.pk, "closed", at)
    assert (record.contents["minutes"], record.contents["covered"]) == (12, ["safety", "flow"])
    assert record.contents["present"] == [around.crisis.organisation.name]
    assert "open_cards" not in record.contents, "nobody knows how the board stood then"
    address = reverse("huddles:huddle-record", args=[around.centre.slug, huddle.pk])
    with time_machine.travel(at, tick=False):
        assert "Nobody knows" in boards.browser(around.ana).get(address).content.decode()


def test_a_huddle_that_closed_itself_says_of_when_its_picture_of_the_board_is(around: Circle) -> None:
    huddle = boards.under_way(around)
    closing.close_left_open(by=MAKER, at=NOW + closing.LEFT_OPEN)
    assert huddle.record.contents["as_of"] == (NOW + closing.LEFT_OPEN).isoformat()


def test_the_same_paper_entered_twice_is_one_huddle(around: Circle) -> None:
    planned = missed(around)
    at = NOW + timedelta(hours=5)
    first, again = (
        paper(around, started_at=planned.planned_at + timedelta(minutes=late), minutes=12) for late in (0, 3)
    )
    late_entry.enter_late(centre=around.centre, held=first, by=by(around.ana), at=at)
    for held in (first, again):
        with pytest.raises(ValidationError, match="on record already"):
            late_entry.enter_late(centre=around.centre, held=held, by=by(around.ben), at=at)
    other = replace(first, kind=Kind.CASE_REVIEW, present=[*first.present, *first.present])
    record = late_entry.enter_late(centre=around.centre, held=other, by=MAKER, at=at)
    assert record.contents["present"] == [around.crisis.organisation.name]


def paper(circle: Circle, *, started_at: datetime, minutes: int) -> Held:
    return Held(
        kind=Kind.DAILY,
        started_at=started_at,
        closed_at=started_at + timedelta(minutes=minutes),
        chair=circle.ana,
        present=[circle.crisis.organisation],
        lanes=["safety", "flow"],
        summary="On paper.",
    )


@pytest.mark.parametrize(
    ("ago", "minutes"), [(timedelta(minutes=5), 12), (timedelta(days=8), 12), (timedelta(hours=6), 0)]
)
def test_times_that_cannot_be_are_refused(around: Circle, ago: timedelta, minutes: int) -> None:
    with pytest.raises(ValidationError):
        late_entry.enter_late(
            centre=around.centre, held=paper(around, started_at=NOW - ago, minutes=minutes), by=MAKER, at=NOW
        )


def test_who_chairs_stays_signed_in_while_the_huddle_lasts(around: Circle) -> None:
    huddle = boards.under_way(around)
    assert queries.chairs_now(around.ana.pk, NOW)
    closing.close_huddle(huddle=huddle, summary="", by=MAKER, at=NOW + timedelta(minutes=9))
    assert not queries.chairs_now(around.ana.pk, NOW + timedelta(minutes=10))


def test_every_act_raises_the_version_of_its_own_board_by_one(around: Circle) -> None:
    before = facts.version_of(around.centre.pk)
    huddle = boards.under_way(around)
    huddles.open_lane(huddle=huddle, lane="flow", by=MAKER, at=NOW)
    huddles.open_lane(huddle=huddle, lane="flow", by=MAKER, at=NOW)  # it is open: nothing changes
    boards.card(around)
    assert facts.version_of(around.centre.pk) == before + 3
