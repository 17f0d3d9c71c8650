"""Actions: agreed with an owner and a time, changed by several people at once, done or dropped."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from huddles.lifecycle import ACTION_MOVES, ActionState
from huddles.models import Action
from huddles.services import board, edits
from huddles.services.cards import came_up, plain
from huddles.services.edits import Clash, Fields
from huddles.services.huddles import hold_open
from nhc import changes
from nhc.actors import Actor
from partners.lifecycle import check_move

if TYPE_CHECKING:
    from huddles.models import Card, Episode
    from nhc.models import User
    from partners.models import Centre, Team


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be done, who owns it (a person or a team) and by when. `opened_at` is when that was agreed.

    `huddle_id`: in which huddle it was agreed, where several are under way.
    """

    words: str
    due_at: datetime
    owner: "User | None" = None
    team: "Team | None" = None
    card: "Card | None" = None
    episode: "Episode | None" = None
    opened_at: datetime | None = None
    huddle_id: int | None = None


@transaction.atomic
def add_action(*, centre: "Centre", entry: Entry, by: Actor, at: datetime, form_key: UUID | None = None) -> Action:
    """Put an action on the board. A form that is sent twice (`form_key`) makes one.

    Raises ValidationError without words or an owner, and for a time before it was agreed.
    """
    if form_key is not None:
        board.hold(form_key)
        if (made := Action.objects.filter(form_key=form_key, centre=centre).first()) is not None:
            return made
    opened_at = came_up(entry.opened_at, at)
    if entry.due_at < opened_at:
        raise ValidationError({"due_at": "The time by which it is done must come after it was agreed."})
    action = Action(
        centre=centre,
        huddle=hold_open(centre, entry.huddle_id),
        card=entry.card,
        episode=entry.episode or (None if entry.card is None else entry.card.episode),
        words=plain(entry.words),
        owner=entry.owner,
        team=entry.team,
        due_at=entry.due_at,
        opened_at=opened_at,
        recorded_at=at,
        form_key=form_key,
    )
    action.full_clean(exclude=["owner", "team", "episode", "huddle", "centre", "card"])
    action.save(force_insert=True)
    board.record("action.added", "action", action.pk, centre, by=by, at=at)
    return action


def edit_action(*, action: Action, fields: Fields, version: int, by: Actor, at: datetime) -> Action:
    """Change fields of an action as somebody typed them who had `version` before them. Raises as `edit_card`."""
    with transaction.atomic():
        locked = _locked(action)
        typed = {name: plain(value) if isinstance(value, str) else value for name, value in fields.items()}
        outcome = edits.apply(locked, typed, version=version, editor=by, at=at)
        if outcome.taken:
            locked.version += 1
            locked.full_clean(exclude=["owner", "team", "episode", "huddle", "centre", "card"])
            changes.store(locked)
            names = list(outcome.taken)
            board.record("action.edited", "action", locked.pk, locked.centre, by=by, at=at, fields=[*names])
    if outcome.clashed:
        raise Clash(locked, outcome)
    return locked


@transaction.atomic
def finish_action(*, action: Action, by: Actor, at: datetime, done_at: datetime | None = None) -> Action:
    """Say that an action is done, now or at the time at which it was. Doing so twice changes nothing.

    Raises ValidationError for a time to come or before it was agreed, IllegalMoveError for one that was dropped.
    """
    locked = _locked(action)
    if locked.state == ActionState.DONE:
        return locked
    when = came_up(done_at, at)
    if when < locked.opened_at:
        raise ValidationError({"opened_at": "Enter a time after the action was agreed."})
    return _into(locked, ActionState.DONE, by, at, done_at=when)


@transaction.atomic
def drop_action(*, action: Action, reason: str, by: Actor, at: datetime) -> Action:
    """Say that an action is not needed any more, and why. Raises ValidationError without a reason."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is not needed any more."})
    return _into(_locked(action), ActionState.DROPPED, by, at, outcome=plain(reason))


@transaction.atomic
def reopen_action(*, action: Action, by: Actor, at: datetime) -> Action:
    """Put an action back that is not done after all. Raises IllegalMoveError where it is open."""
    return _into(_locked(action), ActionState.OPEN, by, at)


def _locked(action: Action) -> Action:
    found = Action.objects.select_for_update(of=("self",), no_key=True).select_related(
        "centre", "owner", "team", "card"
    )
    return found.get(pk=action.pk)


def _into(
    action: Action,
    state: ActionState,
    by: Actor,
    at: datetime,
    *,
    done_at: datetime | None = None,
    outcome: str = "",
) -> Action:
    check_move(ACTION_MOVES, ActionState(action.state), state)
    action.state, action.done_at, action.outcome = state, done_at, outcome
    action.version += 1
    action.save(update_fields=["state", "done_at", "outcome", "version"])
    board.record(f"action.{state}", "action", action.pk, action.centre, by=by, at=at)
    return action
