"""Shifts: entered, corrected, cancelled, and covered by somebody else. What was on the rota is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from nhc import audit
from nhc.actors import Actor
from nhc.formats import day_and_time
from nhc.models import User
from partners import hours
from partners.lifecycle import SwapState
from partners.models import DutyRole, Shift, Swap, Team
from partners.models.rota import LONGEST_SHIFT
from partners.queries import rota


class StaleShiftError(ValueError):
    """Someone changed the shift since the page was opened. `current` is the shift as it is now."""

    def __init__(self, current: Shift) -> None:
        super().__init__("The shift was changed meanwhile.")
        self.current = current


class EndedShiftError(ValidationError):
    """The shift was cancelled, covered or swapped meanwhile, or is over."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on, for which team and duty role, from one instant until another."""

    team: Team
    user: User
    duty_role: DutyRole
    starts_at: datetime
    ends_at: datetime


@transaction.atomic
def add_shift(*, duty: Duty, by: Actor, at: datetime) -> Shift:
    """Put a person on the rota.

    Raises ValidationError where they do not work in the team for all of it, or are on another shift then.
    """
    shift = _new(duty, at, source=Shift.Source.PAGE)
    return _insert(shift, "shift.added", by, at)


@transaction.atomic
def edit_shift(*, shift: Shift, version: int, duty: Duty, by: Actor, at: datetime) -> Shift:
    """Correct a shift that is not over: who, for what and when. Swaps that wait for an answer lapse.

    Raises StaleShiftError, EndedShiftError, and ValidationError as `add_shift` does.
    """
    current = lock_live(shift, at, version=version)
    new = _new(duty, at, source=Shift.Source(current.source))
    fields = ["team_id", "user_id", "duty_role_id", "starts_at", "ends_at"]
    changed = [field for field in fields if getattr(current, field) != getattr(new, field)]
    if not changed:
        return current
    check(duty, besides=[current.pk])
    _require_future(new, at)
    if current.began_at <= at and (current.user_id, current.team_id) == (new.user_id, new.team_id):
        # Who is on stays on: correcting the times begins no new shift, and makes it begin no earlier either.
        new.came_on_at = _late(new.starts_at, current.began_at)
    for field in ("team", "user", "duty_role", "starts_at", "ends_at", "came_on_at", "operational_date"):
        setattr(current, field, getattr(new, field))
    current.version += 1
    with one_at_a_time(duty):
        current.save(force_update=True)
    _lapse_swaps(current, at)
    record(current, "shift.edited", by, at, fields=list(changed), version=current.version)
    return current


@transaction.atomic
def cancel_shift(*, shift: Shift, version: int, why: str, by: Actor, at: datetime) -> Shift:
    """Take a shift off the rota, with a reason. Where somebody must be on, that leaves a gap.

    Raises StaleShiftError and EndedShiftError.
    """
    if not why.strip():
        raise ValidationError("Say why the shift is cancelled.")
    current = lock_live(shift, at, version=version)
    end(current, Shift.Ending.CANCELLED, at, why=why.strip())
    record(current, "shift.cancelled", by, at)
    return current


@transaction.atomic
def cover_shift(
    *,
    shift: Shift,
    version: int,
    user: User,
    team: Team,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: Actor,
    at: datetime,
) -> Shift:
    """Let somebody else take a shift or a part of it; return the cover. What is left stays with the person who had it.

    The old shift is cancelled and kept. Raises StaleShiftError, EndedShiftError, and ValidationError as `add_shift`.
    """
    _require_reason(reason)
    current = lock_live(shift, at, version=version)
    if not current.starts_at <= starts_at < ends_at <= current.ends_at:
        raise ValidationError(
            f"Cover must lie within the shift: {day_and_time(current.starts_at)} to {day_and_time(current.ends_at)}."
        )
    if user.pk == current.user_id:
        raise ValidationError(f"{user.name} has this shift already. Choose somebody else to cover it.")
    end(current, Shift.Ending.COVERED, at)
    record(current, "shift.covered", by, at, version=current.version)
    for start, stop in ((current.starts_at, starts_at), (ends_at, current.ends_at)):
        if start < stop:
            kept = Duty(current.team, current.user, current.duty_role, start, stop)
            rest = _new(kept, at, source=Shift.Source.OVERRIDE, covers=current, reason=current.reason)
            rest.came_on_at = _late(start, current.began_at)
            # What somebody already has stays theirs, even where their placement has changed since.
            _save(rest, "shift.kept", by, at)
    duty = Duty(team, user, current.duty_role, starts_at, ends_at)
    covering = _new(duty, at, source=Shift.Source.OVERRIDE, covers=current, reason=reason.strip())
    return _insert(covering, "shift.cover_added", by, at)


@transaction.atomic
def cover_gap(*, duty: Duty, reason: str, by: Actor, at: datetime) -> Shift:
    """Put somebody on where nobody was, with a reason. Raises ValidationError as `add_shift` does."""
    _require_reason(reason)
    shift = _new(duty, at, source=Shift.Source.OVERRIDE, reason=reason.strip())
    return _insert(shift, "shift.cover_added", by, at)


def lock_live(shift: Shift, at: datetime, *, version: int | None = None) -> Shift:
    """Lock a shift that is neither cancelled nor over. Raises StaleShiftError and EndedShiftError."""
    current = (
        Shift.objects.select_for_update(of=("self",))
        .select_related("team__organisation", "duty_role__centre", "user")
        .get(pk=shift.pk)
    )
    if current.cancelled_at is not None:
        how = Shift.Ending(current.cancelled_how).label.lower()
        raise EndedShiftError(f"This shift is off the rota: {how}. Look at the rota for what took its place.")
    if current.ends_at <= at:
        raise EndedShiftError("This shift is over and is kept as it was.")
    if version is not None and current.version != version:
        raise StaleShiftError(current)
    return current


def end(shift: Shift, how: Shift.Ending, at: datetime, *, why: str = "") -> None:
    """Take a locked shift off the rota. Swaps of it that wait for an answer lapse, unless it goes by one."""
    shift.cancelled_at, shift.cancelled_how, shift.cancelled_why = at, how, why
    shift.version += 1
    shift.save(update_fields=["cancelled_at", "cancelled_how", "cancelled_why", "version"])
    _lapse_swaps(shift, at)


def hand_over(shift: Shift, *, to: User, team: Team, by: Actor, at: datetime) -> Shift:
    """Give a shift that just ended by a swap to the other person; return the new shift."""
    duty = Duty(team, to, shift.duty_role, shift.starts_at, shift.ends_at)
    return _insert(_new(duty, at, source=Shift.Source.SWAP, covers=shift), "shift.swapped_in", by, at)


def check(duty: Duty, *, besides: list[int] | None = None) -> None:
    """Raise ValidationError with what to do, unless the person may be put on that duty then."""
    name = duty.user.name
    if duty.ends_at <= duty.starts_at:
        raise ValidationError({"ends_at": "A shift must end after it starts."})
    if duty.ends_at - duty.starts_at > LONGEST_SHIFT:
        raise ValidationError({"ends_at": "A shift must be 24 hours or shorter. Enter it as two."})
    if duty.team.centre_id != duty.duty_role.centre_id:
        raise ValidationError({"team": "The team must work at the centre of the duty role."})
    if duty.duty_role.retired_at is not None:
        raise ValidationError({"duty_role": f"{duty.duty_role.name} is retired. Choose another duty role."})
    if not rota.works_in(duty.user.pk, duty.team.pk, duty.starts_at, duty.ends_at):
        raise ValidationError(
            {
                "user": f"{name} does not work in {duty.team.name} for all of that time. "
                "Choose somebody else, or a time within their placement."
            }
        )
    clash = rota.clashing(duty.user.pk, duty.starts_at, duty.ends_at, besides=besides or [])
    if clash is not None:
        raise ValidationError({"user": clash_words(duty.user, clash, duty.duty_role.centre_id)})


def clash_words(user: User, clash: Shift, centre_id: int) -> str:
    """Return why a person cannot be on then. Another centre is not named to people of this one."""
    where = clash.duty_role.name if clash.duty_role.centre_id == centre_id else "duty at another centre"
    return (
        f"{user.name} is on another shift then: {where}, {day_and_time(clash.starts_at)} to "
        f"{day_and_time(clash.ends_at)}. Choose somebody else, or let somebody cover that shift first."
    )


@contextmanager
def one_at_a_time(duty: Duty) -> Iterator[None]:
    """Turn a clash that arose at this very moment into the same ValidationError as one that was there before."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "shift_one_at_a_time" not in str(error):
            raise
        raise ValidationError(
            {"user": f"{duty.user.name} was put on another shift then just now. Look at the rota and choose again."}
        ) from error


def record(shift: Shift, verb: str, by: Actor, at: datetime, **details: audit.Detail) -> None:
    """Write an audit event about a shift: identifiers, times and fields, no names."""
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="shift",
        subject_id=shift.pk,
        details={"person": shift.user_id, "duty_role": shift.duty_role.code, **details},
        centre=shift.duty_role.centre.slug,
        organisation=shift.team.organisation.code,
    )


def _new(duty: Duty, at: datetime, *, source: Shift.Source, covers: Shift | None = None, reason: str = "") -> Shift:
    return Shift(
        team=duty.team,
        user=duty.user,
        duty_role=duty.duty_role,
        starts_at=duty.starts_at,
        ends_at=duty.ends_at,
        came_on_at=_late(duty.starts_at, at),
        operational_date=hours.operational_date(duty.starts_at, duty.duty_role.centre.day_starts),
        source=source,
        covers=covers,
        reason=reason,
        created_at=at,
    )


def _late(starts_at: datetime, came_on_at: datetime) -> datetime | None:
    return came_on_at if came_on_at > starts_at else None


def _insert(shift: Shift, verb: str, by: Actor, at: datetime) -> Shift:
    check(duty_of(shift))
    _require_future(shift, at)
    return _save(shift, verb, by, at)


def _save(shift: Shift, verb: str, by: Actor, at: datetime) -> Shift:
    with one_at_a_time(duty_of(shift)):
        shift.save(force_insert=True)
    record(shift, verb, by, at, source=shift.source)
    return shift


def duty_of(shift: Shift) -> Duty:
    """Return what a shift is about."""
    return Duty(shift.team, shift.user, shift.duty_role, shift.starts_at, shift.ends_at)


def _require_future(shift: Shift, at: datetime) -> None:
    if shift.ends_at <= at:
        raise ValidationError({"ends_at": "That time is over. Enter a shift that is yet to end."})


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": "Say why somebody covers, for example: sickness."})


def _lapse_swaps(shift: Shift, at: datetime) -> None:
    for waiting in (Swap.objects.filter(shift=shift), Swap.objects.filter(offered=shift)):
        waiting.filter(state=SwapState.ASKED).update(state=SwapState.LAPSED, answered_at=at)
