"""Streams that a centre sends referrals into, and the team at its front door."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from huddles.models import FrontDoor, Stream
from huddles.queries import streams as queries
from huddles.services import board
from nhc import audit, changes
from nhc.actors import Actor
from nhc.audit import Detail
from partners.queries import directory

if TYPE_CHECKING:
    from partners.models import Centre, Team

LONGEST_CODE = 40
USUAL: tuple[tuple[str, str, str], ...] = (
    ("meets", "Weekly meeting", "Talked through by the multidisciplinary team, once a week"),
    ("outreach", "Outreach", "Somebody goes to where the person is"),
    ("single", "One professional", "One person can do what is needed"),
    ("joint", "Joint prompt action", "Several partners act together, today or tomorrow"),
)
"""How a stream works, its name and what it is for: what most centres begin with."""


class StaleStreamError(ValidationError):
    """Somebody else has changed the stream since: `stream` is how it stands now."""

    def __init__(self, stream: Stream) -> None:
        super().__init__("Somebody else has changed this stream since you opened it. Compare, then save again.")
        self.stream = stream


@transaction.atomic
def add_stream(
    *, centre: "Centre", name: str, what_for: str, how: str, position: int, by: Actor, at: datetime
) -> Stream:
    """Add a stream. Raises ValidationError where the centre has one of that name."""
    board.in_turn(centre.pk)
    stream = Stream(
        centre=centre,
        code=code_of(name),
        name=name.strip(),
        what_for=what_for.strip(),
        how=how,
        position=position,
    )
    stream.full_clean()
    stream.save(force_insert=True)
    _record(stream, "stream.added", by, at)
    return stream


@transaction.atomic
def begin_with_usual_streams(*, centre: "Centre", by: Actor, at: datetime) -> list[Stream]:
    """Add the streams that most centres begin with, in their order; none that the centre has already."""
    board.in_turn(centre.pk)
    had = {stream.code for stream in queries.streams_of(centre, retired=True)}
    return [
        add_stream(centre=centre, name=name, what_for=what_for, how=how, position=place, by=by, at=at)
        for place, (how, name, what_for) in enumerate(USUAL)
        if code_of(name) not in had
    ]


@transaction.atomic
def edit_stream(
    *,
    stream: Stream,
    version: int,
    name: str,
    what_for: str,
    how: str,
    position: int,
    active: bool,
    by: Actor,
    at: datetime,
) -> Stream:
    """Change a stream's words, its place, or whether it takes referrals. Its code stays.

    Raises StaleStreamError.
    """
    locked = Stream.objects.select_for_update(of=("self",)).select_related("centre").get(pk=stream.pk)
    wanted = {"name": name.strip(), "what_for": what_for.strip(), "how": how, "position": position, "active": active}
    fields = [field for field, value in wanted.items() if getattr(locked, field) != value]
    if not fields:
        return locked
    if locked.version != version:
        raise StaleStreamError(locked)
    for field in fields:
        setattr(locked, field, wanted[field])
    locked.version += 1
    locked.full_clean()
    changes.store(locked)
    _record(locked, "stream.edited", by, at, fields=list(fields), version=locked.version)
    return locked


@transaction.atomic
def open_front_door(
    *, centre: "Centre", team: "Team", self_referral: bool, by: Actor, at: datetime
) -> tuple[FrontDoor, list[Stream]]:
    """Set the front door and, where the centre has no stream, add the usual ones: return what was set and added.

    Without a stream nothing that is received can be triaged. Raises as `set_front_door`.
    """
    door = set_front_door(centre=centre, team=team, self_referral=self_referral, by=by, at=at)
    if queries.streams_of(centre, retired=True):
        return door, []
    return door, begin_with_usual_streams(centre=centre, by=by, at=at)


@transaction.atomic
def set_front_door(*, centre: "Centre", team: "Team", self_referral: bool, by: Actor, at: datetime) -> FrontDoor:
    """Let a team receive the centre's referrals from now on. What was received stays with whoever is responsible.

    Raises ValidationError for a team that is not open at the centre, and where another was set since.
    """
    board.in_turn(centre.pk)
    # The team is held too: it does not close before it is the front door.
    if directory.teams_at(centre, at).select_for_update(of=("self",), no_key=True).filter(pk=team.pk).first() is None:
        raise ValidationError({"team": "Choose a team that works at this centre now."})
    now = Q(ends_at__isnull=True) | Q(ends_at__gt=at)
    held = FrontDoor.objects.select_for_update(of=("self",)).filter(now, centre=centre).first()
    if held is not None:
        if (held.team_id, held.self_referral) == (team.pk, self_referral):
            return held
        if held.starts_at >= at:
            raise ValidationError("Somebody else has just set the front door. Look at it, then try again.")
        held.ends_at = at
        held.save(update_fields=["ends_at"])
    door = FrontDoor(centre=centre, team=team, self_referral=self_referral, starts_at=at)
    door.full_clean()
    door.save(force_insert=True)
    audit.record(
        by=by,
        at=at,
        verb="front_door.set",
        subject="frontdoor",
        subject_id=door.pk,
        details={"team": team.pk, "self_referral": self_referral},
        centre=centre.slug,
    )
    return door


def code_of(name: str) -> str:
    """Return the code that a name makes. Raises ValidationError for a name without a letter or digit."""
    code = slugify(name)[:LONGEST_CODE].strip("-_").replace("_", "-")
    if not code:
        raise ValidationError({"name": "Use letters or digits in the name."})
    return code


def _record(stream: Stream, verb: str, by: Actor, at: datetime, **details: Detail) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="stream",
        subject_id=stream.pk,
        details={"code": stream.code, **details},
        centre=stream.centre.slug,
    )
