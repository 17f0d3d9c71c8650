"""Whose turn it is to chair a forum or a huddle, and why. Plain Python: no framework, no table.

Turns go round the organisations first, so that the one with many seats chairs no more often than the one with one;
within an organisation they go round its people. Whoever speaks for no organisation counts as one of their own.

Whoever has waited longest goes first: since they last left the chair, or since they came where they never chaired.
How often somebody chaired decides between those who have waited as long, so that a newcomer waits their round and never
makes up for years in which they did not sit there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

TURN = timedelta(days=1)
"""How long somebody chairs at least for it to be a turn: what was put right before that was none."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who sits in the forum now. `organisation` is None for who speaks for themselves.

    `seated_at` is when their own seat began, `party_since` when their organisation first sat there.
    """

    seat: int
    user: int
    name: str
    organisation: int | None
    organisation_name: str
    seated_at: datetime
    party_since: datetime

    @property
    def party(self) -> tuple[str, int]:
        """Return whose turn theirs is."""
        return ("user", self.user) if self.organisation is None else ("organisation", self.organisation)

    @property
    def party_name(self) -> str:
        """Return what the party is called."""
        return self.name if self.organisation is None else self.organisation_name


@dataclass(frozen=True, slots=True)
class Term:
    """A time in the chair that has begun, of somebody who may sit there no longer. `ends_at` may be still to come."""

    user: int
    organisation: int | None
    began_at: datetime
    ends_at: datetime

    @property
    def party(self) -> tuple[str, int]:
        """Return whose turn it was."""
        return ("user", self.user) if self.organisation is None else ("organisation", self.organisation)

    def was_turn(self, at: datetime, shortest: timedelta) -> bool:
        """Whether it counts: it goes on, or lasted long enough."""
        return self.ends_at > at or self.ends_at - self.began_at >= shortest


@dataclass(frozen=True, slots=True)
class Wording:
    """How a reason is put: `never` of who never chaired, `last` of when somebody did, `alone` where nobody else is."""

    never: str
    last: str
    alone: str


OF_A_FORUM = Wording(
    never="has sat here since {day} and has not chaired yet",
    last="the last time until {day}",
    alone="no other {other} sits here",
)


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is and why, in a sentence."""

    seat: int
    why: str


@dataclass(frozen=True, slots=True, order=True)
class _Waiting:
    """Since when a party or a person has waited, how often they chaired, and since when they sit there."""

    since: datetime
    times: int
    came: datetime


def next_turn(
    candidates: Sequence[Candidate],
    terms: Sequence[Term],
    at: datetime,
    *,
    day: Callable[[datetime], str],
    shortest: timedelta = TURN,
    wording: Wording = OF_A_FORUM,
) -> Turn | None:
    """Return whose turn comes next: the party's, then among its people theirs, who has waited longest.

    None where nobody sits there. `day` writes the day of an instant, for the sentence; `shortest` is how long a turn
    lasts at least.
    """
    if not candidates:
        return None
    turns = [term for term in terms if term.was_turn(at, shortest)]

    def party(each: Candidate) -> _Waiting:
        return _waiting([term for term in turns if term.party == each.party], each.party_since, at)

    def person(each: Candidate) -> _Waiting:
        return _waiting([term for term in turns if term.user == each.user], each.seated_at, at)

    first = min(candidates, key=lambda each: (party(each), person(each), each.seat))
    alone = all(each.party == first.party for each in candidates)
    said = _Reason(wording, day)
    why = said.of(first.party_name, party(first), "partner", alone=alone)
    colleagues = [each for each in candidates if each.party == first.party and each.seat != first.seat]
    if colleagues:
        # Who within an organisation, once it is clear that the turn is the organisation's.
        why += f" {said.of(first.name, person(first), 'colleague', alone=False)}"
    return Turn(first.seat, why)


def _waiting(turns: Sequence[Term], came: datetime, at: datetime) -> _Waiting:
    left = max((min(term.ends_at, at) for term in turns), default=came)
    return _Waiting(max(left, came), len(turns), came)


@dataclass(frozen=True, slots=True)
class _Reason:
    """Writes why somebody's turn is next."""

    wording: Wording
    day: Callable[[datetime], str]

    def of(self, name: str, waiting: _Waiting, other: str, *, alone: bool) -> str:
        if waiting.times == 0:
            said = f"{name} {self.wording.never.format(day=self.day(waiting.came))}"
        else:
            said = f"{name} has chaired {_times(waiting.times)}"
        if alone:
            return f"{said}; {self.wording.alone.format(other=other)}."
        if waiting.times:
            # Turns end at the midnight after their last day.
            said += f", {self.wording.last.format(day=self.day(waiting.since - timedelta.resolution))}"
        return f"{said}: no {other} has waited longer."


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
