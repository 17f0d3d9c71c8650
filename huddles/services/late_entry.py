"""Writing up afterwards, with the true times, what was held on paper while the service was down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from huddles import agenda
from huddles.agenda import Kind
from huddles.lifecycle import HUDDLE_MOVES, HuddleState
from huddles.models import Attendance, Huddle, HuddleRecord, LaneVisit
from huddles.queries import huddle as queries
from huddles.services import board, closing
from huddles.services.cards import LATE_AT_MOST, plain
from huddles.services.huddles import lock
from nhc.actors import Actor
from nhc.clock import london_date
from partners import hours
from partners.lifecycle import check_move
from partners.queries import organisations, people

if TYPE_CHECKING:
    from nhc.models import User
    from partners.models import Centre, Organisation

LONGEST = timedelta(hours=4)
NEAR = timedelta(hours=2)
"""How far from its planned time a huddle was held on paper that is still taken for it."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a huddle on paper was: its true times, who chaired, who was there and which lanes were gone through."""

    kind: str
    started_at: datetime
    closed_at: datetime
    chair: "User"
    present: "Sequence[Organisation]"
    lanes: Sequence[str]
    summary: str


@transaction.atomic
def enter_late(*, centre: "Centre", held: Held, by: Actor, at: datetime) -> HuddleRecord:
    """Enter a huddle that was held while the service was down. It takes the place of the one that reads as missed.

    The record says when it was held and when it was entered. Raises ValidationError for times that cannot be.
    """
    board.in_turn(centre.pk)
    _check(centre, held, at)
    day = hours.operational_date(held.started_at, centre.day_starts)
    huddle = _place(centre, held, day_of=held.started_at)
    standing = people.standing(held.chair.pk, held.started_at)
    placements = [each for each in standing.placements if each.centre_id == centre.pk]
    if not placements:
        raise ValidationError({"chair": "Choose somebody who worked at the centre then."})
    huddle.chair, huddle.chair_organisation_id = held.chair, placements[0].organisation_id
    huddle.operational_date, huddle.started_at = day, held.started_at
    huddle.summary, huddle.entered_late_at = plain(held.summary), at
    for organisation in dict.fromkeys(held.present):
        Attendance.objects.create(huddle=huddle, organisation=organisation, here=True, user_id=by.user_id, marked_at=at)
    for lane in agenda.in_order(held.lanes):
        LaneVisit.objects.create(huddle=huddle, lane=lane, user_id=by.user_id, opened_at=held.started_at)
    return closing.freeze(huddle, ended_at=held.closed_at, by=by, at=at, words="It was entered afterwards.")


def _check(centre: "Centre", held: Held, at: datetime) -> None:
    if held.kind not in {each.value for each in Kind}:
        raise ValidationError({"kind": "Choose a kind of huddle."})
    if not held.started_at < held.closed_at <= at:
        raise ValidationError({"closed_at": "It must end after it started, and before now."})
    if held.closed_at - held.started_at > LONGEST:
        raise ValidationError({"closed_at": "A huddle is 4 hours or shorter. Check both times."})
    if held.started_at < at - LATE_AT_MOST:
        raise ValidationError({"started_at": "Enter a huddle of the last 7 days."})
    day = london_date(held.started_at)
    if queries.held_in(centre, held.kind, held.started_at, held.closed_at):
        raise ValidationError("A huddle of this kind at that time is on record already. Look for it in the history.")
    if any(not organisations.is_partner(each, centre, day) for each in held.present):
        raise ValidationError({"present": "Choose partners of the centre."})


def _place(centre: "Centre", held: Held, *, day_of: datetime) -> Huddle:
    """Return, locked, the huddle of that day and kind that was not held, nearest in time; or a new one."""
    day = hours.operational_date(day_of, centre.day_starts)
    waiting = [
        each
        for each in queries.of_day(centre, day)
        if each.kind == held.kind
        and each.state in {HuddleState.PLANNED, HuddleState.MISSED}
        and abs(each.planned_at - day_of) <= NEAR
    ]
    if waiting:
        nearest = lock(min(waiting, key=lambda each: abs(each.planned_at - day_of)))
        check_move(HUDDLE_MOVES, HuddleState(nearest.state), HuddleState.CLOSED)
        return nearest
    return Huddle.objects.create(
        centre=centre,
        operational_date=day,
        kind=held.kind,
        turn=queries.next_turn_of(centre, held.kind, day),
        state=HuddleState.PLANNED,
        planned_at=day_of,
        agenda=list(agenda.AGENDAS[Kind(held.kind)]),
        timer_minutes=agenda.TIMERS[Kind(held.kind)],
    )
