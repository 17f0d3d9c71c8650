"""A team's local pressure level, 1 to 4, calculated from what is counted. Plain Python; it maps to OPEL 1 to 4.

A level is the highest that any of its parts reaches, and says which part that was: nobody acts on a bare number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

LEAST, MOST = 1, 4


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is counted of a team: its code, what thresholds call it, and the words for one and for several."""

    code: str
    name: str
    one: str
    several: str


PARTS: tuple[Part, ...] = (
    Part("people", "People the team is responsible for", "person", "people"),
    Part("waiting", "Longest wait, in hours", "hour waited", "hours waited"),
    Part("gaps", "Hours today in which nobody is on who must be", "hour without cover", "hours without cover"),
    Part("late", "Actions that are late", "late action", "late actions"),
)

type Thresholds = Mapping[str, Sequence[int]]
"""For each part, from which number on the level is 2, 3 and 4. A part that is left out plays no role."""

DEFAULTS: Thresholds = {"people": (20, 30, 40), "waiting": (24, 48, 72), "gaps": (1, 4, 8), "late": (1, 3, 6)}


@dataclass(frozen=True, slots=True)
class Level:
    """A calculated level, and why it is that: "32 people". Level 1 has no reason."""

    number: int
    why: str


def calculate(counted: Mapping[str, int], thresholds: Thresholds) -> Level:
    """Return a team's level. Of several parts that reach the same, the first in the order of `PARTS` is the reason."""
    best = Level(LEAST, "")
    for part in PARTS:
        number = counted.get(part.code, 0)
        reached = LEAST + sum(number >= bound for bound in thresholds.get(part.code, ()))
        if reached > best.number:
            best = Level(min(reached, MOST), f"{number:,} {part.one if number == 1 else part.several}")
    return best


def faults(thresholds: Mapping[str, object]) -> list[str]:
    """Return what is wrong with thresholds, in sentences: each part has three whole numbers that rise."""
    found = []
    names = {part.code: part.name for part in PARTS}
    for code, bounds in thresholds.items():
        if code not in names:
            found.append(f"Nothing is counted that is called {code}.")
        elif not isinstance(bounds, Sequence) or len(bounds) != MOST - LEAST or not _rise(bounds):
            found.append(f"{names[code]}: enter three whole numbers, each higher than the one before.")
    return found


def _rise(bounds: Sequence[object]) -> bool:
    numbers = [bound for bound in bounds if isinstance(bound, int) and not isinstance(bound, bool) and bound >= 1]
    return len(numbers) == len(bounds) and all(one < other for one, other in pairwise(numbers))
