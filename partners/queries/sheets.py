"""What the return to fill in already knows: a row for each figure owed in a period, and for each one sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from partners import periods
from partners.dimensions import DIMENSIONS
from partners.models import Centre, MeasureVersion, Observation, Organisation
from partners.periods import Period
from partners.queries import contract, returns


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of the return: what is known of a figure, empty where nothing is."""

    measure: str
    period: str
    dimension: str = ""
    category: str = ""
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    state: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The return of an organisation to a centre for a period. `versions` are the measures that it may hold."""

    centre: Centre
    period: str
    rows: list[SheetRow]
    versions: list[MeasureVersion]


def sheet(organisation: Organisation, centre: Centre, period: str, *, today: date) -> Sheet:
    """Return the sheet for a period's name, whatever kinds of period it can be read as.

    Raises `partners.periods.InvalidPeriodError` where it names no period of any kind.
    """
    owed = returns.owed(organisation, today=today, centre=centre.slug, period=period)
    readings = _readings(period)
    versions = [
        version
        for reading in readings
        for version in contract.collected_versions(centre, reading.start).values()
        if version.period_type == reading.kind
    ]
    order = {version.measure_id: place for place, version in enumerate(versions)}
    allowed = {version.measure_id: {"", *version.breakdowns} for version in versions}
    known = [
        observation
        for observation in _known(organisation, centre, readings)
        if observation.dimension in allowed.get(observation.measure_id, ())
    ]
    rows = [(observation.measure_id, _row(observation, period)) for observation in known]
    sent = {observation.measure_id for observation in known if not observation.dimension}
    rows += [(entry.measure_id, SheetRow(entry.measure, period)) for entry in owed if entry.measure_id not in sent]
    rows.sort(key=lambda pair: (order[pair[0]], _place(pair[1])))
    return Sheet(centre, period, [row for _, row in rows], versions)


def _readings(text: str) -> list[Period]:
    found = []
    for kind in periods.EXAMPLES:
        try:
            found.append(periods.parse(text, kind))
        except (periods.InvalidPeriodError, periods.WrongPeriodTypeError):
            continue
    return found


def _known(organisation: Organisation, centre: Centre, readings: Iterable[Period]) -> list[Observation]:
    """Return the organisation's open rows of the period, in one query."""
    kinds = {(reading.start, reading.kind) for reading in readings}
    rows = Observation.objects.filter(
        organisation=organisation,
        centre=centre,
        period_start__in={start for start, _ in kinds},
        closed_seq__isnull=True,
    ).select_related("measure", "version")
    return [row for row in rows if (row.period_start, row.version.period_type) in kinds]


def _row(observation: Observation, period: str) -> SheetRow:
    reported = observation.state == Observation.State.REPORTED
    return SheetRow(
        measure=observation.measure.code,
        period=period,
        dimension=observation.dimension,
        category=observation.category,
        numerator=observation.numerator,
        denominator=observation.denominator,
        state="" if reported else observation.state,
        reason=observation.reason,
    )


def _place(row: SheetRow) -> tuple[int, int]:
    """Return where a row stands among those of its measure: the total first, then breakdowns in their order."""
    if not row.dimension:
        return -1, 0
    codes = list(DIMENSIONS)
    return codes.index(row.dimension), DIMENSIONS[row.dimension].order(row.category)
