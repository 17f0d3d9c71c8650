"""States and the moves between them that are legal, as data. Plain Python: no framework, no table, no clock."""

from collections.abc import Mapping
from enum import StrEnum


class IllegalMoveError(ValueError):
    """The move is not legal from the state that the thing is in. Its message is a sentence for people."""


class SwapState(StrEnum):
    """Where the asking for a swap stands."""

    ASKED = "asked"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


SWAP_MOVES: Mapping[SwapState, frozenset[SwapState]] = {
    SwapState.ASKED: frozenset({SwapState.AGREED, SwapState.DECLINED, SwapState.WITHDRAWN, SwapState.LAPSED}),
    SwapState.AGREED: frozenset(),
    SwapState.DECLINED: frozenset(),
    SwapState.WITHDRAWN: frozenset(),
    SwapState.LAPSED: frozenset(),
}


class ProposalState(StrEnum):
    """Where a proposed change of an agreement stands."""

    OPEN = "open"
    ADOPTED = "adopted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


PROPOSAL_MOVES: Mapping[ProposalState, frozenset[ProposalState]] = {
    ProposalState.OPEN: frozenset({ProposalState.ADOPTED, ProposalState.DECLINED, ProposalState.WITHDRAWN}),
    ProposalState.ADOPTED: frozenset(),
    ProposalState.DECLINED: frozenset(),
    ProposalState.WITHDRAWN: frozenset(),
}


def check_move[State: StrEnum](moves: Mapping[State, frozenset[State]], now: State, then: State) -> None:
    """Raise IllegalMoveError unless `then` may follow `now`."""
    if then not in moves[now]:
        raise IllegalMoveError(f"This was {now} already, so it cannot be {then}.")
