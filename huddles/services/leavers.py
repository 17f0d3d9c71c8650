"""Letting go of what people carried at a centre who have left it: its teams carry it on.

Whatever one transaction changes is locked in the order of its keys before the board is raised, once and last: others
hold a row and wait for the board.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from huddles.lifecycle import ActionState
from huddles.models import Action
from huddles.queries import cards as card_queries
from huddles.queries import workers
from huddles.services import board, edits, episodes
from nhc.actors import Actor
from partners.queries import leavers

if TYPE_CHECKING:
    from huddles.models import Episode
    from partners.models import Membership, Team


@transaction.atomic
def release_of_leaver(*, membership: "Membership", ends_at: datetime, by: Actor, at: datetime) -> int:
    """Let go of what somebody carries whose placement ends; return of how many episodes and actions.

    Their team stays responsible for the people, and owns the open actions where they have no other place at the
    centre. A placement that ends later lets go then (`release_leavers`).
    """
    if ends_at > at:
        return 0
    centre = membership.team.centre
    held = workers.without_their_key_worker(at).filter(
        key_worker=membership.user_id, responsible_team=membership.team_id
    )
    pair = (membership.user_id, centre.pk)
    gone = pair in leavers.last_teams([pair], at, besides=membership.pk)
    owned = card_queries.open_actions_of(membership.user_id, centre) if gone else []
    return _release(centre.pk, list(held), {each.pk: membership.team for each in owned}, by, at)


def release_leavers(*, by: Actor, at: datetime) -> int:
    """Let go of what people carry who have left, a centre at a time; return of how many episodes and actions."""
    held: dict[int, list[Episode]] = {}
    for episode in workers.without_their_key_worker(at):
        held.setdefault(episode.centre_id, []).append(episode)
    owned: dict[int, dict[int, Team]] = {}
    for action, team in card_queries.of_leavers(at):
        owned.setdefault(action.centre_id, {})[action.pk] = team
    return sum(_release(key, held.get(key, []), owned.get(key, {}), by, at) for key in sorted({*held, *owned}))


@transaction.atomic
def _release(centre_id: int, held: "list[Episode]", owned: "Mapping[int, Team]", by: Actor, at: datetime) -> int:
    """Let go of episodes' key workers and of actions, each with the team that owns it from now on, of one centre."""
    carried = {episode.pk: episode.key_worker_id for episode in held}
    released = 0
    for episode in episodes.lock_all(held):
        if episode.closed_at is None and episode.key_worker_id == carried[episode.pk]:
            episodes.let_go(episode=episode, by=by, at=at)
            released += 1
    found = Action.objects.select_for_update(of=("self",), no_key=True).select_related("centre", "owner", "team")
    for action in found.filter(pk__in=owned, state=ActionState.OPEN, owner__isnull=False).order_by("pk"):
        _to_team(action, owned[action.pk], by, at)
        released += 1
    if released:
        board.changed(centre_id, at=at)
    return released


def _to_team(action: Action, team: "Team", by: Actor, at: datetime) -> None:
    left = action.owner_id
    edits.apply(action, {"team": team}, version=action.version, editor=by, at=at)
    action.version += 1
    action.save(update_fields=["owner", "team", "version"])
    board.note("action.owner-left", "action", action.pk, action.centre, by=by, at=at, user=left)
