"""A centre's overview: where to look first, then every measure in one line."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from dashboard import exports, wording
from dashboard.charts import SmallMultiple, small_multiple
from dashboard.notation import notation
from dashboard.queries import charts
from dashboard.queries.charts import Charted
from dashboard.views.access import Visit, own_outside, visit
from dashboard.wording import Icon
from dashboard.xmr_chart import Assurance, Variation, XmRChart
from partners.permissions import Audience

ROWS: tuple[Variation, ...] = ("concern", "common", "improvement", "neutral")
COLUMNS: tuple[Assurance, ...] = ("fail", "unsure", "pass", "none")
KEPT = 128

type _Key = tuple[object, ...]


class _Pictures:
    """The last rendered overviews of this process, for as long as nothing they depend on has changed."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[_Key, SafeString] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key) -> SafeString | None:
        """Return what was kept under a key."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: _Key, picture: SafeString) -> None:
        """Keep a picture and forget the one that was not asked for longest."""
        with self._lock:
            self._kept[key] = picture
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


_pictures = _Pictures(KEPT)


@dataclass(frozen=True, slots=True)
class Line:
    """One measure in the table. Texts are ready to show."""

    title: str
    url: str
    latest: str
    latest_period: str
    target: str
    picture: SmallMultiple | None
    change: Icon | None
    met: Icon | None
    too_early: str
    average: str
    limits: str
    note: str


@require_safe
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the matrix, the table with icons and small multiples, and how fresh the figures are."""
    seen = visit(request, slug)
    version = charts.picture_version(seen.access.centre)
    key = (seen.access.centre.pk, seen.access.audience, own_outside(seen.access), seen.today, version)
    picture = _pictures.get(key)
    if picture is None:
        picture = _rendered(seen, as_at=version[-1])
        _pictures.keep(key, picture)
    context = {"centre": seen.access.centre, "picture": picture, "audience": seen.access.audience.value}
    return render(request, "dashboard/overview.jinja", context)


@require_safe
def overview_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the table as CSV; `?for=publication` puts the small-number rule on everything."""
    seen = visit(request, slug)
    audience = Audience.OUTSIDE if request.GET.get("for") == "publication" else seen.access.audience
    found = charts.overview(seen.access.centre, audience=audience, own=own_outside(seen.access), today=seen.today)
    answer = HttpResponse(exports.overview_csv(seen.access.centre.slug, found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{seen.access.centre.slug}-overview.csv"'
    return answer


def _rendered(seen: Visit, *, as_at: object) -> SafeString:
    access = seen.access
    found = charts.overview(access.centre, audience=access.audience, own=own_outside(access), today=seen.today)
    slug = seen.access.centre.slug
    lines = [_line(slug, each) for each in found]
    context = {
        "centre": seen.access.centre,
        "lines": lines,
        "matrix": _matrix(found, lines),
        "changed": _changed(found, lines),
        "as_at": as_at,
        "month": max((each.shown[-1].period for each in found if each.shown), default=None),
        "missing": any(line.note for line in lines),
    }
    return mark_safe(render_to_string("dashboard/_overview.jinja", context))  # noqa: S308  (a rendered template)


def _line(slug: str, found: Charted) -> Line:
    url = reverse("dashboard:measure", args=[slug, found.measure.code])
    chart = found.chart
    if chart is None:
        return Line(found.version.title, url, "No figures", "", "", None, None, None, "No figures yet", "", "", "")
    write = notation(chart)
    at = chart.signal.at
    value = None if at is None else chart.xmr.values[at]
    mean = chart.xmr.mean[-1]
    return Line(
        title=found.version.title,
        url=url,
        latest="No figure" if value is None else write.value(value),
        latest_period="" if at is None else chart.points[at].label,
        target=wording.target_words(chart),
        picture=small_multiple(chart),
        change=wording.variation_icon(chart),
        met=wording.assurance_icon(chart),
        too_early=wording.why_no_icons(chart),
        average="" if mean is None else write.value(mean),
        limits=wording.normal_range(chart),
        note=_sentence_case(wording.data_quality(chart).removeprefix("Data quality: ")),
    )


def _sentence_case(words: str) -> str:
    return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One row of the matrix: measures by how they stand to their target."""

    variation: Variation
    words: str
    cells: tuple[tuple[Line, ...], ...]


def _matrix(found: list[Charted], lines: list[Line]) -> list[MatrixRow]:
    placed: dict[tuple[Variation, Assurance], list[Line]] = {}
    for each, line in zip(found, lines, strict=True):
        if each.chart is not None and each.chart.signal.shown:
            placed.setdefault((each.chart.signal.variation, each.chart.signal.assurance), []).append(line)
    return [
        MatrixRow(
            variation,
            wording.VARIATION_WORDS[variation],
            tuple(tuple(placed.get((variation, assurance), ())) for assurance in COLUMNS),
        )
        for variation in ROWS
    ]


def _changed(found: list[Charted], lines: list[Line]) -> list[tuple[Line, str]]:
    """Return the measures with a signal and the sentence that says what it is, concerns first."""
    told = [
        (chart.signal.variation, line, _sentence(chart))
        for each, line in zip(found, lines, strict=True)
        if (chart := each.chart) is not None and chart.signal.shown and chart.signal.variation != "common"
    ]
    told.sort(key=lambda item: ROWS.index(item[0]))
    return [(line, sentence) for _, line, sentence in told]


def _sentence(chart: XmRChart) -> str:
    at = chart.signal.at
    return "" if at is None else wording.reason(chart, at, notation(chart))
