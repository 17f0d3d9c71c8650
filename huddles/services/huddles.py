"""Huddles: planned from a centre's schedule, started, chaired, and gone through a lane at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from huddles import agenda
from huddles.agenda import Kind
from huddles.lifecycle import HUDDLE_MOVES, HuddleState
from huddles.models import Huddle, HuddleMove, HuddleSchedule, LaneVisit
from huddles.queries import huddle as queries
from huddles.services import board
from nhc import changes
from nhc.actors import Actor
from partners import hours
from partners.lifecycle import IllegalMoveError, check_move
from partners.queries import people

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from nhc.models import User
    from partners.models import Centre

PLANNED_AHEAD = 2
"""Operational days for which huddles are planned: today's and tomorrow's."""
PLANNED_BACK = 14
"""Operational days that are over and are caught up with where nobody planned them."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """When a kind of huddle is held: on weekdays (Monday is 0), at a time in London, and what it goes through."""

    kind: str
    turn: int
    weekdays: Sequence[int]
    starts: time
    agenda: Sequence[str]
    timer_minutes: int = 15


@transaction.atomic
def set_schedule(*, centre: "Centre", meeting: Meeting, by: Actor, at: datetime) -> HuddleSchedule:
    """Let a centre hold a huddle at a time from today on, in place of what it had for that kind and turn.

    A huddle of today that has not begun moves with it. Raises ValidationError where no day, lane or time is right.
    """
    board.in_turn(centre.pk)
    day = hours.operational_date(at, centre.day_starts)
    _end_schedule(centre, meeting, day)
    made = HuddleSchedule(
        centre=centre,
        kind=meeting.kind,
        turn=meeting.turn,
        weekdays=sorted(set(meeting.weekdays)),
        starts=meeting.starts,
        timer_minutes=meeting.timer_minutes,
        agenda=agenda.in_order(meeting.agenda),
        from_date=day,
    )
    made.full_clean(exclude=["centre"])
    made.save(force_insert=True)
    _forget(queries.planned(made).filter(operational_date__gte=day))
    today = _asked_for(made, day, at)
    if today is not None and _turn(today) not in queries.turns_between(day, day + timedelta(days=1), centre):
        today.save(force_insert=True)
    board.record("huddle.scheduled", "schedule", made.pk, centre, by=by, at=at, kind=made.kind, turn=made.turn)
    return made


@transaction.atomic
def end_schedule(*, schedule: HuddleSchedule, by: Actor, at: datetime) -> None:
    """Let a centre hold a huddle no longer: the ones that were planned for later go. Twice changes nothing."""
    centre = schedule.centre
    board.in_turn(centre.pk)
    day = hours.operational_date(at, centre.day_starts)
    locked = HuddleSchedule.objects.select_for_update().get(pk=schedule.pk)
    if locked.until_date is not None and locked.until_date <= day:
        return
    locked.until_date = max(day, locked.from_date)
    locked.save(update_fields=["until_date"])
    _forget(queries.planned(locked).filter(planned_at__gt=at))
    board.record("huddle.unscheduled", "schedule", locked.pk, centre, by=by, at=at, kind=locked.kind, turn=locked.turn)


def plan_huddles(*, by: Actor, at: datetime) -> int:
    """Plan the huddles of today and tomorrow, a centre at a time; return how many that made. Safe to repeat.

    Days on which nobody planned, because the service was away, are caught up with: what was not held then was missed.
    """
    return sum(_plan(centre, by, at) for centre in _not_planned(at))


def _not_planned(at: datetime, centre: "Centre | None" = None) -> "dict[Centre, list[Huddle]]":
    """Return the huddles that schedules ask for and that are not there, of one centre or of all. Two queries."""
    today = hours.operational_date(at, time())
    first, until = today - timedelta(days=PLANNED_BACK + 1), today + timedelta(days=PLANNED_AHEAD)
    there = queries.turns_between(first, until, centre)
    found: dict[Centre, list[Huddle]] = {}
    for schedule in queries.schedules_between(first, until, centre):
        today = hours.operational_date(at, schedule.centre.day_starts)
        for day in (today + timedelta(days=ahead) for ahead in range(-PLANNED_BACK, PLANNED_AHEAD)):
            huddle = _asked_for(schedule, day, at)
            if huddle is not None and _turn(huddle) not in there:
                found.setdefault(schedule.centre, []).append(huddle)
    return found


def _turn(huddle: Huddle) -> tuple[int, date, str, int]:
    return huddle.centre_id, huddle.operational_date, huddle.kind, huddle.turn


def _asked_for(schedule: HuddleSchedule, day: date, at: datetime) -> Huddle | None:
    """Return the huddle of an operational day that a schedule asks for, if it does.

    Nobody could have held one whose time had passed on the day when the schedule was made.
    """
    if day < schedule.from_date or (schedule.until_date is not None and day >= schedule.until_date):
        return None
    planned_at = instant_on(schedule.centre, day, schedule.starts)
    if day.weekday() not in schedule.weekdays or (day == schedule.from_date and planned_at < at):
        return None
    return Huddle(
        centre=schedule.centre,
        operational_date=day,
        kind=schedule.kind,
        turn=schedule.turn,
        state=HuddleState.PLANNED,
        planned_at=planned_at,
        agenda=schedule.agenda,
        timer_minutes=schedule.timer_minutes,
    )


@transaction.atomic
def _plan(centre: "Centre", by: Actor, at: datetime) -> int:
    """Plan a centre's huddles that are not there; return how many that made."""
    board.in_turn(centre.pk)
    wanted = _not_planned(at, centre).get(centre, [])
    Huddle.objects.bulk_create(wanted)
    if wanted:
        board.record("huddles.planned", "centre", centre.pk, centre, by=by, at=at, huddles=len(wanted))
    return len(wanted)


def instant_on(centre: "Centre", day: date, starts: time) -> datetime:
    """Return when a time of day happens in a centre's operational day: before its start, it is on the next date."""
    on = day if starts >= centre.day_starts else day + timedelta(days=1)
    return hours.first(datetime.combine(on, starts))


@transaction.atomic
def start_huddle(*, huddle: Huddle, chair: "User", by: Actor, at: datetime) -> Huddle:
    """Start a planned huddle of today with somebody in the chair. Raises IllegalMoveError for any other."""
    board.in_turn(huddle.centre_id)
    locked = lock(huddle)
    if locked.operational_date != hours.operational_date(at, locked.centre.day_starts):
        raise IllegalMoveError("This huddle is planned for another day. Start one that was not planned instead.")
    return _start(locked, chair, by, at)


@transaction.atomic
def start_unplanned(*, centre: "Centre", kind: str, chair: "User", by: Actor, at: datetime) -> Huddle:
    """Start a huddle that nobody had planned. Raises IllegalMoveError while one of its kind is under way."""
    if kind not in {each.value for each in Kind}:
        raise ValidationError({"kind": "Choose a kind of huddle."})
    board.in_turn(centre.pk)
    day = hours.operational_date(at, centre.day_starts)
    schedule = queries.last_schedule(centre, kind, day)
    huddle = Huddle(
        centre=centre,
        operational_date=day,
        kind=kind,
        turn=queries.next_turn_of(centre, kind, day),
        state=HuddleState.PLANNED,
        planned_at=at,
        agenda=list(agenda.AGENDAS[Kind(kind)] if schedule is None else schedule.agenda),
        timer_minutes=agenda.TIMERS[Kind(kind)] if schedule is None else schedule.timer_minutes,
    )
    huddle.full_clean(exclude=["centre", "chair"])
    huddle.save(force_insert=True)
    return _start(huddle, chair, by, at)


def _start(huddle: Huddle, chair: "User", by: Actor, at: datetime) -> Huddle:
    check_move(HUDDLE_MOVES, HuddleState(huddle.state), HuddleState.LIVE)
    if queries.under_way(huddle.centre, huddle.kind) is not None:
        raise IllegalMoveError("A huddle of this kind is under way. Go on with it, or close it first.")
    suggested = queries.suggested_chair(huddle.centre, at)
    huddle.chair_why = "" if suggested is None else suggested.why
    _seat(huddle, chair, at)
    huddle.state, huddle.started_at = HuddleState.LIVE, at
    huddle.version += 1
    changes.store(huddle)
    move(huddle, by, at)
    board.record("huddle.started", "huddle", huddle.pk, huddle.centre, by=by, at=at, kind=huddle.kind)
    return huddle


@transaction.atomic
def pass_chair(*, huddle: Huddle, chair: "User", by: Actor, at: datetime) -> Huddle:
    """Let somebody else chair a huddle that is under way. Raises IllegalMoveError where it is not."""
    locked = lock(huddle)
    must_be_live(locked)
    if locked.chair_id == chair.pk:
        return locked
    _seat(locked, chair, at)
    locked.version += 1
    changes.store(locked)
    move(locked, by, at, words="The chair passed on.")
    board.record("huddle.chair-passed", "huddle", locked.pk, locked.centre, by=by, at=at)
    return locked


@transaction.atomic
def open_lane(*, huddle: Huddle, lane: str, by: Actor, at: datetime) -> Huddle:
    """Open a lane of a huddle that is under way: it is gone through now. Opening it again changes nothing.

    Raises IllegalMoveError where the huddle is not under way, ValidationError for a lane that the board has not.
    """
    locked = lock(huddle)
    must_be_live(locked)
    if lane not in agenda.LANES:
        raise ValidationError({"lane": "Choose a lane of the board."})
    if locked.lane == lane:
        return locked
    LaneVisit.objects.create(huddle=locked, lane=lane, user_id=by.user_id, opened_at=at)
    locked.lane = lane
    locked.version += 1
    locked.save(update_fields=["lane", "version"])
    board.record("huddle.lane-opened", "huddle", locked.pk, locked.centre, by=by, at=at, lane=lane)
    return locked


def lock(huddle: Huddle) -> Huddle:
    """Return a huddle, locked, with its centre. Raises IllegalMoveError where it is planned no longer."""
    found = Huddle.objects.select_for_update(of=("self",), no_key=True).select_related("centre", "chair")
    locked = found.filter(pk=huddle.pk).first()
    if locked is None:
        raise IllegalMoveError("This huddle is not planned any more: its time was changed. Look at the board again.")
    return locked


def hold_open(centre: "Centre", huddle_id: int | None = None) -> Huddle | None:
    """Return the named huddle if it is under way, else the one that started last; None where none is.

    It does not close before this transaction is over. What is put on the board belongs to it, and nothing joins a
    huddle whose record is frozen.
    """
    under_way = Huddle.objects.filter(centre=centre, state=HuddleState.LIVE).order_by("-started_at", "-pk")
    found = under_way.select_for_update(of=("self",), no_key=True)
    named = None if huddle_id is None else found.filter(pk=huddle_id).first()
    return found.first() if named is None else named


def must_be_live(huddle: Huddle) -> None:
    """Raise IllegalMoveError unless a huddle is under way."""
    if huddle.state != HuddleState.LIVE:
        raise IllegalMoveError("This huddle is not under way, so nothing of it can change.")


def move(huddle: Huddle, by: Actor, at: datetime, *, words: str = "") -> None:
    """Write into a huddle's history how it stands now."""
    HuddleMove.objects.create(
        huddle=huddle, state=huddle.state, chair=huddle.chair, words=words, user_id=by.user_id, moved_at=at
    )


def _seat(huddle: Huddle, chair: "User", at: datetime) -> None:
    placements = [each for each in people.standing(chair.pk, at).placements if each.centre_id == huddle.centre_id]
    if not placements:
        raise ValidationError({"chair": "Choose somebody who works at the centre."})
    huddle.chair = chair
    huddle.chair_organisation_id = placements[0].organisation_id


def _forget(planned: "QuerySet[Huddle]") -> None:
    """Take planned huddles away; one that somebody starts at this moment stays."""
    keys = [huddle.pk for huddle in planned.select_for_update().order_by("pk")]
    Huddle.objects.filter(pk__in=keys).delete()


def _end_schedule(centre: "Centre", meeting: Meeting, day: date) -> None:
    held = HuddleSchedule.objects.select_for_update().filter(centre=centre, kind=meeting.kind, turn=meeting.turn)
    for schedule in held.exclude(until_date__lte=day):
        schedule.until_date = max(day, schedule.from_date)
        schedule.save(update_fields=["until_date"])
