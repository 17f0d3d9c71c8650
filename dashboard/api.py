"""/rollups/, /rollups/lineage/ and /spc/: the shared picture as data."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.http import HttpResponse
from rest_framework.request import Request

from dashboard import documentation
from dashboard.queries import audience as audiences
from dashboard.queries import charts, tables
from dashboard.queries.audience import Shown, ShownSource
from dashboard.queries.lineage import Source, lineage
from dashboard.queries.rollups import Entry, category_place, series
from dashboard.spc import icons_shown
from nhc.clock import london_date
from nhc.problems import not_found
from partners import periods, permissions
from partners.api import conditional, pagination, parameters
from partners.api.authentication import Caller, caller_of
from partners.api.documentation import CURSOR, LIMIT, read
from partners.api.documents import instant, number
from partners.api.endpoint import Endpoint
from partners.dimensions import DIMENSIONS
from partners.periods import InvalidPeriodError, Period, WrongPeriodTypeError
from partners.permissions import CentreAccess
from partners.queries import contract

if TYPE_CHECKING:
    from partners.models import Measure


class Rollups(Endpoint):
    """Rolled-up series of one measure at one centre, for the caller's audience."""

    http_method_names = ["get", "head"]

    @read(
        "read_rollups",
        documentation.ROLLUPS,
        tag=documentation.PICTURE,
        parameters=[
            *documentation.CENTRE_AND_MEASURE,
            documentation.FROM,
            documentation.TO,
            documentation.DIMENSION,
            documentation.KNOWN_AT,
            LIMIT,
            CURSOR,
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the total, or with `dimension` every category that anyone sent: one entry a period."""
        access, measure, caller = _asked(request)
        first, last = _span(request, measure, today=london_date(caller.at))
        dimension = parameters.choice(request, "dimension", DIMENSIONS) or ""
        as_known_at = parameters.instant(request, "as_known_at")
        page = pagination.read(request, listing=f"rollups:{access.centre.pk}:{measure.pk}:{dimension}", parts=2)
        found = series(
            access.centre, measure, first=first, last=last, dimension=dimension, as_known_at=as_known_at
        ).entries
        rows = [entry for entry in found if not page.after or _place(entry) > _place_named(dimension, page.after)]
        shown = _shown(rows[: page.fetch], found, measure, access, as_known_at)
        document = {
            "centre": access.centre.slug,
            "measure": measure.code,
            **pagination.document(
                request, page, shown, key=lambda each: (each.category, each.period.start.isoformat()), show=_entry
            ),
        }
        return conditional.answer(request, document, audience=_reader(access))


def _span(request: Request, measure: "Measure", *, today: date) -> tuple[date | None, date | None]:
    """Return the days between which periods are asked for: none before the measure was, none after the current one."""
    kinds = _kinds(measure)
    first, last = _bound(request, "from", kinds), _bound(request, "to", kinds)
    if first is not None and last is not None and first.start > last.end:
        raise parameters.invalid("to", "to is before from. Swap them.")
    versions = list(measure.versions.all())
    return (
        None if first is None else max(first.start, min(version.starts for version in versions)),
        None if last is None else min(last.end, periods.containing(today, versions[-1].period_type).end),
    )


def _shown(
    rows: Sequence[Entry],
    found: Sequence[Entry],
    measure: "Measure",
    access: CentreAccess,
    as_known_at: datetime | None,
) -> list[Shown]:
    """Return a page's rows for the caller's audience; categories are judged beside all others of their period."""
    if not rows or not rows[0].dimension:
        beside = tables.totals_beside(
            access.centre, [measure], audience=access.audience, own=access.organisations, as_known_at=as_known_at
        )
        return audiences.for_audience(rows, audience=access.audience, beside=beside.get(measure.pk))
    starts = {entry.period.start for entry in rows}
    judged = audiences.breakdown_for_audience(
        [entry for entry in found if entry.period.start in starts],
        centre=access.centre,
        measure=measure,
        audience=access.audience,
        own=access.organisations,
        as_known_at=as_known_at,
    )
    wanted = {_place(entry) for entry in rows}
    return [each for each in judged if _place(each) in wanted]


def _place(entry: Entry | Shown) -> tuple[int, date]:
    """Return where an entry stands in its series: cell after cell, period after period."""
    return category_place(entry.dimension, entry.category), entry.period.start


def _place_named(dimension: str, after: Sequence[str]) -> tuple[int, date]:
    category, start = after
    return category_place(dimension, category), date.fromisoformat(start)


class Lineage(Endpoint):
    """The submissions that made a figure."""

    http_method_names = ["get", "head"]

    @read(
        "read_lineage",
        documentation.LINEAGE,
        tag=documentation.PICTURE,
        parameters=[
            *documentation.CENTRE_AND_MEASURE,
            documentation.PERIOD,
            documentation.DIMENSION,
            documentation.KNOWN_AT,
            LIMIT,
            CURSOR,
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return one entry for each organisation's observation: own figures exact, others' for the audience."""
        access, measure, _ = _asked(request)
        period = _read(parameters.needed(request, "period"), "period", _kinds(measure))
        version = contract.version_in_force(measure, period.start)
        if version is None:
            raise not_found()
        dimension = parameters.choice(request, "dimension", DIMENSIONS)
        as_known_at = parameters.instant(request, "as_known_at")
        page = pagination.read(request, listing=f"lineage:{access.centre.pk}:{measure.pk}:{period.start}", parts=3)
        made = lineage(access.centre, measure, period.start, dimension=dimension, as_known_at=as_known_at)
        rows = sorted((source for source in made if _sender(source) > page.after), key=_sender)
        shown = audiences.lineage_for_audience(
            rows[: page.fetch],
            centre=access.centre,
            measure=measure,
            period_start=period.start,
            version=version,
            audience=access.audience,
            own=access.organisations,
            as_known_at=as_known_at,
        )
        document = {
            "centre": access.centre.slug,
            "measure": measure.code,
            "period": period.name,
            "start": period.start.isoformat(),
            "end": period.end.isoformat(),
            **pagination.document(request, page, shown, key=lambda each: _sender(each.source), show=_source),
        }
        return conditional.answer(request, document, audience=_reader(access))


def _sender(source: Source) -> tuple[str, ...]:
    return source.dimension, source.category, source.organisation.code


def _source(each: ShownSource) -> dict[str, object]:
    return {
        "organisation": each.source.organisation.code,
        "submission": str(each.source.submission),
        "received_at": instant(each.source.received_at),
        "dimension": each.source.dimension or None,
        "category": each.source.category or None,
        "state": each.source.state,
        "numerator": _plain(each.figures.numerator),
        "denominator": _plain(each.figures.denominator),
        "flag": each.figures.flag,
    }


class Spc(Endpoint):
    """The XmR chart of a measure's total at a centre."""

    http_method_names = ["get", "head"]

    @read("read_chart", documentation.CHART, tag=documentation.PICTURE, parameters=documentation.CENTRE_AND_MEASURE)
    def get(self, request: Request) -> HttpResponse:
        """Return every point with its limits and signals, and the two verdicts, for the caller's audience."""
        access, measure, caller = _asked(request)
        found = charts.one(
            access.centre,
            measure,
            audience=access.audience,
            own=access.organisations,
            today=london_date(caller.at),
        )
        if found is None:
            raise not_found()
        return conditional.answer(request, _chart_document(access, found), audience=_reader(access))


def _chart_document(access: CentreAccess, found: charts.Charted) -> dict[str, object]:
    document: dict[str, object] = {
        "centre": access.centre.slug,
        "measure": found.measure.code,
        "points": [],
        "variation": None,
        "assurance": None,
        "icons_shown": False,
        "target": found.version.target,
        "rebases": [],
    }
    chart = found.chart
    if chart is None:
        return document
    statistics = chart.xmr
    document["points"] = [
        {
            "period": each.period.name,
            "start": each.period.start.isoformat(),
            "end": each.period.end.isoformat(),
            "value": chart.values[at],
            "mean": statistics.mean[at],
            "lower_limit": statistics.lower_limit[at],
            "upper_limit": statistics.upper_limit[at],
            "near_lower_limit": statistics.near_lower_limit[at],
            "near_upper_limit": statistics.near_upper_limit[at],
            "moving_range": statistics.moving_range[at],
            "rebase_group": statistics.rebase_group[at],
            "special_cause_type": statistics.special_cause_type[at],
            "point_type": statistics.point_type[at],
            "complete": each.complete,
        }
        for at, each in enumerate(found.shown)
    ]
    deciding = chart.signal.at
    document["variation"] = statistics.variation if deciding is None else statistics.point_type[deciding]
    document["assurance"] = statistics.assurance
    document["icons_shown"] = icons_shown(statistics) and chart.signal.shown
    document["rebases"] = [
        {"date": mark.date.isoformat(), "reason": mark.reason, "agreed_by": mark.agreed_by} for mark in chart.rebases
    ]
    return document


def _asked(request: Request) -> "tuple[CentreAccess, Measure, Caller]":
    """Return the centre and measure of the query, as far as the caller may see them."""
    caller = caller_of(request)
    access = permissions.get_centre_for(caller.viewer, parameters.needed(request, "centre"), caller.at)
    measure = contract.measure_by_code(parameters.needed(request, "measure"))
    if measure is None or not access.centre.collections.filter(measure=measure).exists():
        raise not_found()
    return access, measure, caller


def _reader(access: CentreAccess) -> str:
    """Return for whom an answer was made that depends on the reader's own figures."""
    return f"{access.audience}:{','.join(map(str, sorted(access.organisations)))}"


def _kinds(measure: "Measure") -> list[str]:
    """Return the period types of the measure's versions, the newest first."""
    return list(dict.fromkeys(version.period_type for version in reversed(list(measure.versions.all()))))


def _bound(request: Request, name: str, kinds: list[str]) -> Period | None:
    text = parameters.text(request, name)
    return None if text is None else _read(text, name, kinds)


def _read(text: str, name: str, kinds: list[str]) -> Period:
    for kind in kinds:
        try:
            return periods.parse(text, kind)
        except (InvalidPeriodError, WrongPeriodTypeError):
            continue
    examples = " or ".join(periods.EXAMPLES[kind] for kind in kinds)
    raise parameters.invalid(name, f"{name} is a period of the measure, written like {examples}.")


def _entry(each: Shown) -> dict[str, object]:
    return {
        "period": each.period.name,
        "start": each.period.start.isoformat(),
        "end": each.period.end.isoformat(),
        "dimension": each.dimension or None,
        "category": each.category or None,
        "numerator": _plain(each.numerator),
        "denominator": _plain(each.denominator),
        "value": each.value,
        "lower": each.lower,
        "upper": each.upper,
        "flag": each.flag,
        "organisations_expected": each.expected,
        "organisations_reported": each.reported,
        "complete": each.complete,
    }


def _plain(value: object) -> object:
    return value if isinstance(value, int) or value is None else number(value)  # type: ignore[arg-type]  # a Decimal
