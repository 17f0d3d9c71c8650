"""Forums of a centre: begun, people seated across organisations, and a chair that goes round."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from decisions.models import ChairTerm, Forum, ForumSeat
from decisions.queries import forums as queries
from decisions.services.records import record_event
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.models import User
from partners.queries import agreements as agreement_queries
from partners.queries import organisations as organisation_queries
from partners.queries import staff

if TYPE_CHECKING:
    from partners.models import Centre, Organisation


@transaction.atomic
def begin_forum(*, centre: "Centre", kind: str, name: str, purpose: str = "", by: Actor, at: datetime) -> Forum:
    """Begin a forum. Raises ValidationError where the centre has one of that kind."""
    forum = Forum(centre=centre, kind=kind, code=kind, name=name.strip(), purpose=purpose.strip(), created_at=at)
    forum.full_clean()
    forum.save(force_insert=True)
    record_event("forum.begun", forum, forum, by=by, at=at, kind=kind)
    return forum


@transaction.atomic
def give_seat(*, forum: Forum, user: User, organisation: "Organisation | None", by: Actor, at: datetime) -> ForumSeat:
    """Seat somebody, who speaks for an organisation or, without one, for themselves.

    Raises ValidationError where the organisation is no partner, the person is not one of its people or, without one,
    has no place at the centre, or sits there already.
    """
    lock_forum(forum)
    if organisation is not None:
        if not organisation_queries.is_partner(organisation, forum.centre, london_date(at)):
            raise ValidationError({"organisation": f"{organisation.name} is not a partner of the centre today."})
        if staff.person_of(organisation, user.pk, at) is None:
            sentence = f"{user.name} does not work for {organisation.name}. Choose whom they speak for."
            raise ValidationError({"organisation": sentence})
    elif agreement_queries.organisation_at(user.pk, forum.centre, at) is None:
        raise ValidationError({"email": "Somebody who speaks for themselves has a place at the centre. Give them one."})
    held = Q(ends_at__isnull=True) | Q(ends_at__gt=at)
    if ForumSeat.objects.filter(held, forum=forum, user=user).exists():
        raise ValidationError({"email": f"{user.name} sits here already."})
    seat = ForumSeat(forum=forum, user=user, organisation=organisation, starts_at=at)
    seat.full_clean()
    seat.save(force_insert=True)
    code = "" if organisation is None else organisation.code
    record_event("seat.given", seat, forum, by=by, at=at, organisation=code, user=user.pk)
    return seat


@transaction.atomic
def end_seat(*, seat: ForumSeat, by: Actor, at: datetime) -> ForumSeat:
    """End a seat and, where its holder chairs, their time in the chair. What they said and did stays."""
    lock_forum(seat.forum)
    locked = ForumSeat.objects.select_for_update(of=("self",)).select_related("forum__centre").get(pk=seat.pk)
    if locked.ends_at is not None:
        return locked
    ChairTerm.objects.filter(seat=locked, starts_at__lte=at, ends_at__gt=at).update(ends_at=at)
    locked.ends_at = max(at, locked.starts_at)
    locked.save(update_fields=["ends_at"])
    record_event("seat.ended", locked, locked.forum, by=by, at=at, user=locked.user_id)
    return locked


@transaction.atomic
def pass_chair(
    *, forum: Forum, seat: ForumSeat, ends_at: datetime, reason: str = "", by: Actor, at: datetime
) -> ChairTerm:
    """Let somebody chair until an instant, and record whose turn it was by the rotation and why.

    Raises ValidationError where it is somebody else's turn and no reason is given, or the seat is not held.
    """
    lock_forum(forum)
    chair = queries.chair_of(forum, at)
    if chair.next is None or chair.turn is None:
        raise ValidationError("Nobody sits in this forum yet. Seat its people first.")
    if seat.pk not in {each.pk for each in queries.seats_of(forum, at)}:
        raise ValidationError({"seat": "They do not sit here any more. Choose somebody else."})
    if ends_at <= at:
        raise ValidationError({"until": "The last day comes after today."})
    if seat.pk != chair.next.pk and not reason.strip():
        raise ValidationError(
            {"reason": f"It is the turn of {chair.next.user.name}. Say why somebody else chairs, or choose them."}
        )
    ChairTerm.objects.filter(forum=forum, starts_at__lte=at, ends_at__gt=at).update(ends_at=at)
    term = ChairTerm(
        forum=forum,
        seat=seat,
        in_turn=chair.next,
        why=chair.turn.why,
        reason="" if seat.pk == chair.next.pk else reason.strip(),
        starts_at=at,
        ends_at=ends_at,
    )
    term.full_clean()
    term.save(force_insert=True)
    in_turn = seat.pk == chair.next.pk
    record_event("chair.passed", term, forum, by=by, at=at, user=seat.user_id, in_turn=in_turn)
    return term


def speaks_for(user_id: int, forum: Forum, at: datetime) -> "Organisation | None":
    """Return whom a person speaks for in a forum: that of their seat, or else that of their place at the centre."""
    seat = queries.seat_of(user_id, forum, at)
    return seat.organisation if seat is not None else agreement_queries.organisation_at(user_id, forum.centre, at)


def lock_forum(forum: Forum) -> None:
    """Hold who sits in a forum as it is until the transaction ends. Comes before every lock of what lies with it."""
    Forum.objects.select_for_update(of=("self",), no_key=True).get(pk=forum.pk)
