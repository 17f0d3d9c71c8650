"""How alike two names are, and whether two records may be one person's. Plain Python, as `pg_trgm` counts."""

from dataclasses import dataclass
from datetime import date

ALIKE = 0.5
"""From here on, names with the same date of birth may be one person's."""
VERY_ALIKE = 0.8
"""From here on, names may be one person's where a date of birth is not known."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What two records are compared by. `names` are all names on record."""

    names: str
    born_on: date | None


def likeness(one: str, other: str) -> float:
    """Return the share of three-letter parts that two names have in common, from 0 to 1, whatever their order."""
    ours, theirs = _parts(one), _parts(other)
    return len(ours & theirs) / len(ours | theirs) if ours and theirs else 0.0


def may_be_same(one: Identity, other: Identity) -> str:
    """Return why two records may be one person's, in words for people; '' where nothing says so."""
    alike = likeness(one.names, other.names)
    if one.born_on is not None and one.born_on == other.born_on:
        return "a like name and the same date of birth" if alike >= ALIKE else ""
    if one.born_on is None or other.born_on is None:
        return "nearly the same name, and a date of birth that is not known" if alike >= VERY_ALIKE else ""
    if alike >= VERY_ALIKE and _turned(one.born_on, other.born_on):
        return "nearly the same name, and a date of birth that differs in one part"
    return ""


def _turned(one: date, other: date) -> bool:
    """Whether two dates differ in one part, or have day and month the other way round."""
    same = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    return same == 2 or (one.year, one.month, one.day) == (other.year, other.day, other.month)


def _parts(names: str) -> frozenset[str]:
    padded = (f"  {word} " for word in names.casefold().split())
    return frozenset(word[start : start + 3] for word in padded for start in range(len(word) - 2))
