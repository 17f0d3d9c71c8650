"""What one scenario of a grid says, as a value: written, compared, imported and exported whole. Plain Python."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Cell:
    """One word in one cell: a kind of right (`verdict.RightKind`) of a duty role or of a team, by key.

    `limit` is a decider's own, in the scenario's unit.
    """

    kind: str
    duty_role: int | None = None
    team: int | None = None
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of the ladder: a duty role or a team, by key, or a telephone number; and the minutes to acknowledge."""

    minutes: int
    duty_role: int | None = None
    team: int | None = None
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A scenario with its rights, in no order, and its ladder, in order. See `decisions.models.Scenario`."""

    code: str
    title: str
    words: str = ""
    guardrail: str = ""
    limit: Decimal | None = None
    limit_unit: str = ""
    minutes: int = 60
    act_first: bool = False
    rights: frozenset[Cell] = frozenset()
    ladder: tuple[Step, ...] = ()
