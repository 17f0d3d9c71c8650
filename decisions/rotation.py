"""Whose turn it is to chair a forum, and why. Plain Python: no framework, no table.

Turns go round the organisations first, so that the one with many seats chairs no more often than the one with one;
within an organisation they go round its people. Whoever speaks for no organisation counts as one of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who sits in the forum now. `organisation` is None for who speaks for themselves."""

    seat: int
    user: int
    name: str
    organisation: int | None
    organisation_name: str
    seated_at: datetime

    @property
    def party(self) -> tuple[str, int]:
        """Return whose turn theirs is."""
        return ("user", self.user) if self.organisation is None else ("organisation", self.organisation)


@dataclass(frozen=True, slots=True)
class Term:
    """A time in the chair that has begun, of somebody who may sit there no longer."""

    user: int
    organisation: int | None
    began_at: datetime

    @property
    def party(self) -> tuple[str, int]:
        """Return whose turn it was."""
        return ("user", self.user) if self.organisation is None else ("organisation", self.organisation)


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is and why, in a sentence."""

    seat: int
    why: str


def next_turn(candidates: Sequence[Candidate], terms: Sequence[Term]) -> Turn | None:
    """Return whose turn it is: fewest times in the chair, then the longest time ago. None where nobody sits there."""
    if not candidates:
        return None

    def of_party(each: Candidate) -> list[Term]:
        return [term for term in terms if term.party == each.party]

    def of_person(each: Candidate) -> list[Term]:
        return [term for term in terms if term.user == each.user]

    first = min(
        candidates,
        key=lambda each: (*_waited(of_party(each)), *_waited(of_person(each)), each.seated_at, each.seat),
    )
    others = [each for each in candidates if each.party != first.party]
    own = [each for each in candidates if each.party == first.party and each.seat != first.seat]
    party = first.organisation_name if first.organisation is not None else first.name
    why = _why(party, of_party(first), [of_party(each) for each in others], "partner")
    if own:
        # Who within an organisation, once it is clear that the turn is the organisation's.
        why += f" {_why(first.name, of_person(first), [of_person(each) for each in own], 'colleague')}"
    return Turn(first.seat, why)


type _Waited = tuple[int, float]


def _waited(terms: Sequence[Term]) -> _Waited:
    """Order by how often, then by how long ago the last time began."""
    return len(terms), max((term.began_at.timestamp() for term in terms), default=0.0)


def _why(name: str, own: Sequence[Term], others: Sequence[Sequence[Term]], other: str) -> str:
    said = f"{name} has not chaired yet" if not own else f"{name} has chaired {_times(len(own))}"
    if not others:
        return f"{said}; no other {other} sits here."
    if all(len(each) > len(own) for each in others):
        return f"{said}, less often than every other {other}."
    if own:
        return f"{said}: no {other} less often, and those as often more recently."
    return f"{said}; where several have not, whoever has sat here longest goes first."


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
