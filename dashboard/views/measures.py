"""One measure's page, its downloads, and where its figures came from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard import exports, figures, wording
from dashboard.charts import NARROW, WIDE, figure, standalone
from dashboard.notation import Notation, notation
from dashboard.queries import audience as audiences
from dashboard.queries import charts
from dashboard.queries.audience import Shown
from dashboard.queries.charts import Charted
from dashboard.queries.lineage import lineage
from dashboard.views.access import Visit, measure_at, own_outside, visit
from dashboard.wording import Mark
from dashboard.xmr_chart import XmRChart
from decisions.queries import priorities
from nhc import formats
from nhc.access import Permission
from partners import periods
from partners.periods import InvalidPeriodError, Period, WrongPeriodTypeError
from partners.permissions import Audience, NotVisible
from partners.queries import contract, missing

if TYPE_CHECKING:
    from partners.models import MeasureVersion

IN_TABLE = 13


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One period in the table under the chart, ready to show."""

    period: Period
    numerator: str
    denominator: str
    value: str
    mark: Mark | None
    signal: str
    organisations: str
    complete: bool
    hidden: bool
    sent: bool


def _found(seen: Visit, code: str, *, publication: bool = False) -> Charted:
    measure = measure_at(code, seen.access)
    audience = Audience.OUTSIDE if publication else seen.access.audience
    found = charts.one(seen.access.centre, measure, audience=audience, own=own_outside(seen.access), today=seen.today)
    if found is None:
        raise NotVisible
    return found


@require_safe
def measure(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Show the chart, what it says in a sentence, the table, the definition, who is missing and what was agreed."""
    seen = visit(request, slug)
    found = _found(seen, code)
    every = request.GET.get("rows") == "all"
    context: dict[str, object] = {
        "centre": seen.access.centre,
        "audience": seen.access.audience.value,
        "found": found,
        "version": found.version,
        "versions": found.measure.versions.all(),
        "may_mark": seen.allows(Permission.REBASE_CHART),
        "priorities": priorities.of_measure(seen.access.centre, found.measure),
        "may_read_priorities": seen.allows(Permission.READ_DIRECTORY),
        "every": every,
    }
    chart = found.chart
    if chart is not None:
        rows = _rows(found, notation(chart))
        wide, narrow = (figure(chart, identity="measure", layout=layout) for layout in (WIDE, NARROW))
        context |= {
            "chart": chart,
            "sentences": wording.sentences(chart),
            "headline": wording.summary(chart),
            "change": wording.variation_icon(chart),
            "met": wording.assurance_icon(chart),
            "too_early": wording.why_no_icons(chart),
            "quality": wording.data_quality(chart),
            "wide": wide,
            "narrow": narrow,
            "plotted": figures.figure(chart, wide, narrow),
            "marks": charts.marks_to_take_off(seen.access.centre, found.measure),
            "rows": rows if every else rows[:IN_TABLE],
            "of": len(rows),
            "missing": missing.not_reported(
                seen.access.centre, found.measure, [each.period for each in found.shown[-IN_TABLE:]]
            ),
        }
    return render(request, "dashboard/measure.jinja", context)


@require_safe
def measure_csv(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Return the table as CSV; `?for=publication` puts the small-number rule on everything."""
    seen = visit(request, slug)
    found = _found(seen, code, publication=request.GET.get("for") == "publication")
    answer = HttpResponse(exports.measure_csv(slug, found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{code}.csv"'
    return answer


@require_safe
def measure_svg(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Return the chart as a picture that needs no style sheet."""
    seen = visit(request, slug)
    found = _found(seen, code, publication=request.GET.get("for") == "publication")
    if found.chart is None:
        raise Http404
    drawn = figure(found.chart, identity="measure", layout=WIDE)
    answer = HttpResponse(standalone(drawn), content_type="image/svg+xml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{code}.svg"'
    return answer


@require_safe
def sources(request: HttpRequest, slug: str, code: str, period: str) -> HttpResponse:
    """Show the submissions that made one figure: own figures exactly, others' as this person may see them."""
    seen = visit(request, slug)
    found = measure_at(code, seen.access)
    asked = _period(found.versions.all(), period)
    version = contract.version_in_force(found, asked.start)
    if version is None:
        raise NotVisible
    dimension = request.GET.get("dimension", "")
    made = lineage(
        seen.access.centre, found, asked.start, dimension=dimension if dimension in version.breakdowns else ""
    )
    context = {
        "centre": seen.access.centre,
        "audience": seen.access.audience.value,
        "measure": found,
        "version": version,
        "period": asked,
        "dimension": dimension,
        "sources": audiences.lineage_for_audience(
            made,
            centre=seen.access.centre,
            measure=found,
            period_start=asked.start,
            version=version,
            audience=seen.access.audience,
            own=seen.access.organisations,
        ),
        "not_sent": missing.not_reported(seen.access.centre, found, [asked])[asked.start],
    }
    return render(request, "dashboard/sources.jinja", context)


def _period(versions: "Iterable[MeasureVersion]", text: str) -> Period:
    for version in versions:
        try:
            return periods.parse(text, version.period_type)
        except (InvalidPeriodError, WrongPeriodTypeError):
            continue
    raise NotVisible


def _rows(found: Charted, write: Notation) -> list[PeriodRow]:
    """Return the periods, newest first."""
    chart = found.chart
    assert chart is not None  # noqa: S101  (the caller has one)
    rows = []
    for at in range(len(found.shown) - 1, -1, -1):
        each = found.shown[at]
        drawn = chart.values[at] is not None
        rows.append(
            PeriodRow(
                period=each.period,
                numerator=_count(each, each.numerator),
                denominator=_count(each, each.denominator),
                value=_value(each, write),
                mark=wording.mark(chart, at) if drawn else None,
                signal=_signal(each, chart, at),
                organisations=f"{each.reported:,} of {each.expected:,}",
                complete=each.complete,
                hidden=each.flag == "c",
                sent=each.reported > 0,
            )
        )
    return rows


def _signal(each: Shown, chart: XmRChart, at: int) -> str:
    if each.flag == "c":
        return "Hidden"
    if each.value is not None and chart.values[at] is None:
        return "Not judged: not complete"
    return wording.mark_words(chart, at)


def _count(each: Shown, number: object) -> str:
    if each.flag == "c":
        return "Hidden"
    if number is None:
        return "Not sent" if not each.reported else "None"
    return formats.figure(number)  # type: ignore[arg-type]  # a count or a decimal


def _value(each: Shown, write: Notation) -> str:
    if each.flag == "c":
        return "Hidden"
    if each.value is None:
        return "Not sent" if not each.reported else "No figure"
    return write.value(each.value)
