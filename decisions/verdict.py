"""The verdict on "May I?": pure rules over facts. Plain Python: no framework, no table, no clock.

The first that fits:

1. **yes**: the asker is on duty, may decide alone, holds *decides*, the amount is within the limit, nobody must agree.
2. **ask**: somebody else who decides or must agree is on duty and can be telephoned now, within the time limit.
3. **act_then_tell**: there is nobody to ask, the asker carries it out, and the scenario allows acting first.
4. **nobody**: none of these; it goes up the ladder.

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
    """One word in one cell of the grid."""

    kind: RightKind
    post: Post


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
    """The row of the grid that an answer rests on. `number` is the version's, `row` counts from 1."""

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
    """Somebody to turn to: why (`right`), as what (`post`), on duty until when, and who stands in for them."""

    user_id: int
    name: str
    right: RightKind
    post: str
    team: str
    telephone: str
    until: datetime
    deputy: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. `who` are the people to ask or to tell first; `besides` are to be consulted and told as well.

    `why` are sentences: what stood in the way of the answers before this one.
    """

    kind: VerdictKind
    who: tuple[Contact, ...]
    cites: Citation
    why: tuple[str, ...]
    besides: tuple[Contact, ...] = ()


def judge(facts: Facts) -> Verdict:
    """Return the first answer that fits."""
    hindrances = tuple(_hindrances(facts))
    besides = tuple(_contacts(facts, (RightKind.IS_CONSULTED, RightKind.IS_TOLD)))
    if not hindrances:
        return Verdict(VerdictKind.YES, (), facts.row, ("You are on duty and decide this.",), besides)
    asked = tuple(contact for contact in _contacts(facts, ASKED) if contact.telephone)
    if asked:
        return Verdict(VerdictKind.ASK, asked, facts.row, hindrances, besides)
    why = (*hindrances, "Nobody who decides or must agree is on duty and can be telephoned.")
    if facts.row.act_first and _carries_out(facts):
        told = tuple(_contacts(facts, (*ASKED, RightKind.IS_TOLD)))
        consulted = tuple(_contacts(facts, (RightKind.IS_CONSULTED,)))
        return Verdict(VerdictKind.ACT_THEN_TELL, told, facts.row, why, consulted)
    return Verdict(VerdictKind.NOBODY, (), facts.row, why)


def _hindrances(facts: Facts) -> Iterator[str]:
    """Say what keeps the asker from deciding this alone; nothing where they may."""
    row = facts.row
    mine = [each for each in _present(facts) if each.user_id == facts.asker]
    deciding = _posts(facts, RightKind.DECIDES)
    if not mine:
        yield "You are not on duty."
    elif not any(each.holds(post) for each in mine for post in deciding):
        yield "Your duty does not decide this."
    for each in mine:
        yield from each.lacks
    if row.limit is not None and facts.amount is None:
        yield f"Without an amount it counts as over the limit of {row.limit} {row.limit_unit}."
    if row.limit is not None and facts.amount is not None and facts.amount > row.limit:
        yield f"{facts.amount} {row.limit_unit} is over the limit of {row.limit} {row.limit_unit}."
    agreeing = _posts(facts, RightKind.MUST_AGREE)
    if agreeing:
        yield f"{' and '.join(post.name for post in agreeing)} must agree."


def _carries_out(facts: Facts) -> bool:
    mine = [each for each in _present(facts) if each.user_id == facts.asker]
    return any(each.holds(post) for each in mine for post in _posts(facts, RightKind.CARRIES_OUT))


def _present(facts: Facts) -> Iterator[OnDuty]:
    return (each for each in facts.on_duty if facts.at < each.until)


def _posts(facts: Facts, kind: RightKind) -> list[Post]:
    return [right.post for right in facts.rights if right.kind is kind]


def _contacts(facts: Facts, kinds: Iterable[RightKind]) -> Iterator[Contact]:
    """Return who else is on duty with one of these rights and may decide alone: each person once, by kind."""
    named: set[int] = {facts.asker}
    for kind in kinds:
        for post in _posts(facts, kind):
            for each in _present(facts):
                if each.user_id not in named and not each.lacks and each.holds(post):
                    named.add(each.user_id)
                    yield _contact(facts, kind, post, each)


def _contact(facts: Facts, kind: RightKind, post: Post, each: OnDuty) -> Contact:
    deputy = next(
        (
            other.name
            for other in _present(facts)
            if other.duty_role == post.deputy and not other.lacks and other.user_id not in {each.user_id, facts.asker}
        ),
        "",
    )
    return Contact(each.user_id, each.name, kind, post.name, each.team_name, each.telephone, each.until, deputy)
