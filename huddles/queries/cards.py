"""Cards, actions and harms, with who they belong to and how they came to read as they do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, QuerySet

from huddles.agenda import LANES
from huddles.lifecycle import ActionState, CardState
from huddles.models import Action, ActionEdit, Card, CardEdit, Harm
from nhc import formats
from nhc.models import User
from partners.queries import directory, leavers, placements

if TYPE_CHECKING:
    from partners.models import Centre, Team

FIELD_NAMES = {
    "title": "Title",
    "words": "Words",
    "lane": "Lane",
    "owner": "Owner",
    "team": "Team",
    "due_at": "By what time",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One edit as people read it. `applied` is false for what met a clash: it was typed, and replaced nothing."""

    who: str
    at: datetime
    field: str
    before: str
    after: str
    applied: bool


def card_by_id(centre: "Centre", card_id: int) -> Card | None:
    """Return one of a centre's cards."""
    return _cards(centre).filter(pk=card_id).first()


def action_by_id(centre: "Centre", action_id: int) -> Action | None:
    """Return one of a centre's actions."""
    found = Action.objects.filter(centre=centre, pk=action_id)
    return found.select_related("centre", "owner", "team", "card", "episode").first()


def harm_by_id(centre: "Centre", harm_id: int) -> Harm | None:
    """Return one of a centre's harms that stands."""
    found = Harm.objects.filter(centre=centre, pk=harm_id, withdrawn_at__isnull=True)
    return found.select_related("centre", "recorded_by").first()


def cards_in(centre: "Centre", *, lane: str = "", state: str = CardState.OPEN) -> QuerySet[Card]:
    """Return a centre's cards by when they are due, those without a time last; of one lane, or of all."""
    found = _cards(centre)
    if lane:
        found = found.filter(lane=lane)
    if state:
        found = found.filter(state=state)
    return found.order_by("due_at", "opened_at", "pk")


def actions_of(centre: "Centre", *, state: str = ActionState.OPEN, owner: int | None = None) -> QuerySet[Action]:
    """Return a centre's actions by when they are due; of one owner, or of all."""
    found = Action.objects.filter(centre=centre).select_related("owner", "team", "card", "episode")
    if state:
        found = found.filter(state=state)
    if owner is not None:
        found = found.filter(owner_id=owner)
    return found.order_by("due_at", "pk")


def mine(centre: "Centre", user_id: int, teams: Iterable[int]) -> list[Action]:
    """Return the open actions that a person or one of their teams owns, by when they are due."""
    own = Q(owner_id=user_id) | Q(owner__isnull=True, team_id__in=list(teams))
    found = Action.objects.filter(own, centre=centre, state=ActionState.OPEN).select_related("owner", "team", "card")
    return list(found.order_by("due_at", "pk")[:50])


def open_actions_of(user_id: int, centre: "Centre") -> list[Action]:
    """Return the open actions that a person owns at a centre."""
    return list(Action.objects.filter(owner=user_id, centre=centre, state=ActionState.OPEN).order_by("pk"))


def actions_on(card: Card) -> list[Action]:
    """Return the actions that were agreed on a card, by when they are due."""
    return list(card.actions.select_related("owner", "team").order_by("due_at", "pk"))


def harms_of(centre: "Centre") -> QuerySet[Harm]:
    """Return the harms that stand, the newest first."""
    found = Harm.objects.filter(centre=centre, withdrawn_at__isnull=True).select_related("recorded_by")
    return found.order_by("-happened_on", "-pk")


def history_of_card(card: Card) -> list[Change]:
    """Return every edit of a card, the newest first. Three queries however many."""
    return _changes(card.centre, CardEdit.objects.filter(card=card).select_related("user").order_by("-at", "-pk"))


def history_of_action(action: Action) -> list[Change]:
    """Return every edit of an action, the newest first. Three queries however many."""
    edits = ActionEdit.objects.filter(action=action).select_related("user").order_by("-at", "-pk")
    return _changes(action.centre, edits)


def of_leavers(at: datetime) -> "list[tuple[Action, Team]]":
    """Return the open actions of people who work at the action's centre no more, with the team they worked in last.

    Two queries, however many; none of those whose owner works there is read.
    """
    works = placements.not_ended(at, user=OuterRef("owner"), centre=OuterRef("centre"))
    held = list(Action.objects.filter(~works, state=ActionState.OPEN, owner__isnull=False).order_by("pk"))
    teams = leavers.last_teams({(each.owner_id, each.centre_id) for each in held if each.owner_id is not None}, at)
    return [
        (each, teams[each.owner_id, each.centre_id])
        for each in held
        if each.owner_id is not None and (each.owner_id, each.centre_id) in teams
    ]


def _changes(centre: "Centre", edits: "QuerySet[CardEdit] | QuerySet[ActionEdit]") -> list[Change]:
    found: Sequence[CardEdit | ActionEdit] = list(edits)
    people = {int(text) for each in found if each.field == "owner" for text in (each.before, each.after) if text}
    names = {"owner": {str(user.pk): user.name for user in User.objects.filter(pk__in=people)} if people else {}}
    if any(each.field == "team" for each in found):
        names["team"] = {str(team.pk): team.name for team in directory.teams_ever(centre)}
    return [
        Change(
            who=each.user.name if each.user is not None else each.by_name,
            at=each.at,
            field=FIELD_NAMES.get(each.field, each.field),
            before=_shown(each.field, each.before, names),
            after=_shown(each.field, each.after, names),
            applied=each.applied,
        )
        for each in found
    ]


def _shown(field: str, text: str, names: dict[str, dict[str, str]]) -> str:
    if not text:
        return "Nothing"
    if field in names:
        return names[field].get(text, "Somebody who left")
    if field == "lane":
        return LANES[text].name if text in LANES else text
    return formats.day_and_time(datetime.fromisoformat(text)) if field == "due_at" else text


def _cards(centre: "Centre") -> QuerySet[Card]:
    return Card.objects.filter(centre=centre).select_related(
        "centre", "owner", "team", "episode", "raised_issue__forum"
    )
