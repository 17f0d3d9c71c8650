"""The cells that one reader knows something about, and the sums that connect them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboard.disclosure.knowledge import BOUNDLESS, Bounds, Box, Sum, Unknown, settle
from dashboard.disclosure.rule import LARGEST_HIDDEN, ROUNDED_TO, Figures, rounded

type Place = tuple[str, str]
"""Dimension and category; both are empty for the total."""
type Cell = tuple[object, ...]
"""The name of a cell among all that a reader may want to know."""

TOTAL: Place = ("", "")
_ANYTHING: Bounds = (-BOUNDLESS, BOUNDLESS)
_COUNT: Bounds = (0, BOUNDLESS)
_MILLION = 10**6
_ENOUGH = {False: 2, True: 3}
"""How many values a small count must be left with, by whether totals are exact to the reader.

Beside an exact total two are too few: three categories of 7 each could be all that is ever published as 21 with every
category hidden, so a reader who knows how it is done could tell. With 3 many other tables of 21 look like that.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What one organisation sent for one cell. It held from revision `since` until before revision `until`."""

    organisation: int
    place: Place
    figures: Figures
    since: int = 0
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that one reader may set side by side of a measure and period: its rows, corrected ones too.

    `own` are the reader's organisations. Of what all others sent together totals are exact to the reader where
    `exact_totals`, else under the rule; cells of dimensions are always under it. `whole_numbers` says that the measure
    counts people, `added_up` that figures of several organisations are shown as one.
    """

    rows: tuple[Row, ...]
    own: frozenset[int] = frozenset()
    exact_totals: bool = False
    unit: str = "proportion"
    whole_numbers: bool = True
    added_up: bool = True


@dataclass(frozen=True, slots=True)
class View:
    """What was shown of a state: dimensions of the roll-up beside its totals; of the lineage, where '' is totals."""

    shown: set[str]
    lineage: set[str]


class State:
    """The figures of a period as they stood from one revision on: the reader's, each other's, all others' together."""

    def __init__(self, table: Table, revision: int) -> None:
        rows = [row for row in table.rows if row.since <= revision and (row.until is None or row.until > revision)]
        self.revision = revision
        self.others = [row for row in rows if row.organisation not in table.own]
        self.own = _added(row for row in rows if row.organisation in table.own)
        self.rest = _added(self.others) if table.added_up else {}
        self.sent = {row.place[0] for row in self.others}

    @property
    def dimensions(self) -> set[str]:
        """The dimensions of the roll-up."""
        return {dimension for dimension, _ in self.rest} - {""}

    def holds_small(self) -> bool:
        """Whether there is anything that the rule would hide."""
        cells = [*self.rest.values(), *(row.figures for row in self.others)]
        return any(figures.small for figures in cells)


class System:
    """Unknown cells and their sums, over all states that a reader may have read.

    `doubt` of 1 takes no dimension to hold everything, of 2 none to belong to its total.
    """

    def __init__(self, table: Table, states: Sequence[State], views: Sequence[View], doubt: int) -> None:
        self._table = table
        self._doubt = doubt
        self._scale = 1 if table.whole_numbers else _MILLION
        self._sums: list[Sum] = []
        self._small: dict[Cell, tuple[str, Unknown, Box]] = {}
        read = list(zip(states, views, strict=True))
        rows = self._rows(read)
        for state, view in read:
            self._connect(state, view, rows)

    def settle(self) -> bool:
        """Narrow everything as far as it goes; return whether the figures can be as they are shown."""
        return settle(self._sums)

    def worked_out(self) -> dict[Cell, str]:
        """Return the small counts that are left with too few values, each with its dimension."""
        enough = _ENOUGH[self._table.exact_totals]
        return {
            name: dimension
            for name, (dimension, unknown, truth) in self._small.items()
            if any(
                high - low < enough - 1 and 0 < actual < (LARGEST_HIDDEN + 1) * self._scale
                for (low, high), (actual, _) in zip(unknown.hull, truth, strict=True)
            )
        }

    def _rows(self, read: Sequence[tuple[State, View]]) -> dict[Row, Unknown]:
        """Return what is known of each other organisation's rows: they are the same in every state that holds them."""
        dimensions = {""}.union(*(view.lineage for _, view in read))
        if len(read) > 1:
            dimensions = dimensions.union(*(view.shown for _, view in read))
        elif dimensions == {""} and not read[0][1].lineage:
            # Of one state without a lineage nothing is known but what the others sent together.
            return {}
        seen = {row for state, view in read for row in state.others if row.place[0] in view.lineage}
        everyone = dict.fromkeys(row for state, _ in read for row in state.others if row.place[0] in dimensions)
        return {
            row: self._known(("row", row), row.place, row.figures)
            if row in seen or self._exact_total(row.place)
            else self._unshown(("row", row), row.place, row.figures)
            for row in everyone
        }

    def _connect(self, state: State, view: View, rows: Mapping[Row, Unknown]) -> None:
        rest = {
            place: self._known(("rest", state.revision, place), place, figures)
            for place, figures in state.rest.items()
            if place[0] in view.shown | {""}
        }
        self._add_up(rest)
        by_place: dict[Place, list[Unknown]] = {}
        by_organisation: dict[int, dict[Place, Unknown]] = {}
        for row in state.others:
            if row in rows:
                by_place.setdefault(row.place, []).append(rows[row])
                by_organisation.setdefault(row.organisation, {})[row.place] = rows[row]
        self._sums += [Sum(rest[place], parts) for place, parts in by_place.items() if place in rest]
        for cells in by_organisation.values():
            self._add_up(cells)

    def _add_up(self, cells: Mapping[Place, Unknown]) -> None:
        """Add the sums of each dimension to the total, as far as the figures may be complete."""
        total = cells.get(TOTAL)
        if total is None:
            return
        for dimension in sorted({dimension for dimension, _ in cells} - {""}):
            parts = [cell for place, cell in cells.items() if place[0] == dimension]
            candidates = [Sum(total, parts, all_parts) for all_parts in (True, False)[self._doubt :]]
            self._sums += [each for each in candidates if each.fits()][:1]

    def _known(self, name: Cell, place: Place, figures: Figures) -> Unknown:
        """Return a cell that a reader is shown."""
        boxes = [self._exact(figures)] if self._exact_total(place) else self._ruled(figures)
        return self._noted(name, place, figures, boxes)

    def _unshown(self, name: Cell, place: Place, figures: Figures) -> Unknown:
        """Return a cell of which a reader is shown nothing."""
        return self._noted(name, place, figures, [_counts(figures, _COUNT, self._left, _COUNT)])

    def _noted(self, name: Cell, place: Place, figures: Figures, boxes: list[Box]) -> Unknown:
        unknown = Unknown(boxes)
        if figures.small and not self._exact_total(place):
            self._small[name] = (place[0], unknown, self._exact(figures))
        return unknown

    def _exact_total(self, place: Place) -> bool:
        return self._table.exact_totals and place == TOTAL

    def _exact(self, figures: Figures) -> Box:
        """Return the one box that is the truth."""
        numerator = self._units(figures.numerator)
        denominator = self._units(figures.denominator or 0)
        left = denominator - numerator
        return _counts(figures, (numerator, numerator), (left, left), (denominator, denominator))

    def _ruled(self, figures: Figures) -> list[Box]:
        """Return what the rule leaves possible of a cell."""
        least = (LARGEST_HIDDEN + 1) * self._scale
        if figures.small:
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


def _added(rows: Iterable[Row]) -> dict[Place, Figures]:
    found: dict[Place, Figures] = {}
    for row in rows:
        before = found.get(row.place)
        found[row.place] = row.figures if before is None else before.plus(row.figures)
    return found


def _counts(figures: Figures, numerator: Bounds, left: Bounds, denominator: Bounds) -> Box:
    return (numerator,) if figures.denominator is None else (numerator, left, denominator)
