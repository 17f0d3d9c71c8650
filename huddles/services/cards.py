"""Cards: put on the board, changed by several people at once, closed, opened again, and raised to a forum."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from decisions.services import issues
from huddles.lifecycle import CARD_MOVES, CardState
from huddles.models import Card
from huddles.services import board, edits
from huddles.services.edits import Clash, Fields
from huddles.services.huddles import hold_open
from nhc import changes
from nhc.actors import Actor
from partners.lifecycle import check_move

if TYPE_CHECKING:
    from decisions.models import Forum, Issue
    from huddles.models import Episode
    from nhc.models import User
    from partners.models import Centre, Organisation, Team

LATE_AT_MOST = timedelta(days=7)
"""How long afterwards something may be entered with the time at which it came up."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody writes on a card. `opened_at` is when it came up, where that was before now.

    `huddle_id`: in which huddle it came up, where several are under way.
    """

    lane: str
    title: str
    words: str = ""
    owner: "User | None" = None
    team: "Team | None" = None
    episode: "Episode | None" = None
    due_at: datetime | None = None
    opened_at: datetime | None = None
    huddle_id: int | None = None


@transaction.atomic
def add_card(*, centre: "Centre", entry: Entry, by: Actor, at: datetime, form_key: UUID | None = None) -> Card:
    """Put a card on the board; the huddle that is under way is where it was first seen.

    A form that is sent twice (`form_key`) makes one card. Raises ValidationError where nothing is said, for a lane that
    holds no cards, and for a time that is not over yet or longer ago than a week.
    """
    if form_key is not None:
        board.hold(form_key)
        if (made := Card.objects.filter(form_key=form_key, centre=centre).first()) is not None:
            return made
    card = Card(
        centre=centre,
        huddle=hold_open(centre, entry.huddle_id),
        lane=entry.lane,
        title=plain(entry.title),
        words=plain(entry.words),
        owner=entry.owner,
        team=entry.team,
        episode=entry.episode,
        due_at=entry.due_at,
        opened_at=came_up(entry.opened_at, at),
        recorded_at=at,
        form_key=form_key,
    )
    card.full_clean(exclude=["owner", "team", "episode", "huddle", "centre"])
    card.save(force_insert=True)
    board.record("card.added", "card", card.pk, centre, by=by, at=at, lane=card.lane)
    return card


def edit_card(*, card: Card, fields: Fields, version: int, by: Actor, at: datetime) -> Card:
    """Change fields of a card as somebody typed them who had `version` before them.

    What others changed meanwhile stays, where it is another field. Raises Clash where it is the same, once what was
    typed is kept; ValidationError for what a card cannot be.
    """
    with transaction.atomic():
        locked = _locked(card)
        typed = {name: plain(value) if isinstance(value, str) else value for name, value in fields.items()}
        outcome = edits.apply(locked, typed, version=version, editor=by, at=at)
        if outcome.taken:
            locked.version += 1
            locked.full_clean(exclude=["owner", "team", "episode", "huddle", "centre", "raised_issue"])
            changes.store(locked)
            names = list(outcome.taken)
            board.record("card.edited", "card", locked.pk, locked.centre, by=by, at=at, fields=[*names])
    if outcome.clashed:
        raise Clash(locked, outcome)
    return locked


@transaction.atomic
def close_card(*, card: Card, by: Actor, at: datetime) -> Card:
    """Take a card off the board. Raises IllegalMoveError where it is off already."""
    return _into(_locked(card), CardState.CLOSED, by, at)


@transaction.atomic
def reopen_card(*, card: Card, by: Actor, at: datetime) -> Card:
    """Put a closed card back on the board. Raises IllegalMoveError where it is there."""
    return _into(_locked(card), CardState.OPEN, by, at)


@transaction.atomic
def raise_card(
    *, card: Card, forum: "Forum", words: str, organisation: "Organisation", by: Actor, at: datetime
) -> Card:
    """Ask a forum of the centre to look at a card. Its answer is shown on the card, and told to who raised it.

    Raises ValidationError where the card was raised already, for a forum of another centre, and without words.
    """
    locked = _locked(card)
    if locked.raised_issue_id is not None:
        raise ValidationError("This card was raised already. Follow it where the forum has it.")
    if forum.centre_id != locked.centre_id:
        raise ValidationError({"forum": "Choose a forum of this centre."})
    locked.raised_issue = issues.raise_issue(
        forum=forum, title=locked.title, words=words, organisation=organisation, by=by, at=at
    )
    locked.version += 1
    locked.save(update_fields=["raised_issue", "version"])
    board.record("card.raised", "card", locked.pk, locked.centre, by=by, at=at, forum=forum.code)
    return locked


def came_up(told: datetime | None, at: datetime) -> datetime:
    """Return when something came up. Raises ValidationError for a time to come, or longer ago than a week."""
    if told is None:
        return at
    if told > at:
        raise ValidationError({"opened_at": "Enter a time that has passed."})
    if told < at - LATE_AT_MOST:
        raise ValidationError({"opened_at": "Enter a time within the last 7 days."})
    return told


def issue_moved(*, issue: "Issue", at: datetime) -> None:
    """Show on the board where an issue stands that was raised from one of its cards."""
    for card in Card.objects.filter(raised_issue=issue):
        board.changed(card.centre_id, at=at)


def plain(text: str) -> str:
    """Return what was typed; browsers send line ends as two characters, the text keeps one."""
    return text.replace("\r\n", "\n").strip()


def _locked(card: Card) -> Card:
    found = Card.objects.select_for_update(of=("self",), no_key=True).select_related(
        "centre", "owner", "team", "episode"
    )
    return found.get(pk=card.pk)


def _into(card: Card, state: CardState, by: Actor, at: datetime) -> Card:
    check_move(CARD_MOVES, CardState(card.state), state)
    card.state = state
    card.closed_at = at if state == CardState.CLOSED else None
    card.version += 1
    card.save(update_fields=["state", "closed_at", "version"])
    verb = "card.closed" if state == CardState.CLOSED else "card.reopened"
    board.record(verb, "card", card.pk, card.centre, by=by, at=at, lane=card.lane)
    return card
