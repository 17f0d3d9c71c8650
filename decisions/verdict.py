"""The verdict on "May I?": pure rules over facts. Plain Python: no framework, no table, no clock.

The first that fits:

1. **yes**: the asker is on duty, may decide alone, holds *decides*, the amount is within the limit, nobody must agree.
2. **ask**: somebody else who decides or must agree is on duty and can be telephoned now, within the time limit.
3. **act_then_tell**: there is nobody to ask, the asker carries it out, and the scenario allows acting first.
4. **nobody**: none of these; it goes up the ladder.

A limit is that of the right, and the row's where the right has none of its own. Nobody is sent to somebody who cannot
help: with an amount only those are asked to decide whose limit it is within, and where the asker decides it and lacks
somebody's agreement alone, only those who must agree are asked. Without an amount it counts as over every limit, and
whoever decides may be asked, since they will ask how much.

Whoever may not decide alone at the moment is never named. Acting first asks for a duty and for no induction: what
cannot wait must not wait for a course.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class VerdictKind(StrEnum):
    """What "May I?" answers."""

    YES = "yes"
    ASK = "ask"
    ACT_THEN_TELL = "act_then_tell"
    NOBODY = "nobody"


class RightKind(StrEnum):
    """What a duty role or a team has to do with a scenario."""

    DECIDES = "decides"
    MUST_AGREE = "must_agree"
    IS_CONSULTED = "is_consulted"
    CARRIES_OUT = "carries_out"
    IS_TOLD = "is_told"


ASKED = (RightKind.DECIDES, RightKind.MUST_AGREE)
"""Whose word is asked for, in the order in which people are named."""


class PostKind(StrEnum):
    """What holds a right."""

    DUTY_ROLE = "duty_role"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Post:
    """A duty role, or a team: anybody of a team who is on a shift holds what the team holds.

    `deputy` is the key of the duty role that stands in for this one, where there is one.
    """

    kind: PostKind
    key: int
    name: str
    deputy: int | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """One word in one cell of the grid. `limit` is a decider's own, in the row's unit; None where the row's holds."""

    kind: RightKind
    post: Post
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody on a shift. `lacks` says what keeps them from deciding alone, in sentences; nothing where they may."""

    user_id: int
    name: str
    duty_role: int
    team: int
    team_name: str
    telephone: str
    until: datetime
    lacks: tuple[str, ...] = ()

    def holds(self, post: Post) -> bool:
        """Whether this person has a post now."""
        return post.key == (self.duty_role if post.kind is PostKind.DUTY_ROLE else self.team)


@dataclass(frozen=True, slots=True)
class Citation:
    """The row of the grid that an answer rests on. `number` is the version's, `row` counts from 1.

    `limit` is that of every decider without their own.
    """

    number: int
    code: str
    title: str
    row: int
    guardrail: str = ""
    limit: Decimal | None = None
    limit_unit: str = ""
    minutes: int = 60
    act_first: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that an answer follows from. `on_duty` is who is on a shift there; `asker` is a person's key."""

    asker: int
    at: datetime
    row: Citation
    rights: tuple[Holding, ...]
    on_duty: tuple[OnDuty, ...]
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to turn to: why (`right`), as what (`post`), on duty until when, and who stands in for them.

    `limit` is up to what they decide; None for no limit, and for other rights than to decide.
    """

    user_id: int
    name: str
    right: RightKind
    post: str
    team: str
    telephone: str
    until: datetime
    deputy: str = ""
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. `who` are the people to ask or to tell first; `besides` are to be consulted and told as well.

    `why` are sentences: what stood in the way of the answers before this one. `limit` is up to what the asker decides:
    None where they have no limit or do not decide.
    """

    kind: VerdictKind
    who: tuple[Contact, ...]
    cites: Citation
    why: tuple[str, ...]
    besides: tuple[Contact, ...] = ()
    limit: Decimal | None = None


def judge(facts: Facts) -> Verdict:
    """Return the first answer that fits."""
    own = tuple(_keeps_from_deciding(facts))
    agreeing = [right.post.name for right in _rights(facts, RightKind.MUST_AGREE)]
    why = (*own, f"{' and '.join(agreeing)} must agree.") if agreeing else own
    limit = _highest(facts, _deciding(facts))
    besides = tuple(_contacts(facts, (RightKind.IS_CONSULTED, RightKind.IS_TOLD)))
    if not why:
        return Verdict(VerdictKind.YES, (), facts.row, ("You are on duty and decide this.",), besides, limit)
    asked = tuple(_asked(facts, agreement_alone=not own))
    if asked:
        return Verdict(VerdictKind.ASK, asked, facts.row, why, besides, limit)
    why = (*why, *_keeps_from_asking(facts, agreement_alone=not own))
    if facts.row.act_first and any(_held(facts, RightKind.CARRIES_OUT)):
        told = tuple(_contacts(facts, (*ASKED, RightKind.IS_TOLD)))
        consulted = tuple(_contacts(facts, (RightKind.IS_CONSULTED,)))
        return Verdict(VerdictKind.ACT_THEN_TELL, told, facts.row, why, consulted, limit)
    return Verdict(VerdictKind.NOBODY, (), facts.row, why, limit=limit)


def _keeps_from_deciding(facts: Facts) -> Iterator[str]:
    """Say what keeps the asker from deciding this, whoever else must agree; nothing where they may."""
    unit, mine, deciding = facts.row.limit_unit, _mine(facts), _deciding(facts)
    if not mine:
        yield "You are not on duty."
    elif not deciding:
        yield "Your duty does not decide this."
    for each in mine:
        yield from each.lacks
    limit = _highest(facts, deciding)
    if limit is not None and facts.amount is None:
        yield f"Without an amount it counts as over your limit of {_measured(limit, unit)}."
    if limit is not None and facts.amount is not None and facts.amount > limit:
        yield f"{_measured(facts.amount, unit)} is over your limit of {_measured(limit, unit)}."


def _measured(amount: Decimal, unit: str) -> str:
    """Return "£200" or "3 nights": stored amounts have decimals that nobody says."""
    figure = f"{amount:.2f}".removesuffix(".00")
    return f"{unit}{figure}" if unit in {"£", "€"} else f"{figure} {unit}"


def _asked(facts: Facts, *, agreement_alone: bool) -> Iterator[Contact]:
    """Return whom to ask: others who may decide it, then who must agree; these alone where only that is missing."""
    kinds = (RightKind.MUST_AGREE,) if agreement_alone else ASKED
    return (contact for contact in _contacts(facts, kinds, to_ask=True) if contact.telephone)


def _keeps_from_asking(facts: Facts, *, agreement_alone: bool) -> Iterator[str]:
    """Say why there is nobody to ask."""
    deciding = list(_rights(facts, RightKind.DECIDES))
    if facts.amount is not None and deciding and not any(_covers(facts, right) for right in deciding):
        yield f"{facts.amount} {facts.row.limit_unit} is over the limit of everybody who decides this."
    whoever = "Nobody who must agree" if agreement_alone else "Nobody who may decide this or must agree"
    yield f"{whoever} is on duty and can be telephoned."


def _mine(facts: Facts) -> list[OnDuty]:
    return [each for each in _present(facts) if each.user_id == facts.asker]


def _held(facts: Facts, kind: RightKind) -> Iterator[Holding]:
    """Return the rights of a kind that the asker has now."""
    mine = _mine(facts)
    return (right for right in _rights(facts, kind) if any(each.holds(right.post) for each in mine))


def _deciding(facts: Facts) -> list[Holding]:
    return list(_held(facts, RightKind.DECIDES))


def _limit(facts: Facts, right: Holding) -> Decimal | None:
    """Return up to what somebody decides by a right: its own limit, else the row's; None without one."""
    if right.kind is not RightKind.DECIDES:
        return None
    return facts.row.limit if right.limit is None else right.limit


def _covers(facts: Facts, right: Holding) -> bool:
    """Whether the amount, where there is one, is within a right's limit."""
    limit = _limit(facts, right)
    return facts.amount is None or limit is None or facts.amount <= limit


def _highest(facts: Facts, rights: Iterable[Holding]) -> Decimal | None:
    """Return the highest of some limits; None where one of them has no end, and where there are none."""
    limits = [_limit(facts, right) for right in rights]
    bounded = [limit for limit in limits if limit is not None]
    return max(bounded, default=None) if len(bounded) == len(limits) else None


def _present(facts: Facts) -> Iterator[OnDuty]:
    return (each for each in facts.on_duty if facts.at < each.until)


def _rights(facts: Facts, kind: RightKind) -> Iterator[Holding]:
    return (right for right in facts.rights if right.kind is kind)


def _contacts(facts: Facts, kinds: Iterable[RightKind], *, to_ask: bool = False) -> Iterator[Contact]:
    """Return who else is on duty with one of these rights and may decide alone: each person once, by kind.

    `to_ask`: nobody by a right to decide that the amount goes beyond.
    """
    named: set[int] = {facts.asker}
    for kind in kinds:
        for right in _rights(facts, kind):
            if to_ask and not _covers(facts, right):
                continue
            for each in _present(facts):
                if each.user_id not in named and not each.lacks and each.holds(right.post):
                    named.add(each.user_id)
                    yield _contact(facts, right, each)


def _contact(facts: Facts, right: Holding, each: OnDuty) -> Contact:
    deputy = next(
        (
            other.name
            for other in _present(facts)
            if other.duty_role == right.post.deputy
            and not other.lacks
            and other.user_id not in {each.user_id, facts.asker}
        ),
        "",
    )
    return Contact(
        each.user_id,
        each.name,
        right.kind,
        right.post.name,
        each.team_name,
        each.telephone,
        each.until,
        deputy,
        _limit(facts, right),
    )
