"""Swaps: one person asks another to take their shift, perhaps for one of theirs; it changes hands when both agree."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from nhc import audit
from nhc.actors import Actor
from nhc.models import User
from partners.lifecycle import SWAP_MOVES, IllegalMoveError, SwapState, check_move
from partners.models import Centre, Shift, Swap, Team
from partners.queries import rota
from partners.queries import swaps as queries
from partners.services import shifts
from partners.services.shifts import Duty


@transaction.atomic
def ask_swap(*, shift: Shift, offered: Shift | None, asked_of: User, note: str = "", by: Actor, at: datetime) -> Swap:
    """Ask somebody to take one's own shift that has not begun, for the `offered` shift of theirs or for nothing.

    Raises ValidationError where the shift is not the asker's, has begun, or could not change hands as things stand.
    """
    taken, given = _lock_both(shift, offered, at)
    if by.user_id is None or taken.user_id != by.user_id:
        raise ValidationError("Only the person on a shift can ask for a swap of it.")
    if asked_of.pk == by.user_id:
        raise ValidationError({"asked_of": "Choose somebody else to swap with."})
    if given is not None and given.user_id != asked_of.pk:
        raise ValidationError({"offered": f"That is not a shift of {asked_of.name}. Choose another."})
    if given is not None and given.duty_role.centre_id != taken.duty_role.centre_id:
        raise ValidationError({"offered": "Choose a shift at the same centre."})
    _check_exchange(taken, given, asked_of)
    swap = Swap(
        shift=taken,
        offered=given,
        asked_by=taken.user,
        asked_of=asked_of,
        note=note.strip(),
        asked_at=at,
        state=SwapState.ASKED,
    )
    try:
        with transaction.atomic():
            swap.save(force_insert=True)
    except IntegrityError as error:
        raise ValidationError("A swap of this shift waits for an answer. Withdraw it first.") from error
    _audit(swap, "swap.asked", by, at)
    return swap


@transaction.atomic
def agree_swap(*, swap: Swap, by: Actor, at: datetime) -> Swap:
    """Take the shift that was asked for, and hand over the one offered. The old rows are cancelled and kept.

    Raises IllegalMoveError where the swap was answered or lapsed, and ValidationError where by now it cannot be.
    """
    seen = queries.with_shifts(Swap.objects.all()).get(pk=swap.pk)
    check_move(SWAP_MOVES, SwapState(seen.state), SwapState.AGREED)
    _require_asked(seen, by)
    # Shifts before the swap, as everything that ends a shift locks them; the state is looked at again under the lock.
    taken, given = _lock_both(seen.shift, seen.offered, at)
    current = _locked(swap, SwapState.AGREED)
    _check_exchange(taken, given, current.asked_of)
    # Moved first: ending a shift lapses the swaps of it that still wait.
    _move(current, SwapState.AGREED, "swap.agreed", by, at)
    takes, gives = _team_for(current.asked_of, taken), None if given is None else _team_for(taken.user, given)
    for shift in filter(None, (taken, given)):
        shifts.end(shift, Shift.Ending.SWAPPED, at)
        shifts.record(shift, "shift.swapped_out", by, at, swap=current.pk)
    shifts.hand_over(taken, to=current.asked_of, team=takes, by=by, at=at)
    if given is not None and gives is not None:
        shifts.hand_over(given, to=taken.user, team=gives, by=by, at=at)
    return current


@transaction.atomic
def decline_swap(*, swap: Swap, by: Actor, at: datetime) -> Swap:
    """Keep things as they are. Raises IllegalMoveError where the swap was answered or lapsed."""
    current = _locked(swap, SwapState.DECLINED)
    _require_asked(current, by)
    return _move(current, SwapState.DECLINED, "swap.declined", by, at)


@transaction.atomic
def withdraw_swap(*, swap: Swap, by: Actor, at: datetime) -> Swap:
    """Take back what one asked. Raises IllegalMoveError where the swap was answered or lapsed."""
    current = _locked(swap, SwapState.WITHDRAWN)
    if current.asked_by_id != by.user_id:
        raise ValidationError("Only the person who asked can withdraw it.")
    return _move(current, SwapState.WITHDRAWN, "swap.withdrawn", by, at)


@transaction.atomic
def lapse_swaps(*, by: Actor, at: datetime) -> int:
    """End what nobody answered before a shift of it began; return how many. Safe to repeat and to run in two places."""
    begun = Q(shift__starts_at__lte=at) | Q(offered__starts_at__lte=at)
    waiting = Swap.objects.filter(begun, state=SwapState.ASKED).select_for_update(of=("self",), skip_locked=True)
    due = list(waiting.select_related("shift__duty_role__centre", "shift__team__organisation"))
    for swap in due:
        _move(swap, SwapState.LAPSED, "swap.lapsed", by, at)
    return len(due)


@transaction.atomic
def lapse_of_leaver(*, user: User, centre: Centre, left_at: datetime, by: Actor, at: datetime) -> int:
    """End the swaps that somebody who leaves a centre asked for or was asked for, of shifts that end after they left.

    Return how many.
    """
    concerned = Q(asked_by=user) | Q(asked_of=user)
    after = Q(shift__ends_at__gt=left_at) | Q(offered__ends_at__gt=left_at)
    found = Swap.objects.filter(concerned, after, state=SwapState.ASKED, shift__duty_role__centre=centre)
    due = list(queries.with_shifts(found.select_for_update(of=("self",))).order_by("pk"))
    for swap in due:
        _move(swap, SwapState.LAPSED, "swap.lapsed", by, at)
    return len(due)


def _locked(swap: Swap, then: SwapState) -> Swap:
    current = queries.with_shifts(Swap.objects.select_for_update(of=("self",))).get(pk=swap.pk)
    check_move(SWAP_MOVES, SwapState(current.state), then)
    return current


def _lock_both(taken: Shift, given: Shift | None, at: datetime) -> tuple[Shift, Shift | None]:
    """Lock the shifts in the order of their identifiers, so that two swaps of the same pair cannot wait in a ring."""
    both = sorted(filter(None, (taken, given)), key=lambda shift: shift.pk)
    locked = {shift.pk: _not_begun(shift, at) for shift in both}
    return locked[taken.pk], None if given is None else locked[given.pk]


def _not_begun(shift: Shift, at: datetime) -> Shift:
    current = shifts.lock_live(shift, at)
    if current.starts_at <= at:
        raise ValidationError("That shift has begun. Ask the centre manager to enter who covers it.")
    return current


def _check_exchange(taken: Shift, given: Shift | None, asked_of: User) -> None:
    """Raise ValidationError unless each could be on for the other."""
    leaving = [shift.pk for shift in (taken, given) if shift is not None]
    pairs = [(taken, asked_of)] if given is None else [(taken, asked_of), (given, taken.user)]
    for shift, user in pairs:
        duty = Duty(_team_for(user, shift), user, shift.duty_role, shift.starts_at, shift.ends_at)
        shifts.check(duty, besides=leaving)


def _team_for(user: User, shift: Shift) -> Team:
    """Return the team for which a person would be on: the shift's own where they work in it, else one of theirs."""
    teams = queries.teams_for(user.pk, shift.duty_role.centre_id, shift.starts_at)
    if not teams or any(team.pk == shift.team_id for team in teams):
        return shift.team
    return next((team for team in teams if rota.works_in(user.pk, team.pk, shift.starts_at, shift.ends_at)), teams[0])


def _require_asked(swap: Swap, by: Actor) -> None:
    if swap.asked_of_id != by.user_id:
        raise ValidationError("Only the person who was asked can answer.")


def _move(swap: Swap, then: SwapState, verb: str, by: Actor, at: datetime) -> Swap:
    swap.state, swap.answered_at = then, at
    swap.save(update_fields=["state", "answered_at"])
    _audit(swap, verb, by, at)
    return swap


def _audit(swap: Swap, verb: str, by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="swap",
        subject_id=swap.pk,
        details={"shift": swap.shift_id, "offered": swap.offered_id, "of": swap.asked_of_id},
        centre=swap.shift.duty_role.centre.slug,
        organisation=swap.shift.team.organisation.code,
    )


__all__ = [
    "IllegalMoveError",
    "agree_swap",
    "ask_swap",
    "decline_swap",
    "lapse_of_leaver",
    "lapse_swaps",
    "withdraw_swap",
]
