"""What a reader can work out about figures from what they are shown: bounds, narrowed by every sum that holds.

A cell with a denominator has three counts that belong together: the numerator, what is left of the denominator, and
the denominator. Their bounds are narrowed together; for cells that add up to one total that is exact. Counts are whole
units: people, or millionths where a measure takes fractions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

type Bounds = tuple[int, int]
"""The least and the largest that a count can be."""
type Box = tuple[Bounds, ...]
"""Bounds of a numerator; where there is a denominator, of the numerator, of the difference and of the denominator."""

BOUNDLESS = 10**40
_ROUNDS = 100


class Unknown:
    """A cell as a reader knows it. It lies in one of a few boxes, of which some turn out to be impossible.

    `hull` bounds each count over all boxes and both of its ends are possible; it is empty where nothing is.
    """

    __slots__ = ("_boxes", "hull")

    def __init__(self, boxes: Iterable[Box]) -> None:
        self._boxes = list(boxes)
        self.hull: Box = ()
        self._tighten()

    def meet(self, bounds: Box) -> bool:
        """Keep what lies within the bounds; return whether that changed anything."""
        if _within(self.hull, bounds):
            return False
        before = self.hull
        self._boxes = [_common(box, bounds) for box in self._boxes]
        self._tighten()
        return self.hull != before

    def copy(self) -> "Unknown":
        """Return the same knowledge, to be narrowed apart from this."""
        return Unknown(self._boxes)

    def _tighten(self) -> None:
        self._boxes = [box for each in self._boxes if (box := _tight(each))]
        sides = zip(*self._boxes, strict=True)
        self.hull = tuple((min(low for low, _ in side), max(high for _, high in side)) for side in sides)


@dataclass(frozen=True, slots=True)
class Sum:
    """A whole and all of its parts; or some of them, where others may be missing."""

    whole: Unknown
    parts: Sequence[Unknown]
    all_parts: bool = True

    def narrow(self) -> list[Unknown]:
        """Let the whole and its parts narrow each other once; return those that moved."""
        if not self.possible():
            return []
        sums = self._sums()
        moved = []
        if self.whole.meet(tuple((low, high if self.all_parts else BOUNDLESS) for low, high in sums)):
            moved.append(self.whole)
        whole = self.whole.hull
        for part in self.parts if whole else ():
            # What the other parts can be is the sum less this part.
            before = part.hull
            bounds = tuple(
                (low - (most - part_high) if self.all_parts else -BOUNDLESS, high - (least - part_low))
                for (low, high), (least, most), (part_low, part_high) in zip(whole, sums, before, strict=True)
            )
            if part.meet(bounds):
                moved.append(part)
                if not part.hull:
                    break
                sums = [
                    (least - was_low + low, most - was_high + high)
                    for (least, most), (was_low, was_high), (low, high) in zip(sums, before, part.hull, strict=True)
                ]
        return moved

    def possible(self) -> bool:
        """Whether there is anything left that the whole and each part can be."""
        return bool(self.whole.hull) and all(part.hull for part in self.parts)

    def fits(self) -> bool:
        """Whether the parts can add up to the whole, each by itself within its bounds."""
        whole = self.whole.copy()
        Sum(whole, self.parts, self.all_parts).narrow()
        return bool(whole.hull)

    def _sums(self) -> list[Bounds]:
        sides = zip(*(part.hull for part in self.parts), strict=True)
        return [(sum(low for low, _ in side), sum(high for _, high in side)) for side in sides]


def settle(sums: Sequence[Sum]) -> bool:
    """Narrow by every sum until nothing moves; return whether there is anything left that all of it can be."""
    holding: dict[int, list[int]] = {}
    for place, each in enumerate(sums):
        for unknown in (each.whole, *each.parts):
            holding.setdefault(id(unknown), []).append(place)
    waiting = dict.fromkeys(range(len(sums)))
    for _ in range(_ROUNDS * len(sums)):
        if not waiting:
            break
        place = next(iter(waiting))
        del waiting[place]
        for unknown in sums[place].narrow():
            if not unknown.hull:
                return False
            # Its own sum too: what moved last may narrow what was looked at first.
            waiting |= dict.fromkeys(holding[id(unknown)])
    return all(each.possible() for each in sums)


def _common(box: Box, bounds: Box) -> Box:
    return tuple((max(low, least), min(high, most)) for (low, high), (least, most) in zip(box, bounds, strict=True))


def _within(box: Box, bounds: Box) -> bool:
    return all(least <= low and high <= most for (low, high), (least, most) in zip(box, bounds, strict=bool(box)))


def _tight(box: Box) -> Box:
    """Return the box with every bound attainable, given that two of the counts make the third; empty where none is."""
    if len(box) == 1:
        return box if box[0][0] <= box[0][1] else ()
    (least, most), (least_left, most_left), (least_all, most_all) = box
    # Twice: what the third count says about the first two may say more about the third.
    for _ in range(2):
        least, most = max(least, least_all - most_left), min(most, most_all - least_left)
        least_left, most_left = max(least_left, least_all - most), min(most_left, most_all - least)
        least_all, most_all = max(least_all, least + least_left), min(most_all, most + most_left)
    if least > most or least_left > most_left or least_all > most_all:
        return ()
    return (least, most), (least_left, most_left), (least_all, most_all)
