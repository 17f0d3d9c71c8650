"""What a huddle's record holds: everything that was said and agreed, as it stood when it closed. No identity.

Contents are plain JSON, so that a record reads the same years later whatever tables look like then.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from huddles.agenda import LANES
from huddles.models import Huddle
from huddles.queries import board as board_queries
from huddles.queries import huddle as queries
from huddles.queries.board import Board, TeamPressure

if TYPE_CHECKING:
    from huddles.models import Action, Card

type Contents = Mapping[str, object]


def contents_of(huddle: Huddle, at: datetime) -> dict[str, object]:
    """Return the record of a huddle that has its times, chair and summary, and how the board stands at `as_of`, `at`.

    What is entered afterwards has no picture of the board: nobody knows how it stood.
    """
    late = huddle.entered_late_at is not None
    picture = {} if late else {"as_of": _time(at), **_picture(board_queries.board(huddle.centre, at))}
    visits = queries.visits_of(huddle)
    covered = queries.covered(huddle)
    return {
        "kind": huddle.kind,
        "turn": huddle.turn,
        "operational_date": huddle.operational_date.isoformat(),
        "planned_at": _time(huddle.planned_at),
        "started_at": _time(huddle.started_at),
        "closed_at": _time(huddle.closed_at),
        "entered_late_at": _time(huddle.entered_late_at),
        "closed_itself": huddle.closed_itself,
        "minutes": minutes_of(huddle),
        "timer_minutes": huddle.timer_minutes,
        "chair": "" if huddle.chair is None else huddle.chair.name,
        "present": [each.organisation.name for each in queries.attendance_of(huddle) if each.here],
        "absent": [each.organisation.name for each in queries.attendance_of(huddle) if not each.here],
        "agenda": list(huddle.agenda),
        "covered": covered,
        "lanes": [{"lane": visit.lane, "opened_at": _time(visit.opened_at)} for visit in visits],
        "summary": huddle.summary,
        "cards": [_card(card) for card in huddle.cards.select_related("owner", "team").order_by("pk")],
        "actions": [_action(action) for action in huddle.actions.select_related("owner", "team").order_by("pk")],
        **picture,
    }


def minutes_of(huddle: Huddle) -> int:
    """Return how long a huddle took, in whole minutes of elapsed time; 0 before it is over."""
    if huddle.started_at is None or huddle.closed_at is None:
        return 0
    return int((huddle.closed_at - huddle.started_at) / timedelta(minutes=1))


def fidelity_words(huddle: Huddle) -> str:
    """Return how much of the agreed agenda a huddle went through: "7 of 8 lanes"."""
    return f"{huddle.covered or 0} of {len(huddle.agenda)} lanes"


def _picture(found: Board) -> dict[str, object]:
    """Return how the board stood: open cards and actions, levels, gaps, and how many people in which stream."""
    harm = found.facts.harm
    return {
        "board_version": found.facts.version,
        "open_cards": [
            {
                "card": card.id,
                "lane": LANES[card.lane].name,
                "title": card.title,
                "owner": card.owner or card.team or "",
            }
            for card in found.facts.cards
        ],
        "open_actions": [
            {
                "action": each.id,
                "words": each.words,
                "owner": each.owner or each.team or "",
                "due_at": _time(each.due_at),
            }
            for each in found.facts.actions
        ],
        "pressure": [_level(each) for each in found.pressure],
        "thresholds": found.facts.thresholds_number,
        "gaps": [
            {"duty": duty.role.name, "from": _time(gap.starts_at), "until": _time(gap.ends_at)}
            for duty in found.duties
            for gap in duty.gaps
        ],
        "people": len(found.rows),
        "waiting": found.waiting,
        "streams": {each.name: each.number for each in found.streams},
        "last_harm": None if harm is None else harm.happened_on.isoformat(),
        "signal": "" if found.facts.signal is None else found.facts.signal.sentence,
    }


def _level(pressure: TeamPressure) -> dict[str, object]:
    return {
        "team": pressure.team.name,
        "declared": None if pressure.declared is None else pressure.declared.level,
        "calculated": pressure.calculated.number,
        "why": pressure.calculated.why,
        "note": "" if pressure.note is None else pressure.note.words,
    }


def _card(card: "Card") -> dict[str, object]:
    owner = card.owner.name if card.owner is not None else "" if card.team is None else card.team.name
    return {
        "card": card.pk,
        "lane": LANES[card.lane].name,
        "title": card.title,
        "words": card.words,
        "owner": owner,
        "due_at": _time(card.due_at),
        "state": card.state,
    }


def _action(action: "Action") -> dict[str, object]:
    owner = action.owner.name if action.owner is not None else "" if action.team is None else action.team.name
    return {
        "action": action.pk,
        "words": action.words,
        "owner": owner,
        "due_at": _time(action.due_at),
        "state": action.state,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
