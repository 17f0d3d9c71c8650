"""What must be hidden of a whole table, besides what the rule hides of each cell.

The rule looks at one cell alone. A reader sees many that belong together: categories add up to their total,
organisations to the figure of all of them, and what stood before a correction may have been read too. Where the figures
beside a hidden one all lie at an end of what their rounding allows, the hidden one may be left with a single possible
value. Where a count from 1 to 7 is, its whole dimension is hidden for that period, zeros included: nothing is left to
subtract from, and nothing says which cells were small. Where the total beside it is exact, two values are too few as
well.

What a reader's own organisations sent is no part of this: they see it beside what the rule shows of all others together
(`rule.beside_own`), so it is the others' figures alone that are judged, and no sending of one's own says more of them.
Others' corrections are judged state by state with all that stood before. A period whose figures others changed more
often than is worth judging hides every dimension once any count of it is or was small. Against a partner that tells a
reader what it sends, or sends what the reader asks for, this is no protection: that would take hiding every sum of two.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from dashboard.disclosure.rule import Figures
from dashboard.disclosure.systems import Cell, Place, Row, State, System, Table, View

JUDGED = 6
"""How many states of a period are judged together, from its first."""
LOOKED_BACK = 8
"""How many states a roll-up that is behind is looked for in, from the last."""


@dataclass(frozen=True, slots=True)
class Protection:
    """The dimensions to hide of a period, zeros included: in the roll-up, and what others sent in the lineage.

    In `lineage` the empty dimension is the total's.
    """

    dimensions: frozenset[str] = frozenset()
    lineage: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """A table as it stood when cells of a roll-up were what they are, with the two sides of each of them."""

    table: Table
    own: Mapping[Place, Figures]
    others: Mapping[Place, Figures]


@lru_cache(maxsize=128)
def protect(table: Table, *, lineage: bool = False) -> Protection:
    """Return what to hide of a period's last state besides what the rule hides; of the lineage only where asked.

    Each state is judged in turn with what was shown of those before it, since a reader may have read them all.
    """
    states = [State(table, at) for at in _changes(row for row in table.rows if row.organisation not in table.own)]
    if not any(state.holds_small() for state in states):
        return Protection()
    if len(states) > JUDGED:
        return _hidden(table, states[-1], View(set(), set()), lineage=lineage)
    views: list[View] = []
    for at, state in enumerate(states):
        judged = states[: at + 1]
        shown = _harmless(state.dimensions, partial(_worked_out_of_rollup, table, judged, views))
        sent: set[str] = set()
        if lineage or at < len(states) - 1:
            open_to_lineage = state.sent - (state.dimensions - shown)
            sent = _harmless(open_to_lineage, partial(_worked_out_of_lineage, table, judged, views, shown))
        views.append(View(shown, sent))
    return _hidden(table, states[-1], views[-1], lineage=lineage)


def _hidden(table: Table, state: State, view: View, *, lineage: bool) -> Protection:
    unknown = state.sent - view.lineage - ({""} if table.exact_totals else set()) if lineage else ()
    return Protection(frozenset(state.dimensions - view.shown), frozenset(unknown))


def standing(table: Table, cells: Mapping[Place, Figures]) -> Standing | None:
    """Return how it stood when the roll-up's cells of one dimension were these, or None where it lately never did.

    A roll-up may be a minute behind what was sent; what it shows is judged with what stood then.
    """
    dimensions = {dimension for dimension, _ in cells}
    for revision in reversed([0, *_changes(table.rows)][-LOOKED_BACK:]):
        state = State(table, revision)
        # What everybody answered with none offered is a zero without a row.
        own, others = (
            {place: side.get(place, figures.zero) for place, figures in cells.items()}
            for side in (state.own, state.rest)
        )
        then = {place for place in (*state.own, *state.rest) if place[0] in dimensions}
        if then <= cells.keys() and all(own[place].plus(others[place]) == cells[place] for place in cells):
            return Standing(_as_it_stood(table, revision), own, others)
    return None


def _as_it_stood(table: Table, revision: int) -> Table:
    rows = tuple(
        replace(row, until=None) if row.until is not None and row.until > revision else row
        for row in table.rows
        if row.since <= revision
    )
    return replace(table, rows=rows)


def _changes(rows: Iterable[Row]) -> list[int]:
    """Return each revision that changed something, oldest first."""
    rows = list(rows)
    return sorted({row.since for row in rows} | {row.until for row in rows if row.until is not None})


def _harmless(dimensions: set[str], worked_out: Callable[[set[str]], Mapping[Cell, str]]) -> set[str]:
    """Return the dimensions that may be shown: nothing is worked out from them that is not known without them."""
    left = set(dimensions)
    while left and (found := worked_out(left)):
        anyway = worked_out(set())
        fresh = {dimension for cell, dimension in found.items() if cell not in anyway}
        if not fresh:
            break
        # What was worked out elsewhere was worked out from all of them together.
        left = left - fresh if fresh & left else set()
    return left


def _worked_out_of_rollup(
    table: Table, states: Sequence[State], views: Sequence[View], shown: set[str]
) -> Mapping[Cell, str]:
    return _worked_out(table, states, [*views, View(shown, set())])


def _worked_out_of_lineage(
    table: Table, states: Sequence[State], views: Sequence[View], shown: set[str], lineage: set[str]
) -> Mapping[Cell, str]:
    return _worked_out(table, states, [*views, View(shown, lineage)])


def _worked_out(table: Table, states: Sequence[State], views: Sequence[View]) -> Mapping[Cell, str]:
    """Return the small counts that are left with too few values if this was shown, each with its dimension."""
    system = _settled(table, states, views)
    return {("contradiction",): ""} if system is None else system.worked_out()


def _settled(table: Table, states: Sequence[State], views: Sequence[View]) -> System | None:
    """Return all that can be worked out if this was shown; None where the figures contradict each other.

    They may: a partner need not break everything down. So the sums that need not hold are doubted: first that they
    hold everything, then altogether.
    """
    for doubt in range(3):
        system = System(table, states, views, doubt)
        if system.settle():
            return system
    return None
