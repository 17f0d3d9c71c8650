"""How an episode ends, and the states and legal moves of what happens at a centre in a day, as data. Plain Python."""

from enum import StrEnum


class EpisodeOutcome(StrEnum):
    """How an episode ended. An episode that is open has none."""

    COMPLETED = "completed"
    MOVED_ON = "moved_on"
    OWN_WISH = "own_wish"
    NOT_REACHED = "not_reached"
    HANDED_BACK = "handed_back"
    DIED = "died"
    IN_ERROR = "in_error"
    JOINED = "joined"


OUTCOME_NAMES: dict[EpisodeOutcome, str] = {
    EpisodeOutcome.COMPLETED: "What was agreed is done",
    EpisodeOutcome.MOVED_ON: "Supported by another service now",
    EpisodeOutcome.OWN_WISH: "The person did not want to go on",
    EpisodeOutcome.NOT_REACHED: "The person could not be reached",
    EpisodeOutcome.HANDED_BACK: "Handed back to whoever referred",
    EpisodeOutcome.DIED: "The person died",
    EpisodeOutcome.IN_ERROR: "Opened in error",
    EpisodeOutcome.JOINED: "Goes on with another record of the same person",
}


class MergeState(StrEnum):
    """Where the joining of two records stands. Each step from one state to the next is taken by somebody else."""

    ASKED = "asked"
    REFUSED = "refused"
    MERGED = "merged"
    UNDO_ASKED = "undo_asked"
    UNDONE = "undone"


MERGE_MOVES: dict[MergeState, frozenset[MergeState]] = {
    MergeState.ASKED: frozenset({MergeState.REFUSED, MergeState.MERGED}),
    MergeState.REFUSED: frozenset(),
    MergeState.MERGED: frozenset({MergeState.UNDO_ASKED}),
    MergeState.UNDO_ASKED: frozenset({MergeState.UNDONE, MergeState.MERGED}),
    MergeState.UNDONE: frozenset(),
}


class ReferralState(StrEnum):
    """Where a referral stands. Whoever referred has an answer once it is answered or handed back."""

    RECEIVED = "received"
    TRIAGED = "triaged"
    ANSWERED = "answered"
    HANDED_BACK = "handed_back"


REFERRAL_MOVES: dict[ReferralState, frozenset[ReferralState]] = {
    ReferralState.RECEIVED: frozenset({ReferralState.TRIAGED, ReferralState.HANDED_BACK}),
    ReferralState.TRIAGED: frozenset({ReferralState.TRIAGED, ReferralState.ANSWERED, ReferralState.HANDED_BACK}),
    ReferralState.ANSWERED: frozenset(),
    ReferralState.HANDED_BACK: frozenset(),
}
REFERRAL_NAMES: dict[ReferralState, str] = {
    ReferralState.RECEIVED: "Waits for triage",
    ReferralState.TRIAGED: "Waits for an answer",
    ReferralState.ANSWERED: "Answered",
    ReferralState.HANDED_BACK: "Handed back",
}
REFERRAL_OPEN = (ReferralState.RECEIVED, ReferralState.TRIAGED)


class HuddleState(StrEnum):
    """Where a huddle stands. A missed one is closed only by entering afterwards that it was held all the same."""

    PLANNED = "planned"
    LIVE = "live"
    CLOSED = "closed"
    MISSED = "missed"


HUDDLE_MOVES: dict[HuddleState, frozenset[HuddleState]] = {
    HuddleState.PLANNED: frozenset({HuddleState.LIVE, HuddleState.MISSED, HuddleState.CLOSED}),
    HuddleState.LIVE: frozenset({HuddleState.CLOSED}),
    HuddleState.MISSED: frozenset({HuddleState.CLOSED}),
    HuddleState.CLOSED: frozenset(),
}
HUDDLE_NAMES: dict[HuddleState, str] = {
    HuddleState.PLANNED: "Planned",
    HuddleState.LIVE: "Under way",
    HuddleState.CLOSED: "Held",
    HuddleState.MISSED: "Missed",
}


class CardState(StrEnum):
    """Whether a card is on the board. A closed one comes back where it was closed too early."""

    OPEN = "open"
    CLOSED = "closed"


CARD_MOVES: dict[CardState, frozenset[CardState]] = {
    CardState.OPEN: frozenset({CardState.CLOSED}),
    CardState.CLOSED: frozenset({CardState.OPEN}),
}


class ActionState(StrEnum):
    """Where an action stands. One that is not needed any more is dropped, with a reason, and never counts as done."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


ACTION_MOVES: dict[ActionState, frozenset[ActionState]] = {
    ActionState.OPEN: frozenset({ActionState.DONE, ActionState.DROPPED}),
    ActionState.DONE: frozenset({ActionState.OPEN}),
    ActionState.DROPPED: frozenset({ActionState.OPEN}),
}
