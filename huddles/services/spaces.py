"""Rooms of a centre and their bookings: never two at once, and what was booked is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from huddles.models import Space, SpaceBooking
from huddles.models.spaces import LONGEST_BOOKING
from huddles.references import scoped
from huddles.services import board
from huddles.services.streams import code_of
from nhc import changes
from nhc.actors import Actor
from nhc.audit import Detail
from nhc.formats import counted

if TYPE_CHECKING:
    from huddles.models import Episode
    from partners.models import Centre, Team


@dataclass(frozen=True, slots=True)
class Room:
    """What a centre says of a room."""

    name: str
    seats: int
    quiet: bool = False
    sensory_aware: bool = False
    accessible: bool = False
    notes: str = ""
    position: int = 0
    active: bool = True


@dataclass(frozen=True, slots=True)
class Booking:
    """Which room a team has, from when until when, for what, and perhaps for the person of an episode."""

    space: Space
    team: "Team"
    starts_at: datetime
    ends_at: datetime
    purpose: str
    episode: "Episode | None" = None


class StaleSpaceError(ValidationError):
    """Somebody else has changed the room since: `space` is how it stands now."""

    def __init__(self, space: Space) -> None:
        super().__init__("Somebody else has changed this room since you opened it. Compare, then save again.")
        self.space = space


class BookedError(ValidationError):
    """The room is taken at that time."""


def room_of(space: Space) -> Room:
    """Return what a centre says of a room."""
    return Room(**{field: getattr(space, field) for field in Room.__slots__})


@transaction.atomic
def add_space(*, centre: "Centre", room: Room, by: Actor, at: datetime) -> Space:
    """Add a room. Raises ValidationError where the centre has one of that name."""
    board.in_turn(centre.pk)
    space = Space(centre=centre, code=code_of(room.name), **asdict(room))
    space.full_clean()
    space.save(force_insert=True)
    _record(space, "space.added", "space", space.pk, by, at)
    return space


@transaction.atomic
def edit_space(*, space: Space, version: int, room: Room, by: Actor, at: datetime) -> Space:
    """Change what is said of a room, or take it out of use. Its code stays.

    Raises StaleSpaceError, and ValidationError for a room that goes out of use with bookings left.
    """
    locked = Space.objects.select_for_update(of=("self",)).select_related("centre").get(pk=space.pk)
    before, wanted = asdict(room_of(locked)), asdict(room)
    fields = [field for field, value in wanted.items() if before[field] != value]
    if not fields:
        return locked
    if locked.version != version:
        raise StaleSpaceError(locked)
    left = SpaceBooking.objects.filter(space=locked, cancelled_at__isnull=True, ends_at__gt=at).count()
    if locked.active and not room.active and left:
        raise ValidationError({"active": f"The room has {counted(left, 'booking')} left. Cancel or move them first."})
    for field in fields:
        setattr(locked, field, wanted[field])
    locked.version += 1
    locked.full_clean()
    changes.store(locked)
    _record(locked, "space.edited", "space", locked.pk, by, at, fields=list(fields), version=locked.version)
    return locked


@transaction.atomic
def book_space(*, booking: Booking, form_key: UUID | None = None, by: Actor, at: datetime) -> SpaceBooking:
    """Book a room. The same form sent again with the same in it changes nothing.

    Raises BookedError where it is taken then, and ValidationError for a time that is over, a room out of use, a team
    or an episode of another centre.
    """
    if by.user_id is None:
        raise ValidationError("A person books a room.")
    # Bookings of one room wait for each other here, so that whoever comes second reads why and not an error.
    space = Space.objects.select_for_update(of=("self",)).select_related("centre").get(pk=booking.space.pk)
    key = None if form_key is None else _key_of(form_key, booking, by.user_id)
    sent = None if key is None else SpaceBooking.objects.filter(form_key=key).first()
    if sent is not None:
        return sent
    _check(space, booking, at)
    made = SpaceBooking(
        space=space,
        team=booking.team,
        episode=booking.episode,
        purpose=booking.purpose,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        booked_by_id=by.user_id,
        booked_at=at,
        form_key=key,
    )
    made.full_clean(validate_constraints=False)
    with _one_at_a_time():
        made.save(force_insert=True)
    _record(space, "space.booked", "spacebooking", made.pk, by, at, team=booking.team.pk, purpose=booking.purpose)
    return made


@transaction.atomic
def end_booking(*, booking: SpaceBooking, by: Actor, at: datetime) -> SpaceBooking:
    """Let a room go before its booking ends. Raises ValidationError where nobody has it now."""
    locked = _locked(booking)
    if locked.cancelled_at is not None or not locked.starts_at < at < locked.ends_at:
        raise ValidationError("Nobody has the room by this booking now, so there is nothing to end.")
    locked.ends_at = at
    locked.version += 1
    locked.save(update_fields=["ends_at", "version"])
    _record(locked.space, "booking.ended", "spacebooking", locked.pk, by, at, version=locked.version)
    return locked


@transaction.atomic
def cancel_booking(*, booking: SpaceBooking, by: Actor, at: datetime) -> SpaceBooking:
    """Cancel a booking that has not begun. Cancelling again changes nothing. Raises ValidationError once it began."""
    locked = _locked(booking)
    if locked.cancelled_at is not None:
        return locked
    if locked.starts_at <= at:
        raise ValidationError("This booking has begun. End it instead.")
    locked.cancelled_at = at
    locked.version += 1
    locked.save(update_fields=["cancelled_at", "version"])
    _record(locked.space, "booking.cancelled", "spacebooking", locked.pk, by, at, version=locked.version)
    return locked


def _key_of(form_key: UUID, booking: Booking, user_id: int) -> UUID:
    """Return the key of what was asked for: a form that somebody goes back to and changes asks for something else."""
    times = (booking.starts_at.astimezone(UTC), booking.ends_at.astimezone(UTC))
    episode = None if booking.episode is None else booking.episode.pk
    return scoped(form_key, user_id, booking.space.pk, booking.team.pk, *times, booking.purpose, episode)


def _check(space: Space, booking: Booking, at: datetime) -> None:
    if not space.active:
        raise ValidationError({"space": f"{space.name} is not in use. Choose another room."})
    if booking.team.centre_id != space.centre_id:
        raise ValidationError({"team": "Choose a team of this centre."})
    if booking.episode is not None and booking.episode.centre_id != space.centre_id:
        raise ValidationError({"episode": "Choose somebody who is supported at this centre."})
    if booking.ends_at <= booking.starts_at:
        raise ValidationError({"ends": "A booking must end after it starts."})
    if booking.ends_at - booking.starts_at > LONGEST_BOOKING:
        raise ValidationError({"ends": "A booking must be 24 hours or shorter."})
    if booking.ends_at <= at:
        raise ValidationError({"ends": "This time is over. Book a time that is still to come."})


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "space_one_booking_at_a_time" not in str(error):
            raise
        raise BookedError("The room is booked at that time. Choose another room or time.") from error


def _locked(booking: SpaceBooking) -> SpaceBooking:
    found = SpaceBooking.objects.select_for_update(of=("self",)).select_related("space__centre")
    return found.get(pk=booking.pk)


def _record(space: Space, verb: str, subject: str, subject_id: int, by: Actor, at: datetime, **details: Detail) -> None:
    board.record(verb, subject, subject_id, space.centre, by=by, at=at, organisation="", space=space.code, **details)
