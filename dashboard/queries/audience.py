"""Figures as an audience may see them: the one place where exact figures turn into shown ones.

Members see exact totals and breakdown cells under the small-number rule; everyone else the rule on everything. What is
already published nationally is exact for all, and an organisation's own figures are exact to it.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dashboard import disclosure
from dashboard.disclosure import Cell
from dashboard.queries.lineage import Source
from dashboard.queries.rollups import Entry
from partners.periods import Period
from partners.permissions import Audience

if TYPE_CHECKING:
    from partners.models import MeasureVersion


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


def for_audience(entries: Iterable[Entry], *, audience: Audience, own: bool = False) -> list[Shown]:
    """Return entries as the audience may see them. `own` entries are the reader's own figures, exact whoever reads."""
    return [_shown(entry, _cell(entry, audience=audience, own=own)) for entry in entries]


def lineage_for_audience(
    sources: Iterable[Source], *, version: "MeasureVersion", audience: Audience, own: Container[int]
) -> list[ShownSource]:
    """Return sources as the audience may see them. `own` holds the keys of the reader's organisations."""
    return [
        ShownSource(
            source,
            source.organisation.pk in own,
            disclosure.apply(
                source.numerator,
                source.denominator,
                unit=version.unit,
                rule=_rule(version, audience, source.dimension, own=source.organisation.pk in own),
            ),
        )
        for source in sources
    ]


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
