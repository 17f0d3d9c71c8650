"""The lanes of the board, the kinds of huddle, and what each kind goes through. Plain Python.

A lane's question is what the chair asks of it. What a huddle has agreed to go through is its agenda: lanes, in order.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of huddle."""

    DAILY = "daily"
    TRANSFER_OF_CARE = "transfer_of_care"
    CASE_REVIEW = "case_review"


KIND_NAMES: Mapping[Kind, str] = {
    Kind.DAILY: "Daily huddle",
    Kind.TRANSFER_OF_CARE: "Transfer of care hub",
    Kind.CASE_REVIEW: "Case review",
}


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane of the board: its code, its name, and the question that the chair asks of it."""

    code: str
    name: str
    question: str


LANES: Mapping[str, Lane] = {
    lane.code: lane
    for lane in (
        Lane("safety", "Safety", "Was anybody harmed, or nearly? What could go wrong today?"),
        Lane("flow", "Flow", "Who waits, for what, and since when? Who is ready to move on?"),
        Lane("staffing", "Staffing", "Who is on, who is not, and who helps out?"),
        Lane("space", "Space", "Which rooms are free, and for whom?"),
        Lane("handovers", "Handovers", "Whose care moves today, and has the receiving team accepted?"),
        Lane("escalations", "Escalations", "What is stuck, who has it, and by when is there an answer?"),
        Lane("actions", "Actions", "What did we say we would do, and is it done?"),
        Lane("signal", "Signal", "What do the figures say that we should look into?"),
    )
}
"""In the board's order."""

CARD_LANES = ("safety", "flow", "staffing", "space", "handovers", "escalations")
"""Lanes that hold cards. Actions have a lane of their own, and the signal comes from the figures."""

AGENDAS: Mapping[Kind, tuple[str, ...]] = {
    Kind.DAILY: tuple(LANES),
    Kind.TRANSFER_OF_CARE: ("flow", "handovers", "space", "staffing", "actions"),
    Kind.CASE_REVIEW: ("flow", "safety", "escalations", "actions"),
}
"""What each kind goes through unless the centre has agreed otherwise."""

TIMERS: Mapping[Kind, int] = {Kind.DAILY: 15, Kind.TRANSFER_OF_CARE: 15, Kind.CASE_REVIEW: 45}
"""Minutes."""


def in_order(lanes: Sequence[str]) -> list[str]:
    """Return the lanes that there are, once each, in the order given."""
    return [lane for lane in dict.fromkeys(lanes) if lane in LANES]


def following(agenda: Sequence[str], lane: str, visited: Collection[str] = ()) -> str:
    """Return the lane that comes next; '' after the last.

    From a lane that is not on the agenda it goes on with the first that was not gone through yet.
    """
    if lane not in agenda:
        return next((each for each in agenda if each not in visited), "")
    place = list(agenda).index(lane) + 1
    return agenda[place] if place < len(agenda) else ""


def name_of(kind: str, turn: int = 1, *, of: int = 1) -> str:
    """Return what a huddle is called: "Transfer of care hub, 2 of 2" where the kind is held more than once a day."""
    name = KIND_NAMES[Kind(kind)]
    return f"{name}, {turn} of {of}" if of > 1 else name
