"""Series of rolled-up figures, exact. What a reader may see of them is `dashboard.queries.audience`'s."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import connection

from dashboard import rollup_sql
from dashboard.models import Rollup
from partners import periods
from partners.dimensions import DIMENSIONS
from partners.periods import Period
from partners.queries import contract as contract_queries
from partners.queries import expected as expected_queries
from partners.queries import figures as figure_queries

if TYPE_CHECKING:
    from partners.models import Centre, Measure, MeasureVersion

_READ = (
    "measure_id",
    "period_start",
    "dimension",
    "category",
    "numerator",
    "denominator",
    "value",
    "lower",
    "upper",
    "organisations_expected",
    "organisations_reported",
)

# Charts of one centre ask for the same few hundred periods again and again.
_containing = lru_cache(maxsize=4096)(periods.containing)

_KNOWN_THEN = f"SELECT {', '.join(_READ)} FROM ({rollup_sql.figures(rollup_sql.KNOWN)}) AS known"


@dataclass(frozen=True, slots=True)
class Entry:
    """One period of one cell. Totals have an empty dimension and category.

    Figures are None where nobody reported. `value` is numerator over denominator, or the numerator where the measure
    has no denominator; `lower` and `upper` are its 95 per cent limits.
    """

    period: Period
    dimension: str
    category: str
    version: "MeasureVersion"
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    expected: int = 0
    reported: int = 0

    @property
    def complete(self) -> bool:
        """Whether everyone expected has reported, and somebody was expected.

        An organisation that reports without owing is expected too, so nobody else's silence hides behind it.
        """
        return self.reported >= self.expected > 0


@dataclass(frozen=True, slots=True)
class Series:
    """One measure at one centre. `entries` run from the first period to the last, cell after cell, without a gap.

    `versions` are the measure's, oldest first.
    """

    measure: "Measure"
    versions: tuple["MeasureVersion", ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    measure_id: int
    start: date
    dimension: str
    category: str
    numerator: Decimal | None
    denominator: Decimal | None
    value: float | None
    lower: float | None
    upper: float | None
    expected: int
    reported: int


def series(
    centre: "Centre",
    measure: "Measure",
    *,
    first: date | None = None,
    last: date | None = None,
    dimension: str = "",
    category: str | None = None,
    as_known_at: datetime | None = None,
) -> Series:
    """Return the total, or with a dimension every category that anyone sent, in at most five queries.

    `first` and `last` are days: the periods that hold them are the ends, and without them the first and last period
    with a figure. With `as_known_at` the figures are those of the revisions visible then, by today's contract.
    """
    bounds = _Bounds(first, last)
    if as_known_at is None:
        rows = _stored(centre, [measure], bounds, dimension)
    else:
        rows = _known(centre, [measure], bounds, dimension, as_known_at)
    if category is not None:
        rows = [row for row in rows if row.category == category]
    return _assembled(centre, [measure], rows, bounds, dimension)[measure.pk]


def overview_series(
    centre: "Centre", measures: Sequence["Measure"], *, first: date | None = None, last: date | None = None
) -> dict[int, Series]:
    """Return the totals of many measures by measure, in three queries however many there are."""
    bounds = _Bounds(first, last)
    return _assembled(centre, measures, _stored(centre, measures, bounds, ""), bounds, "")


@dataclass(frozen=True, slots=True)
class _Bounds:
    first: date | None
    last: date | None

    def holds(self, period: Period) -> bool:
        """Whether the period is within the bounds: the periods that hold the two days belong."""
        return (self.first is None or period.end >= self.first) and (self.last is None or period.start <= self.last)


def _stored(centre: "Centre", measures: Sequence["Measure"], bounds: _Bounds, dimension: str) -> list[_Row]:
    found = Rollup.objects.filter(centre=centre, measure__in=[measure.pk for measure in measures], dimension=dimension)
    if bounds.first is not None:
        found = found.filter(period_start__gt=_year_before(bounds.first))
    if bounds.last is not None:
        found = found.filter(period_start__lte=bounds.last)
    return [_Row(*row) for row in found.values_list(*_READ)]


def _known(
    centre: "Centre", measures: Sequence["Measure"], bounds: _Bounds, dimension: str, at: datetime
) -> list[_Row]:
    parameters: dict[str, list[int] | str | date | int] = {
        "centres": [centre.pk],
        "measures": [measure.pk for measure in measures],
        "dimension": dimension,
        "first": date.min if bounds.first is None else _year_before(bounds.first),
        "last": bounds.last or date.max,
        "revision": figure_queries.latest_revision(centre, at),
    }
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_THEN, parameters)
        return [_Row(*row) for row in cursor.fetchall()]


def _year_before(day: date) -> date:
    """Return a day before the start of any period that holds `day`: none is longer than a year."""
    return max(day, date(2, 1, 1)) - timedelta(days=366)


def _assembled(
    centre: "Centre", measures: Sequence["Measure"], rows: Iterable[_Row], bounds: _Bounds, dimension: str
) -> dict[int, Series]:
    """Put rows into series and fill the gaps. Two queries: the versions, and who owed what.

    A total that nobody sent is a series of gaps; a category that nobody sent is none.
    """
    versions = contract_queries.versions_of(measure.pk for measure in measures)
    owed = expected_queries.owed(centre.pk, versions)
    cells: dict[int, dict[str, dict[date, _Row]]] = {measure.pk: {} if dimension else {"": {}} for measure in measures}
    for row in rows:
        cells[row.measure_id].setdefault(row.category, {})[row.start] = row
    result = {}
    for measure in measures:
        calendar = _Calendar(versions[measure.pk], [item for item in owed if item.measure_id == measure.pk])
        entries = calendar.filled(dimension, cells[measure.pk], bounds) if versions[measure.pk] else ()
        result[measure.pk] = Series(measure, tuple(versions[measure.pk]), tuple(entries))
    return result


class _Calendar:
    """The periods of one measure, whatever its versions call a period, and who owed it in each."""

    def __init__(self, versions: Sequence["MeasureVersion"], owed: Sequence[expected_queries.Owed]) -> None:
        self._versions = versions
        self._starts = [version.starts for version in versions]
        self._owed = owed

    def version(self, day: date) -> "MeasureVersion":
        """Return the version that holds for a period which starts on a day, as the roll-up chooses it."""
        return self._versions[max(0, bisect_right(self._starts, day) - 1)]

    def periods(self, first: date, last: date) -> Iterator[Period]:
        """Yield every period from the one that holds `first` to the one that holds `last`."""
        period = _containing(first, self.version(first).period_type)
        while period.start <= last:
            yield period
            following = period.end + timedelta(days=1)
            period = _containing(following, self.version(following).period_type)
            if period.start < following:
                # A version with longer periods begins inside one of them: its first whole period comes next.
                period = period.following()

    def filled(self, dimension: str, cells: dict[str, dict[date, _Row]], bounds: _Bounds) -> Iterator[Entry]:
        """Yield one entry for each period of each cell, from the first period to the last."""
        starts = sorted({start for rows in cells.values() for start in rows})
        first = bounds.first or (starts[0] if starts else None)
        last = bounds.last or (starts[-1] if starts else None)
        if first is None or last is None:
            return
        spans = [(period, self.version(period.start)) for period in self.periods(first, last) if bounds.holds(period)]
        for category in sorted(cells, key=lambda code: category_place(dimension, code)):
            for period, version in spans:
                yield self._entry(period, version, dimension, category, cells[category].get(period.start))

    def _entry(
        self, period: Period, version: "MeasureVersion", dimension: str, category: str, row: _Row | None
    ) -> Entry:
        if row is None:
            expected = len({item.organisation_id for item in self._owed if item.covers(period.start)})
            return Entry(period, dimension, category, version, expected=expected)
        return Entry(
            period,
            dimension,
            category,
            version,
            row.numerator,
            row.denominator,
            row.value,
            row.lower,
            row.upper,
            row.expected,
            row.reported,
        )


def category_place(dimension: str, category: str) -> int:
    """Return where a category stands among those of its dimension; 0 for the total."""
    return DIMENSIONS[dimension].order(category) if dimension else 0
