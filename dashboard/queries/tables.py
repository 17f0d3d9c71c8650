"""Everything that a reader may set side by side for one period: what disclosure has to judge together."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from dashboard.disclosure import Figures, Row, Table
from partners.permissions import Audience
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
        rows[kept.period_start].append(_row(kept, revision))
    return {
        start: Table(
            rows=fitting(rows[start], version),
            own=frozenset(own),
            exact_totals=exact_totals,
            unit=version.unit,
            whole_numbers=version.whole_numbers,
            added_up=version.aggregation != "none",
        )
        for start, version in ruled.items()
    }


def fitting(rows: Iterable[Row], version: "MeasureVersion") -> tuple[Row, ...]:
    """Return rows as the version counts them: pairs where it has a denominator, elsewhere the numerator alone."""
    if version.has_denominator:
        return tuple(row for row in rows if row.figures.denominator is not None)
    return tuple(replace(row, figures=Figures(row.figures.numerator)) for row in rows)


def totals_beside(
    centre: "Centre",
    measures: Iterable["Measure"],
    *,
    audience: Audience,
    own: Collection[int],
    as_known_at: datetime | None = None,
) -> dict[int, dict[date, Table]]:
    """Return the totals of a reader's own organisations beside all others', by measure key and period start.

    One query, and one more for a past instant; none for members, to whom totals are exact.
    """
    if audience is Audience.MEMBER or not own:
        return {}
    revision = None if as_known_at is None else figure_queries.latest_revision(centre, as_known_at)
    rows: dict[int, dict[date, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for measure, kept in figure_queries.totals_beside(centre, measures, own, revision=revision):
        rows[measure][kept.period_start].append(_row(kept, revision))
    return {
        measure: {start: Table(tuple(each), own=frozenset(own)) for start, each in by_start.items()}
        for measure, by_start in rows.items()
    }


def _row(kept: figure_queries.Kept, revision: int | None) -> Row:
    until = kept.closed if revision is None or (kept.closed or 0) <= revision else None
    figures = Figures(kept.numerator or 0, kept.denominator)
    return Row(kept.organisation_id, (kept.dimension, kept.category), figures, kept.opened, until)
