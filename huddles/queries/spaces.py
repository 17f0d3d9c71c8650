"""Rooms of a centre: who is in them, who comes next, and everything that is booked in a stretch of time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import F, OuterRef, Q, Subquery

from huddles.models import Space, SpaceBooking
from huddles.models.spaces import LONGEST_BOOKING

if TYPE_CHECKING:
    from partners.models import Centre

AHEAD = timedelta(hours=24)
"""How far ahead "next" looks."""


@dataclass(frozen=True, slots=True)
class SpaceNow:
    """A room at an instant: the booking that is on, and the next one within a day."""

    space: Space
    now: SpaceBooking | None
    following: SpaceBooking | None


def spaces_of(centre: "Centre", *, retired: bool = False) -> list[Space]:
    """Return a centre's rooms in its order: those in use, or with `retired` all."""
    found = Space.objects.filter(centre=centre).order_by("-active", "position", "name", "pk")
    return list(found if retired else found.filter(active=True))


def space_by_code(centre: "Centre", code: str) -> Space | None:
    """Return the centre's room with a code, retired or not."""
    return Space.objects.filter(centre=centre, code=code).first()


def overlapping(start: datetime, end: datetime) -> Q:
    """Return the condition that a booking stands and has an instant in common with the time between two."""
    return Q(cancelled_at__isnull=True, starts_at__gt=start - LONGEST_BOOKING, starts_at__lt=end, ends_at__gt=start)


def bookings_between(spaces: Iterable[Space], start: datetime, end: datetime) -> dict[int, list[SpaceBooking]]:
    """Return the bookings of some rooms that reach into a time, by room and start. One query."""
    found: dict[int, list[SpaceBooking]] = {space.pk: [] for space in spaces}
    rows = SpaceBooking.objects.filter(overlapping(start, end), space__in=found)
    for booking in rows.select_related("team", "episode", "booked_by").order_by("starts_at", "pk"):
        found[booking.space_id].append(booking)
    return found


def spaces_now(centre: "Centre", at: datetime) -> list[SpaceNow]:
    """Return every room in use with who is in it and who is next. Two queries, however many rooms."""
    spaces = spaces_of(centre)
    ahead = SpaceBooking.objects.filter(space=OuterRef("pk"), cancelled_at__isnull=True).order_by("starts_at")
    on = Subquery(ahead.filter(overlapping(at, at + timedelta(microseconds=1))).values("pk")[:1])
    coming = Subquery(ahead.filter(starts_at__gt=at, starts_at__lte=at + AHEAD).values("pk")[:1])
    chosen = Space.objects.filter(pk__in=[space.pk for space in spaces]).annotate(on=on, coming=coming)
    rows = SpaceBooking.objects.filter(
        Q(pk__in=chosen.filter(on__isnull=False).values("on"))
        | Q(pk__in=chosen.filter(coming__isnull=False).values("coming"))
    ).select_related("team", "episode")
    now: dict[int, SpaceBooking] = {}
    following: dict[int, SpaceBooking] = {}
    for booking in rows:
        (now if booking.starts_at <= at else following)[booking.space_id] = booking
    return [SpaceNow(space, now.get(space.pk), following.get(space.pk)) for space in spaces]


def in_use(centre: "Centre", at: datetime) -> dict[int, str]:
    """Return the name of the room that each episode's person is in, by episode. One query."""
    rows = SpaceBooking.objects.filter(
        overlapping(at, at + timedelta(microseconds=1)), space__centre=centre, episode__isnull=False
    )
    return dict(rows.order_by("starts_at", "pk").values_list("episode_id", F("space__name")))


def booking_at(centre: "Centre", booking_id: int) -> SpaceBooking | None:
    """Return a booking of a centre's room, cancelled or not."""
    found = SpaceBooking.objects.select_related("space__centre", "team", "episode", "booked_by")
    return found.filter(pk=booking_id, space__centre=centre).first()


def suiting(
    spaces: Sequence[Space],
    *,
    seats: int = 0,
    quiet: bool = False,
    sensory_aware: bool = False,
    accessible: bool = False,
) -> list[Space]:
    """Return the rooms that suit what is asked for, in the same order."""
    return [
        space
        for space in spaces
        if space.seats >= seats
        and (space.quiet or not quiet)
        and (space.sensory_aware or not sensory_aware)
        and (space.accessible or not accessible)
    ]
