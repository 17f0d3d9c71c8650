"""Everything that a reader may set side by side for one period: what disclosure has to judge together."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from dashboard.disclosure import Figures, Row, Table
from partners.queries import figures as figure_queries

if TYPE_CHECKING:
    from partners.models import Centre, Measure, MeasureVersion


def by_period(
    centre: "Centre",
    measure: "Measure",
    versions: Mapping[date, "MeasureVersion"],
    *,
    own: Collection[int],
    exact_totals: bool,
    as_known_at: datetime | None,
) -> dict[date, Table]:
    """Return the table of each period that is under the small-number rule, by the period's start.

    `versions` are the periods asked for, by start, with the version that holds; `own` the keys of the reader's
    organisations. One query, and one more for a past instant.
    """
    ruled = {start: version for start, version in versions.items() if version.disclosure != "none"}
    if not ruled:
        return {}
    revision = None if as_known_at is None else figure_queries.latest_revision(centre, as_known_at)
    rows: dict[date, list[Row]] = defaultdict(list)
    for kept in figure_queries.history(centre, measure, first=min(ruled), last=max(ruled), revision=revision):
        until = kept.closed if revision is None or (kept.closed or 0) <= revision else None
        figures = Figures(kept.numerator or 0, kept.denominator)
        place = (kept.dimension, kept.category)
        rows[kept.period_start].append(Row(kept.organisation_id, place, figures, kept.opened, until))
    return {
        start: Table(
            rows=tuple(rows[start]),
            own=frozenset(own),
            exact_totals=exact_totals,
            unit=version.unit,
            whole_numbers=version.whole_numbers,
            added_up=version.aggregation != "none",
        )
        for start, version in ruled.items()
    }
