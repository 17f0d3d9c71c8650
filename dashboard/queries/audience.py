"""Figures as an audience may see them: the one place where exact figures turn into shown ones.

Members see exact totals and breakdown cells under the small-number rule; everyone else the rule on everything. What is
already published nationally is exact for all, and an organisation's own figures are exact to it. Where a figure holds
the reader's own, the rule is on what all others sent together (`disclosure.beside_own`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from dashboard import disclosure
from dashboard.disclosure import Cell, Figures, Standing, Table
from dashboard.queries import tables
from dashboard.queries.lineage import Source
from dashboard.queries.rollups import Entry
from partners.periods import Period
from partners.permissions import Audience

if TYPE_CHECKING:
    from partners.models import Centre, Measure, MeasureVersion


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry of a series as shown. `flag` is `c` where the figures are hidden."""

    period: Period
    dimension: str
    category: str
    version: "MeasureVersion"
    numerator: int | Decimal | None
    denominator: int | Decimal | None
    value: float | None
    lower: float | None
    upper: float | None
    flag: str | None
    expected: int
    reported: int
    complete: bool


@dataclass(frozen=True, slots=True)
class ShownSource:
    """What one organisation sent, as shown: its own figures exactly, others' as the audience may see them."""

    source: Source
    own: bool
    figures: Cell


def for_audience(
    entries: Iterable[Entry],
    *,
    audience: Audience,
    own: bool = False,
    beside: Mapping[date, Table] | None = None,
) -> list[Shown]:
    """Return totals as the audience may see them. `own` entries are the reader's own figures, exact whoever reads.

    `beside` holds an outsider's own figures beside all others', by period start (`tables.totals_beside`), for the
    totals that hold both.

    Categories go through `breakdown_for_audience`: what may be shown of one depends on all that stand beside it.
    """
    return [
        _shown(
            entry,
            _cell(entry, audience=audience, own=own)
            if own or not beside or _rule(entry.version, audience, "", own=False) == "none"
            else _total_beside_own(entry, audience, beside.get(entry.period.start)),
        )
        for entry in entries
    ]


def _total_beside_own(entry: Entry, audience: Audience, beside: Table | None) -> Cell:
    if beside is None or entry.numerator is None:
        return _cell(entry, audience=audience, own=False)
    counted = replace(beside, rows=tables.fitting(beside.rows, entry.version))
    return _beside_own(entry, disclosure.standing(counted, _figures([entry])))


def breakdown_for_audience(
    entries: Sequence[Entry],
    *,
    centre: "Centre",
    measure: "Measure",
    audience: Audience,
    own: Collection[int],
    as_known_at: datetime | None = None,
) -> list[Shown]:
    """Return categories of one dimension as a reader may see them, in one query; two for a past instant.

    `own` holds the keys of the reader's organisations. Where the categories of a period, set beside its total, its
    other dimensions and what stood before, would leave a count from 1 to 7 one value, all are hidden, zeros too.
    """
    found = tables.by_period(
        centre,
        measure,
        {entry.period.start: entry.version for entry in entries},
        own=own,
        exact_totals=audience is Audience.MEMBER,
        as_known_at=as_known_at,
    )
    stood = {
        start: disclosure.standing(table, _figures(entry for entry in entries if entry.period.start == start))
        for start, table in found.items()
    }
    return [
        _shown(
            entry,
            _beside_own(entry, stood[entry.period.start])
            if entry.period.start in stood and entry.numerator is not None
            else _cell(entry, audience=audience, own=False),
        )
        for entry in entries
    ]


def _beside_own(entry: Entry, stood: Standing | None) -> Cell:
    """Return an entry as a reader who sent a part of it sees it; hidden where it has not stood lately."""
    if stood is None or entry.dimension in disclosure.protect(stood.table).dimensions:
        return disclosure.HIDDEN
    place = (entry.dimension, entry.category)
    return disclosure.beside_own(stood.own[place], stood.others[place], unit=entry.version.unit)


def _figures(entries: Iterable[Entry]) -> dict[tuple[str, str], Figures]:
    return {
        (entry.dimension, entry.category): Figures(entry.numerator, entry.denominator)
        for entry in entries
        if entry.numerator is not None
    }


def lineage_for_audience(
    sources: Iterable[Source],
    *,
    centre: "Centre",
    measure: "Measure",
    period_start: date,
    version: "MeasureVersion",
    audience: Audience,
    own: Collection[int],
    as_known_at: datetime | None = None,
) -> list[ShownSource]:
    """Return sources of a period as a reader may see them, in one query; two for a past instant.

    `own` holds the keys of the reader's organisations. What others sent is hidden where it would leave a count from 1
    to 7 one value, and where it is from before the version and not counted by it: no sum says what that would tell.
    """
    found = tables.by_period(
        centre,
        measure,
        {period_start: version},
        own=own,
        exact_totals=audience is Audience.MEMBER,
        as_known_at=as_known_at,
    )
    unsafe = disclosure.protect(found[period_start], lineage=True).lineage if found else frozenset()
    return [_shown_source(each, version, audience, unsafe, own=each.organisation.pk in own) for each in sources]


def _shown_source(
    source: Source, version: "MeasureVersion", audience: Audience, unsafe: Collection[str], *, own: bool
) -> ShownSource:
    rule = _rule(version, audience, source.dimension, own=own)
    counted = (source.denominator is not None) == version.has_denominator
    unknown = source.dimension in unsafe and not own
    if source.numerator is not None and (unknown or (rule != "none" and not counted)):
        return ShownSource(source, own, disclosure.HIDDEN)
    return ShownSource(
        source, own, disclosure.apply(source.numerator, source.denominator, unit=version.unit, rule=rule)
    )


def _rule(version: "MeasureVersion", audience: Audience, dimension: str, *, own: bool) -> str:
    exact = own or (audience is Audience.MEMBER and not dimension)
    return "none" if exact else version.disclosure


def _cell(entry: Entry, *, audience: Audience, own: bool) -> Cell:
    rule = _rule(entry.version, audience, entry.dimension, own=own)
    if rule == "none":
        return Cell(entry.numerator, entry.denominator, entry.value, entry.lower, entry.upper, None)
    return disclosure.apply(entry.numerator, entry.denominator, unit=entry.version.unit, rule=rule)


def _shown(entry: Entry, cell: Cell) -> Shown:
    return Shown(
        period=entry.period,
        dimension=entry.dimension,
        category=entry.category,
        version=entry.version,
        numerator=cell.numerator,
        denominator=cell.denominator,
        value=cell.value,
        lower=cell.lower,
        upper=cell.upper,
        flag=cell.flag,
        expected=entry.expected,
        reported=entry.reported,
        complete=entry.complete,
    )
