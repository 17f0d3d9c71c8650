"""States of a grid's versions and of what forums do, and the moves between them that are legal. Plain Python."""

from collections.abc import Mapping
from enum import StrEnum


class VersionState(StrEnum):
    """Where a version of a grid stands. A version in consultation that needs a change goes back to being a draft."""

    DRAFT = "draft"
    CONSULTING = "consulting"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


VERSION_MOVES: Mapping[VersionState, frozenset[VersionState]] = {
    VersionState.DRAFT: frozenset({VersionState.CONSULTING}),
    VersionState.CONSULTING: frozenset({VersionState.DRAFT, VersionState.PUBLISHED}),
    VersionState.PUBLISHED: frozenset({VersionState.SUPERSEDED}),
    VersionState.SUPERSEDED: frozenset(),
}


class RoundOutcome(StrEnum):
    """How a round of consent ended."""

    CONSENT = "consent"
    OBJECTION = "objection"
    WITHDRAWN = "withdrawn"


class ConsentAnswerKind(StrEnum):
    """What an organisation says to a version. `NO_ANSWER` is recorded when the round closes, and blocks nothing."""

    AGREE = "agree"
    CAN_LIVE_WITH_IT = "can_live_with_it"
    OBJECT = "object"
    NO_ANSWER = "no_answer"


class MeetingState(StrEnum):
    """Where a meeting of a forum stands."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


MEETING_MOVES: Mapping[MeetingState, frozenset[MeetingState]] = {
    MeetingState.PLANNED: frozenset({MeetingState.HELD, MeetingState.CANCELLED}),
    MeetingState.HELD: frozenset(),
    MeetingState.CANCELLED: frozenset(),
}


class IssueState(StrEnum):
    """Where an issue stands. One that is passed on to another forum is raised there; so is one that comes back."""

    RAISED = "raised"
    TAKEN = "taken"
    ANSWERED = "answered"
    CLOSED = "closed"


ISSUE_MOVES: Mapping[IssueState, frozenset[IssueState]] = {
    IssueState.RAISED: frozenset({IssueState.RAISED, IssueState.TAKEN, IssueState.ANSWERED}),
    IssueState.TAKEN: frozenset({IssueState.RAISED, IssueState.ANSWERED}),
    IssueState.ANSWERED: frozenset({IssueState.RAISED, IssueState.CLOSED}),
    IssueState.CLOSED: frozenset(),
}


FORUM_RANKS: Mapping[str, int] = {"backbone": 0, "group": 1, "board": 2}
"""How far up a kind of forum stands: what one tier cannot settle goes to the next."""


def may_pass_on(of: str, to: str, *, was_there: bool) -> bool:
    """Whether an issue goes from one kind of forum to another: up, or back to where it lay before (`was_there`)."""
    return FORUM_RANKS[to] > FORUM_RANKS[of] or was_there


class ForumProposalState(StrEnum):
    """Where something that is put to a forum stands."""

    OPEN = "open"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


FORUM_PROPOSAL_MOVES: Mapping[ForumProposalState, frozenset[ForumProposalState]] = {
    ForumProposalState.OPEN: frozenset({ForumProposalState.DECIDED, ForumProposalState.WITHDRAWN}),
    ForumProposalState.DECIDED: frozenset(),
    ForumProposalState.WITHDRAWN: frozenset(),
}


class RiskState(StrEnum):
    """Whether a shared risk is still one."""

    OPEN = "open"
    CLOSED = "closed"


RISK_MOVES: Mapping[RiskState, frozenset[RiskState]] = {
    RiskState.OPEN: frozenset({RiskState.CLOSED}),
    RiskState.CLOSED: frozenset({RiskState.OPEN}),
}
