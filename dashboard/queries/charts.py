"""Charts as one audience sees them: the same series and statistics for icon, table, small multiple, page and API."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q

from dashboard.disclosure import Table
from dashboard.models import Annotation, Rebase
from dashboard.queries import audience as audiences
from dashboard.queries import tables
from dashboard.queries.audience import Shown
from dashboard.queries.rollups import Series, overview_series, series
from dashboard.spc import xmr
from dashboard.xmr_chart import Annotation as ChartAnnotation
from dashboard.xmr_chart import Point, Unit, XmRChart, values_for_statistics
from dashboard.xmr_chart import Rebase as ChartRebase
from decisions.queries import decisions
from decisions.queries.decisions import Mark
from partners.permissions import Audience
from partners.queries import contract

if TYPE_CHECKING:
    from partners.models import Centre, Measure, MeasureVersion


@dataclass(frozen=True, slots=True)
class Charted:
    """One measure at one centre as an audience sees it. `chart` is None where there is no period yet.

    `shown` are the entries of the total, one a period; `version` is what the measure means now.
    """

    measure: "Measure"
    version: "MeasureVersion"
    shown: tuple[Shown, ...]
    chart: XmRChart | None


_MARKS = Q(withdrawn_at__isnull=True)

_VERSION = """
SELECT coalesce((SELECT max(id) FROM dashboard_rollupshard WHERE centre_id = %(centre)s AND slots > 0), 0),
       coalesce((SELECT max(id) FROM dashboard_rolluprun WHERE kind = 'full' AND state = 'succeeded'), 0),
       (SELECT number FROM partners_contractrevision WHERE id = 1),
       (SELECT count(*) + count(withdrawn_at) FROM dashboard_rebase WHERE centre_id = %(centre)s),
       (SELECT count(*) + count(withdrawn_at) FROM dashboard_annotation WHERE centre_id = %(centre)s),
       (SELECT max(m.id) FROM decisions_decisionmeasure m JOIN decisions_decision d ON d.id = m.decision_id
        JOIN decisions_forum f ON f.id = d.forum_id WHERE f.centre_id = %(centre)s),
       (SELECT max(finished_at) FROM dashboard_rolluprun WHERE state = 'succeeded')
"""


def picture_version(centre: "Centre") -> tuple[object, ...]:
    """Return what the centre's charts depend on: as long as it is equal, so are they. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, {"centre": centre.pk})
        return tuple(cursor.fetchone())


def overview(centre: "Centre", *, audience: Audience, own: Collection[int], today: date) -> list[Charted]:
    """Return every measure that the centre collects, in its order, in seven queries whatever their number.

    `own` are the keys of the reader's organisations: outsiders take one query more.
    """
    collected = contract.collected_versions(centre, today)
    versions = list(collected.values())
    found = overview_series(centre, [version.measure for version in versions])
    rebases, annotations = _marks(centre, None)
    marks: list[Annotation | Mark] = [*annotations, *decisions.of_measure(centre)]
    beside = tables.totals_beside(centre, [version.measure for version in versions], audience=audience, own=own)
    return [
        charted(
            found[version.measure_id],
            version,
            audience=audience,
            beside=beside.get(version.measure_id),
            rebases=[each for each in rebases if each.measure_id == version.measure_id],
            annotations=[each for each in marks if each.measure_id == version.measure_id],
        )
        for version in versions
    ]


def one(
    centre: "Centre",
    measure: "Measure",
    *,
    audience: Audience,
    today: date,
    own: Collection[int] = (),
    as_known_at: datetime | None = None,
) -> Charted | None:
    """Return one measure's chart, or None where the centre has never collected it.

    `own` are the keys of an outsider's organisations; a member's make no difference.
    """
    version = contract.version_in_force(measure, today)
    if version is None or not centre.collections.filter(measure=measure).exists():
        return None
    rebases, annotations = _marks(centre, measure)
    beside = tables.totals_beside(centre, [measure], audience=audience, own=own, as_known_at=as_known_at)
    return charted(
        series(centre, measure, as_known_at=as_known_at),
        version,
        audience=audience,
        beside=beside.get(measure.pk),
        rebases=rebases,
        annotations=[*annotations, *decisions.of_measure(centre, measure)],
    )


def charted(
    found: Series,
    version: "MeasureVersion",
    *,
    audience: Audience,
    beside: Mapping[date, Table] | None,
    rebases: Iterable[Rebase],
    annotations: Iterable[Annotation | Mark],
) -> Charted:
    """Draw a series of totals for an audience, with what happened and what forums decided marked on it.

    Statistics are computed from what the audience sees.
    """
    shown = tuple(audiences.for_audience(found.entries, audience=audience, beside=beside))
    if not shown:
        return Charted(found.measure, version, shown, None)
    points = tuple(
        Point(each.period.words, each.period.start, each.value, each.complete, each.expected, each.reported)
        for each in shown
    )
    marks = [ChartRebase(each.date, each.reason, each.agreed_by) for each in rebases]
    statistics = xmr(
        [point.start for point in points],
        values_for_statistics(points, summed=version.aggregation == "sum"),
        improvement=version.improvement,  # type: ignore[arg-type]  # the choices are the three words
        target=version.target,
        rebase=[mark.date for mark in marks],
    )
    chart = XmRChart(
        title=version.title,
        points=points,
        xmr=statistics,
        unit=Unit(version.unit, version.unit_label, version.multiplier),  # type: ignore[arg-type]  # likewise
        period_type=version.period_type,  # type: ignore[arg-type]  # likewise
        improvement=version.improvement,  # type: ignore[arg-type]  # likewise
        target=version.target,
        rebases=marks,
        annotations=[ChartAnnotation(each.date, each.text) for each in annotations],
    )
    return Charted(found.measure, version, shown, chart)


def _marks(centre: "Centre", measure: "Measure | None") -> tuple[Sequence[Rebase], Sequence[Annotation]]:
    of = Q(centre=centre) if measure is None else Q(centre=centre, measure=measure)
    return (
        list(Rebase.objects.filter(of & _MARKS).order_by("date")),
        list(Annotation.objects.filter(of & _MARKS).order_by("date", "pk")),
    )


@dataclass(frozen=True, slots=True)
class MarkToTakeOff:
    """A mark that stands on a chart: its kind and key for addresses, and what it says."""

    kind: str
    key: int
    date: date
    words: str


def marks_to_take_off(centre: "Centre", measure: "Measure") -> list[MarkToTakeOff]:
    """Return the marks of one chart, newest first."""
    rebases, annotations = _marks(centre, measure)
    found = [MarkToTakeOff("rebases", each.pk, each.date, each.reason) for each in rebases]
    found += [MarkToTakeOff("notes", each.pk, each.date, each.text) for each in annotations]
    return sorted(found, key=lambda mark: mark.date, reverse=True)
