"""Everything that a reader may set side by side for one period: what disclosure has to judge together."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from dashboard.disclosure import Figures, Table
from dashboard.queries import rollups
from dashboard.queries.lineage import Source
from dashboard.queries.rollups import Entry
from partners.queries import figures as figure_queries

if TYPE_CHECKING:
    from partners.models import Centre, Measure, MeasureVersion

type Cells = dict[tuple[str, str], Figures]


def of_entries(
    entries: Sequence[Entry],
    *,
    centre: "Centre",
    measure: "Measure",
    own: Collection[int],
    exact_totals: bool,
    as_known_at: datetime | None,
) -> dict[date, Table]:
    """Return the table of each period of some entries that is under the small-number rule, by the period's start.

    Two queries, and two more for a past instant. `own` holds the keys of the reader's organisations.
    """
    ruled = {entry.period.start: entry.version for entry in entries if entry.version.disclosure != "none"}
    if not ruled:
        return {}
    first, last = min(ruled), max(ruled)
    together = rollups.cells(centre, measure, first=first, last=last, as_known_at=as_known_at)
    revision = None if as_known_at is None else figure_queries.latest_revision(centre, as_known_at)
    sent: dict[date, Cells] = {}
    for start, dimension, category, numerator, denominator in figure_queries.sent_by(
        own, centre, measure, first=first, last=last, revision=revision
    ):
        _add(sent.setdefault(start, {}), (dimension, category), numerator, denominator)
    return {
        start: Table(
            together={place: Figures(*figures) for place, figures in cells.items()},
            own=sent.get(start, {}),
            exact_totals=exact_totals,
            unit=ruled[start].unit,
            whole_numbers=ruled[start].whole_numbers,
        )
        for start, cells in together.items()
        if start in ruled
    }


def of_sources(
    sources: Iterable[Source], *, version: "MeasureVersion", own: Collection[int], exact_totals: bool
) -> Table:
    """Return the table of one period from all that its organisations sent. What is never added up has no roll-up."""
    together: Cells = {}
    mine: Cells = {}
    others: dict[int, Cells] = {}
    for each in sources:
        place, sender = (each.dimension, each.category), each.organisation.pk
        _add(mine if sender in own else others.setdefault(sender, {}), place, each.numerator, each.denominator)
        if version.aggregation != "none":
            _add(together, place, each.numerator, each.denominator)
    return Table(
        together=together,
        own=mine,
        others=list(others.values()),
        exact_totals=exact_totals,
        unit=version.unit,
        whole_numbers=version.whole_numbers,
    )


def _add(cells: Cells, place: tuple[str, str], numerator: Decimal | None, denominator: Decimal | None) -> None:
    before = cells.get(place)
    if numerator is None:
        return
    if before is None:
        cells[place] = Figures(numerator, denominator)
    elif denominator is None or before.denominator is None:
        cells[place] = Figures(before.numerator + numerator)
    else:
        cells[place] = Figures(before.numerator + numerator, before.denominator + denominator)
