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
from nhc import audit
from nhc.actors import Actor
from partners import hours
from partners.lifecycle import IllegalMoveError, check_move
from partners.queries import people

if TYPE_CHECKING:
    from nhc.models import User
    from partners.models import Centre

PLANNED_AHEAD = 2
"""Operational days for which huddles are planned: today's and tomorrow's."""


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
    Huddle.objects.filter(
        centre=centre,
        kind=meeting.kind,
        turn=meeting.turn,
        state=HuddleState.PLANNED,
        operational_date__gte=day,
        moves__isnull=True,
    ).delete()
    _plan([made], day, at)
    board.record("huddle.scheduled", "schedule", made.pk, centre, by=by, at=at, kind=made.kind, turn=made.turn)
    return made


@transaction.atomic
def end_schedule(*, schedule: HuddleSchedule, by: Actor, at: datetime) -> None:
    """Let a centre hold a huddle no longer: the ones that were planned for later go. Twice changes nothing."""
    centre = schedule.centre
    day = hours.operational_date(at, centre.day_starts)
    locked = HuddleSchedule.objects.select_for_update().get(pk=schedule.pk)
    if locked.until_date is not None and locked.until_date <= day:
        return
    locked.until_date = max(day, locked.from_date)
    locked.save(update_fields=["until_date"])
    Huddle.objects.filter(
        centre=centre, kind=locked.kind, turn=locked.turn, state=HuddleState.PLANNED, planned_at__gt=at
    ).delete()
    board.record("huddle.unscheduled", "schedule", locked.pk, centre, by=by, at=at, kind=locked.kind, turn=locked.turn)


@transaction.atomic
def plan_huddles(*, by: Actor, at: datetime) -> int:
    """Plan the huddles of today and tomorrow at every centre; return how many that made. Safe to repeat."""
    made = 0
    for centre_id, schedules in _by_centre(at).items():
        found = sum(_plan([schedule], day, at) for schedule, day in schedules)
        if found:
            made += found
            board.changed(centre_id, at=at)
    if made:
        audit.record(
            by=by, at=at, verb="huddles.planned", subject="huddles", subject_id=at.date(), details={"huddles": made}
        )
    return made


def _by_centre(at: datetime) -> "dict[int, list[tuple[HuddleSchedule, date]]]":
    """Return by centre which schedules plan which days. In order of centres: boards are locked in that order."""
    found: dict[int, list[tuple[HuddleSchedule, date]]] = {}
    first = hours.operational_date(at, time()) - timedelta(days=1)
    for day in (first + timedelta(days=ahead) for ahead in range(PLANNED_AHEAD + 1)):
        for schedule in queries.schedules_on(day):
            today = hours.operational_date(at, schedule.centre.day_starts)
            if today <= day < today + timedelta(days=PLANNED_AHEAD):
                found.setdefault(schedule.centre_id, []).append((schedule, day))
    return dict(sorted(found.items()))


def _plan(schedules: Sequence[HuddleSchedule], first: date, at: datetime) -> int:
    """Plan a day's huddles of some schedules where their time is still to come; return how many that made."""
    wanted = []
    for schedule in schedules:
        planned_at = instant_on(schedule.centre, first, schedule.starts)
        if first.weekday() not in schedule.weekdays or planned_at < at:
            continue
        wanted.append(
            Huddle(
                centre=schedule.centre,
                operational_date=first,
                kind=schedule.kind,
                turn=schedule.turn,
                state=HuddleState.PLANNED,
                planned_at=planned_at,
                agenda=schedule.agenda,
                timer_minutes=schedule.timer_minutes,
            )
        )
    there = Huddle.objects.filter(operational_date=first, centre__in=[each.centre_id for each in wanted])
    known = set(there.values_list("centre_id", "kind", "turn"))
    new = [each for each in wanted if (each.centre_id, each.kind, each.turn) not in known]
    return len(Huddle.objects.bulk_create(new, ignore_conflicts=True))


def instant_on(centre: "Centre", day: date, starts: time) -> datetime:
    """Return when a time of day happens in a centre's operational day: before its start, it is on the next date."""
    on = day if starts >= centre.day_starts else day + timedelta(days=1)
    return hours.first(datetime.combine(on, starts))


@transaction.atomic
def start_huddle(*, huddle: Huddle, chair: "User", by: Actor, at: datetime) -> Huddle:
    """Start a planned huddle of today with somebody in the chair. Raises IllegalMoveError for any other."""
    locked = lock(huddle)
    if locked.operational_date != hours.operational_date(at, locked.centre.day_starts):
        raise IllegalMoveError("This huddle is planned for another day. Start one that was not planned instead.")
    return _start(locked, chair, by, at)


@transaction.atomic
def start_unplanned(*, centre: "Centre", kind: str, chair: "User", by: Actor, at: datetime) -> Huddle:
    """Start a huddle that nobody had planned. Raises IllegalMoveError while one of its kind is under way."""
    if kind not in {each.value for each in Kind}:
        raise ValidationError({"kind": "Choose a kind of huddle."})
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
    huddle.save()
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
    locked.save()
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
    """Return a huddle, locked, with its centre."""
    return Huddle.objects.select_for_update(of=("self",)).select_related("centre", "chair").get(pk=huddle.pk)


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


def _end_schedule(centre: "Centre", meeting: Meeting, day: date) -> None:
    held = HuddleSchedule.objects.select_for_update().filter(centre=centre, kind=meeting.kind, turn=meeting.turn)
    for schedule in held.exclude(until_date__lte=day):
        schedule.until_date = max(day, schedule.from_date)
        schedule.save(update_fields=["until_date"])
