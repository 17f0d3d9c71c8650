"""What must be hidden of a whole table, besides what the rule hides of each cell.

The rule looks at one cell alone. A reader sees many that belong together: categories add up to their total,
organisations to the figure of all of them, the reader knows what their own organisations sent, and what stood before a
correction may have been read too. Where the figures beside a hidden one all lie at an end of what their rounding
allows, the hidden one may be left with a single possible value. Where a count from 1 to 7 is, its whole dimension is
hidden for that period, zeros included: nothing is left to subtract from, and nothing says which cells were small.
Where the total beside it is exact, two values are too few as well.

The last three states of a period are judged together; someone who kept what stood before those may know more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from dashboard.disclosure.rule import may_leave_small, rounded
from dashboard.disclosure.systems import TOTAL, Cell, Figures, Place, State, System, Table, View

REMEMBERED = 3
"""How many of the last states of a period are judged together."""


@dataclass(frozen=True, slots=True)
class Protection:
    """The dimensions to hide of a period, zeros included: in the roll-up, and what others sent in the lineage.

    In `lineage` the empty dimension is the total's.
    """

    dimensions: frozenset[str] = frozenset()
    lineage: frozenset[str] = frozenset()


@lru_cache(maxsize=128)
def protect(table: Table, *, lineage: bool = False) -> Protection:
    """Return what to hide of a period's last state besides what the rule hides; of the lineage only where asked.

    Each state is judged in turn with what was shown of those before it, since a reader may have read them all.
    """
    states = _states(table)
    if not states or (not any(state.holds_small() for state in states) and not (lineage and table.own)):
        return Protection()
    views: list[View] = []
    for at, state in enumerate(states):
        judged = states[: at + 1]
        shown = _harmless(state.dimensions, partial(_worked_out_of_rollup, table, judged, views))
        sent: set[str] = set()
        if lineage or at < len(states) - 1:
            unsafe = (state.dimensions - shown) | _at_risk(table, judged, views, shown)
            sent = _harmless(state.sent - unsafe, partial(_worked_out_of_lineage, table, judged, views, shown))
        views.append(View(shown, sent))
    unknown = state.sent - views[-1].lineage - ({""} if table.exact_totals else set()) if lineage else ()
    return Protection(frozenset(state.dimensions - views[-1].shown), frozenset(unknown))


def hides_total(table: Table, total: Figures) -> bool:
    """Whether a rounded total has to be hidden from a reader who may take their own organisations' figures from it.

    It is where the rest may be small for all that it says, whether or not it is: then nothing that the reader's
    organisations send or correct says more. Where nobody else has sent anything there is no rest.
    """
    for state in map(partial(State, table), sorted({row.since for row in table.rows})):
        own = state.own.get(TOTAL)
        if own is not None and any(row.place == TOTAL for row in state.others) and _rest_may_be_small(total, own):
            return True
    return False


def _rest_may_be_small(total: Figures, own: Figures) -> bool:
    numerator = rounded(total.numerator) - own.numerator
    if total.denominator is None or own.denominator is None:
        return may_leave_small(numerator)
    denominator = rounded(total.denominator) - own.denominator
    return (
        may_leave_small(numerator)
        or may_leave_small(denominator)
        or may_leave_small(denominator - numerator, roundings=2)
    )


def as_shown(table: Table, dimension: str, cells: Mapping[Place, Figures]) -> Table | None:
    """Return the table as it stood when the roll-up's cells of a dimension were these, or None where it never did.

    A roll-up may be a minute behind what was sent; what it shows is judged with what stood then.
    """
    for state in reversed(_states(table)):
        then = {place: figures for place, figures in state.together.items() if place[0] == dimension}
        # What everybody answered with none offered is a zero without a row.
        same = all(then.get(place, Figures(0)) == figures for place, figures in cells.items())
        if same and then.keys() <= cells.keys():
            return _as_it_stood(table, state.revision)
    return None


def _as_it_stood(table: Table, revision: int) -> Table:
    rows = tuple(
        replace(row, until=None) if row.until is not None and row.until > revision else row
        for row in table.rows
        if row.since <= revision
    )
    return replace(table, rows=rows)


def _states(table: Table) -> list[State]:
    """Return the last states, oldest first: one for each revision that changed something."""
    revisions = {row.since for row in table.rows} | {row.until for row in table.rows if row.until is not None}
    return [State(table, revision) for revision in sorted(revisions)[-REMEMBERED:]]


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


def _at_risk(table: Table, states: Sequence[State], views: Sequence[View], shown: set[str]) -> set[str]:
    """Return the dimensions whose lineage would say too much to a reader who takes their own figures away.

    Whether one other organisation's figure is hidden or zero may be all that they lack. So what others sent is shown
    where all of it together is certainly not small, whether or not it is: that it is hidden then says nothing.
    """
    system = _settled(table, states, [*views, View(shown, set())])
    at_risk = states[-1].sent if system is None else system.rest_may_be_small(states[-1])
    return at_risk - ({""} if table.exact_totals else set())


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
