"""What must be hidden of a whole table, besides what the rule hides of each cell.

The rule looks at one cell alone. A reader sees many that belong together: categories add up to their total,
organisations to the figure of all of them, and the reader knows what their own organisations sent. Where the figures
beside a hidden one all lie at an end of what their rounding allows, the hidden one may be left with a single possible
value. Where a count from 1 to 7 is, its whole dimension is hidden for that period, zeros included: nothing is left to
subtract from, and nothing says which of its cells were small.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dashboard.disclosure.knowledge import BOUNDLESS, Bounds, Box, Sum, Unknown, settle
from dashboard.disclosure.rule import LARGEST_HIDDEN, ROUNDED_TO, hides, rounded

type Place = tuple[str, str]
"""Dimension and category; both are empty for the total."""

TOTAL: Place = ("", "")
_ANYTHING: Bounds = (-BOUNDLESS, BOUNDLESS)
_COUNT: Bounds = (0, BOUNDLESS)
_MILLION = 10**6


@dataclass(frozen=True, slots=True)
class Figures:
    """One cell as it is. `denominator` is None where the measure has none."""

    numerator: int | Decimal
    denominator: int | Decimal | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that one reader may see of a measure and period, by place.

    `together` are the figures of all organisations, `own` what the reader's organisations sent of them, `others` what
    each other organisation did. Totals are exact to the reader where `exact_totals`, else under the rule; cells of
    dimensions are always under it, own figures always exact. `whole_numbers` says that the measure counts people.
    """

    together: Mapping[Place, Figures]
    own: Mapping[Place, Figures] = field(default_factory=dict)
    others: Sequence[Mapping[Place, Figures]] = ()
    exact_totals: bool = False
    unit: str = "proportion"
    whole_numbers: bool = True

    @property
    def dimensions(self) -> set[str]:
        """The dimensions in which anyone sent anything."""
        return {dimension for dimension, _ in self.together} - {""}


def unsafe_dimensions(table: Table) -> frozenset[str]:
    """Return the dimensions in which a reader of the roll-up could work out a count from 1 to 7."""
    shown = table.dimensions
    while shown and (found := _worked_out(table, shown, set())):
        if not found & shown:
            # A total: from all of the dimensions together, or from what the reader knows without any of them.
            shown = shown if _worked_out(table, set(), set()) else set()
            break
        shown = shown - found
    return frozenset(table.dimensions - shown)


def unsafe_lineage(table: Table, unsafe: Collection[str]) -> frozenset[str]:
    """Return the dimensions in which a reader of roll-up and lineage together could; the total's is the empty one.

    `unsafe` are the dimensions that are hidden in the roll-up. What other organisations sent in the answer's dimensions
    is to be hidden, zeros included; their totals are never in the answer for a reader to whom these are exact.
    """
    shown = table.dimensions - set(unsafe)
    sent = {dimension for figures in table.others for dimension, _ in figures}
    lineage = sent - set(unsafe)
    while lineage and (found := _worked_out(table, shown, lineage)):
        if not found & lineage:
            lineage = lineage if found <= _worked_out(table, shown, set()) else set()
            break
        lineage = lineage - found
    return frozenset(sent - lineage - ({""} if table.exact_totals else set()))


def _worked_out(table: Table, shown: set[str], lineage: set[str]) -> set[str]:
    """Return the dimensions with a small count that is left with one value, if these are shown.

    Where the figures contradict each other (they may: a partner need not break everything down) the sums that need
    not hold are doubted: first that they hold everything, then altogether.
    """
    for doubt in range(3):
        system = _System(table, shown, lineage, doubt)
        if settle(system.sums):
            return system.worked_out()
    return shown | lineage


class _System:
    """The cells that a reader knows something about, and the sums that connect them."""

    def __init__(self, table: Table, shown: set[str], lineage: set[str], doubt: int) -> None:
        self.sums: list[Sum] = []
        self._table = table
        self._doubt = doubt
        self._scale = 1 if table.whole_numbers else _MILLION
        self._small: list[tuple[str, Unknown, Box]] = []
        together = {
            place: self._cell(place, figures) for place, figures in table.together.items() if place[0] in shown | {""}
        }
        self._add_up(together)
        rest = self._without_own(together)
        if lineage:
            self._connect(rest, lineage)

    def worked_out(self) -> set[str]:
        """Return the dimensions with a small count whose bounds have met."""
        return {
            dimension
            for dimension, unknown, truth in self._small
            if any(
                low == high and 0 < actual < (LARGEST_HIDDEN + 1) * self._scale
                for (low, high), (actual, _) in zip(unknown.hull, truth, strict=True)
            )
        }

    def _without_own(self, together: Mapping[Place, Unknown]) -> dict[Place, Unknown]:
        """Return what all other organisations sent: the reader can take away what their own did."""
        rest = {}
        for place, whole in together.items():
            own = self._table.own.get(place)
            if own is None:
                rest[place] = whole
            else:
                rest[place] = self._unshown(place, _less(self._table.together[place], own))
                self.sums.append(Sum(whole, [Unknown([self._exact(own)]), rest[place]]))
        if self._table.own:
            self._add_up(rest)
        return rest

    def _connect(self, rest: Mapping[Place, Unknown], lineage: set[str]) -> None:
        """Connect what each other organisation sent with what all of them did."""
        parts: dict[Place, list[Unknown]] = {}
        for sent in self._table.others:
            cells = {
                place: self._cell(place, figures) if place[0] in lineage else self._unshown(place, figures)
                for place, figures in sent.items()
                if place[0] in lineage | {""}
            }
            self._add_up(cells)
            for place, cell in cells.items():
                parts.setdefault(place, []).append(cell)
        self.sums += [Sum(rest[place], cells) for place, cells in parts.items() if place in rest]

    def _add_up(self, cells: Mapping[Place, Unknown]) -> None:
        """Add the sums of each dimension to the total, as far as the figures may be complete."""
        total = cells.get(TOTAL)
        if total is None:
            return
        for dimension in sorted({dimension for dimension, _ in cells} - {""}):
            parts = [cell for place, cell in cells.items() if place[0] == dimension]
            candidates = [Sum(total, parts, all_parts) for all_parts in (True, False)[self._doubt :]]
            self.sums += [each for each in candidates if each.fits()][:1]

    def _cell(self, place: Place, figures: Figures) -> Unknown:
        """Return what a reader is shown of a cell."""
        if self._table.exact_totals and place == TOTAL:
            return Unknown([self._exact(figures)])
        return self._noted(place, figures, self._ruled(figures))

    def _unshown(self, place: Place, figures: Figures) -> Unknown:
        """Return a cell of which a reader is shown nothing."""
        return self._noted(place, figures, [_counts(figures, _COUNT, self._left, _COUNT)])

    def _noted(self, place: Place, figures: Figures, boxes: list[Box]) -> Unknown:
        unknown = Unknown(boxes)
        exact = self._table.exact_totals and place == TOTAL
        if not exact and hides(figures.numerator, figures.denominator):
            self._small.append((place[0], unknown, self._exact(figures)))
        return unknown

    def _exact(self, figures: Figures) -> Box:
        """Return the one box that is the truth."""
        numerator = self._units(figures.numerator)
        denominator = self._units(figures.denominator or 0)
        left = denominator - numerator
        return _counts(figures, (numerator, numerator), (left, left), (denominator, denominator))

    def _ruled(self, figures: Figures) -> list[Box]:
        """Return what the rule leaves possible of a cell."""
        least = (LARGEST_HIDDEN + 1) * self._scale
        if hides(figures.numerator, figures.denominator):
            small = (1, LARGEST_HIDDEN if self._scale == 1 else least - 1)
            boxes = [(small, self._left, _COUNT), (_COUNT, small, _COUNT), (_COUNT, self._left, small)]
            return [_counts(figures, *box) for box in boxes[: 1 if figures.denominator is None else 3]]
        lefts = [(0, 0), (least, BOUNDLESS), (-BOUNDLESS, 0)][: 2 if self._left == _COUNT else 3]
        numerator, denominator = self._near(figures.numerator), self._near(figures.denominator or 0)
        return [_counts(figures, numerator, left, denominator) for left in lefts]

    def _near(self, count: int | Decimal) -> Bounds:
        """Return the counts that are shown as this one is."""
        if not count:
            return 0, 0
        shown, width = rounded(count) * self._scale, ROUNDED_TO * self._scale
        return max((LARGEST_HIDDEN + 1) * self._scale, shown - width // 2), shown + (width - 1) // 2

    @property
    def _left(self) -> Bounds:
        """What is left of any denominator: of a proportion nothing below zero."""
        return _COUNT if self._table.unit == "proportion" else _ANYTHING

    def _units(self, count: int | Decimal) -> int:
        return int(count * self._scale)


def _counts(figures: Figures, numerator: Bounds, left: Bounds, denominator: Bounds) -> Box:
    return (numerator,) if figures.denominator is None else (numerator, left, denominator)


def _less(figures: Figures, taken: Figures) -> Figures:
    if figures.denominator is None or taken.denominator is None:
        return Figures(figures.numerator - taken.numerator)
    return Figures(figures.numerator - taken.numerator, figures.denominator - taken.denominator)
