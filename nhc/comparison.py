"""What differs between two texts, line by line and inside a line word by word. Plain Python."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

type How = Literal["same", "removed", "added"]

_WORDS = re.compile(r"\S+\s*|\s+")
_ALIKE = 0.4
"""Two lines that share less than this are one that went and one that came."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that is the same in both, or only in the first (removed), or only in the second (added)."""

    how: How
    text: str


type Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every line of two texts, in order, and how many were added, removed and changed."""

    lines: tuple[Line, ...]
    added: int
    removed: int
    changed: int

    @property
    def in_words(self) -> str:
        """Say how much differs: "1 line changed, 2 lines added"."""
        counted = [
            f"{number} line{'' if number == 1 else 's'} {what}"
            for number, what in ((self.changed, "changed"), (self.added, "added"), (self.removed, "removed"))
            if number
        ]
        return ", ".join(counted) or "Nothing differs"


def compare(before: str, after: str) -> Comparison:
    """Return what differs between two texts; empty lines that come or go are left out."""
    lines = list(_lines(before.splitlines(), after.splitlines()))
    kinds = [{piece.how for piece in line} for line in lines]
    return Comparison(
        lines=tuple(lines),
        added=sum(kind == {"added"} for kind in kinds),
        removed=sum(kind == {"removed"} for kind in kinds),
        changed=sum(kind not in ({"added"}, {"removed"}, {"same"}, set()) for kind in kinds),
    )


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    for what, start, end, other_start, other_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = before[start:end], after[other_start:other_end]
        if what == "equal":
            yield from ((Piece("same", line),) for line in gone)
            continue
        paired = [pair for pair in zip(gone, come, strict=False) if pair[0].strip() and pair[1].strip()]
        if len(gone) == len(come) == len(paired) and all(_alike(*pair) for pair in paired):
            yield from (_words(*pair) for pair in paired)
            continue
        yield from ((Piece("removed", line),) for line in gone if line.strip())
        yield from ((Piece("added", line),) for line in come if line.strip())


def _alike(before: str, after: str) -> bool:
    return SequenceMatcher(None, _WORDS.findall(before), _WORDS.findall(after), autojunk=False).ratio() >= _ALIKE


def _words(before: str, after: str) -> Line:
    gone, come = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[Piece] = []
    for what, start, end, other_start, other_end in SequenceMatcher(None, gone, come, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(Piece("same", "".join(gone[start:end])))
            continue
        if start < end:
            pieces.append(Piece("removed", "".join(gone[start:end])))
        if other_start < other_end:
            pieces.append(Piece("added", "".join(come[other_start:other_end])))
    return tuple(pieces)
