"""Charts as coordinates: what is broken, grouped, labelled and kept apart."""

import gzip
import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from django.template import engines
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import charts
from dashboard.charts import NARROW, WIDE, Figure
from dashboard.charts.flags import RADIUS
from dashboard.charts.labels import LINE, SIZE
from dashboard.charts.large import Layout
from dashboard.charts.scales import spread, text_width, ticks
from dashboard.xmr_chart import Annotation, PeriodType, Rebase, Unit, XmRChart
from tests.dashboard.xmr_charts import IMPROVED, STEADY, charted

NEW_STEP = Rebase(date(2026, 2, 1), "A named fallback", "The board")
MARK_START = re.compile(r"M(-?[\d.]+)[ ]?(-?[\d.]+)")
PATH = re.compile(r"[MlhvazLV\d .-]*")
LAYOUTS = pytest.mark.parametrize("layout", [WIDE, NARROW], ids=lambda layout: layout.name)
PERIOD_TYPES: list[PeriodType] = ["day", "week", "month", "quarter", "financial_quarter", "year", "financial_year"]


def starts(path: str) -> list[tuple[float, float]]:
    """Where each part of a path begins."""
    return [(float(x), float(y)) for x, y in MARK_START.findall(path)]


def parsed(document: str) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314  (we drew it ourselves)


def drawn(chart: XmRChart, layout: Layout = WIDE) -> Figure:
    return charts.figure(chart, identity="measure", layout=layout)


def render(name: str, **context: object) -> str:
    return str(engines["jinja2"].get_template(name).render(context))


def test_the_line_is_broken_at_missing_values_and_at_a_new_step() -> None:
    values: list[float | None] = list(IMPROVED)
    assert drawn(charted(values)).line.count("M") == 1
    values[4] = None
    assert drawn(charted(values)).line.count("M") == 2
    assert drawn(charted(values, rebases=[NEW_STEP])).line.count("M") == 3


def test_each_step_has_its_own_average_and_limits() -> None:
    figure = drawn(charted(rebases=[NEW_STEP]))
    assert figure.mean.count("M") == 2
    assert figure.limits.count("M") == 4
    (_, before), (_, since) = starts(figure.mean)
    assert since < before  # higher


def test_points_are_one_path_for_each_shape() -> None:
    assert [(marks.kind, marks.path.count("z")) for marks in drawn(charted()).marks] == [
        ("common", 15),
        ("improvement", 9),
    ]
    worse = drawn(charted(improvement="decrease"))
    assert [(marks.kind, marks.path.count("z")) for marks in worse.marks] == [("common", 15), ("concern", 9)]
    neither = drawn(charted(improvement="neutral"))
    assert [(marks.kind, marks.path.count("z")) for marks in neither.marks] == [("common", 15), ("neutral", 9)]


@pytest.mark.parametrize(("improvement", "points_down"), [("increase", False), ("decrease", True)])
def test_the_triangle_of_an_improvement_points_the_way_the_values_move(improvement: str, *, points_down: bool) -> None:
    values = [1 - value for value in IMPROVED] if points_down else list(IMPROVED)
    chart = charted(values, improvement=improvement)  # type: ignore[arg-type]  # parametrised
    path = drawn(chart).marks[-1].path
    tip_down = re.match(r"M[\d.]+ [\d.]+l[\d.]+-", path) is not None
    assert tip_down is points_down


def test_the_small_multiple_shows_the_last_periods_with_the_statistics_of_all() -> None:
    small = charts.small_multiple(charted([0.2, 0.3] * 12 + [0.7, 0.8] * 12, target=None), last=24)
    ((_, mean),) = starts(small.mean)
    shapes = [starts(marks.path) for marks in small.marks]
    assert sum(len(shape) for shape in shapes) == 24
    assert all(y < mean for shape in shapes for _, y in shape)  # all above the average of both halves


def test_small_multiples_share_their_months_whatever_their_length() -> None:
    short, long = charts.small_multiple(charted(STEADY)), charts.small_multiple(charted(STEADY * 4))
    assert starts(short.marks[-1].path)[-1][0] == starts(long.marks[-1].path)[-1][0]


def test_columns_of_missing_partners_are_shaded_in_runs_and_say_how_many() -> None:
    figure = drawn(charted(missing={4: 1, 20: 1, 21: 2}))
    assert figure.missing.count("z") == 2
    assert [text.text for text in figure.missing_labels] == ["1 to 2 partners not sent", "1 partner not sent"]
    assert charts.small_multiple(charted(missing={4: 1, 20: 1, 21: 2})).missing.count("z") == 2


def test_a_newest_ratio_still_to_come_is_hollow_and_apart_and_such_a_sum_is_not_drawn() -> None:
    partial = drawn(charted((*IMPROVED, 0.2), missing={24: 3}))
    assert [marks.kind for marks in partial.marks] == ["common", "incomplete", "improvement"]
    summed = drawn(charted([10.0, 12, 11] * 6 + [3.0], unit=Unit("count"), target=None, missing={18: 3}))
    assert [marks.kind for marks in summed.marks] == ["common"]


def test_flags_are_numbered_by_date_and_explained_below() -> None:
    events = [Annotation(date(2026, 6, 12), "New system"), Annotation(date(2025, 3, 3), "New rota")]
    figure = drawn(charted(rebases=[NEW_STEP], annotations=events))
    assert [(note.number, note.kind, note.when, note.text) for note in figure.notes] == [
        (1, "note", "3 March 2025", "New rota"),
        (2, "rebase", "1 February 2026", "A named fallback"),
        (3, "note", "12 June 2026", "New system"),
    ]
    assert figure.notes[1].detail == "Agreed by The board. The average was 75% before and is 86% since."
    assert [entry.words for entry in figure.key][-2:] == ["New step", "What happened"]


def test_events_before_and_after_the_chart_have_no_flag() -> None:
    outside = [Annotation(date(2024, 10, 31), "Before"), Annotation(date(2026, 12, 5), "After")]
    assert drawn(charted(annotations=outside)).notes == ()


@LAYOUTS
def test_flags_keep_apart_and_where_there_are_too_many_the_latest_stay(layout: Layout) -> None:
    events = [Annotation(date(2025, 1, 1) + timedelta(days=day), "Event") for day in range(60)]
    figure = drawn(charted(annotations=events), layout)
    assert len(figure.notes) == 60
    assert figure.flags[-1].number == 60
    gaps = [after.x - before.x for before, after in pairwise(figure.flags)]
    assert min(gaps) >= 2 * RADIUS
    assert figure.frame.left <= figure.flags[0].x
    assert figure.flags[-1].x <= figure.frame.right


@LAYOUTS
@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.floats(0, 1), min_size=3, max_size=40), target=st.floats(0, 1))
def test_labels_of_lines_never_overlap_and_stay_in_the_picture(
    layout: Layout, values: list[float], target: float
) -> None:
    figure = drawn(charted(values, target=target), layout)
    gaps = [below.y - above.y for above, below in pairwise(figure.levels)]
    assert all(gap >= LINE - 1e-6 for gap in gaps)
    assert all(figure.frame.right + 15 + text_width(level.text, SIZE) <= layout.width for level in figure.levels)
    assert [level.line_y for level in figure.levels] == sorted(level.line_y for level in figure.levels)


@LAYOUTS
@pytest.mark.parametrize("period_type", PERIOD_TYPES)
@pytest.mark.parametrize("count", [3, 13, 36, 61, 150, 400])
def test_labels_of_periods_never_collide_and_the_latest_has_one(
    layout: Layout, period_type: PeriodType, count: int
) -> None:
    first = date(1950, 1, 1) if "year" in period_type or "quarter" in period_type else date(2015, 1, 1)
    figure = drawn(
        charted([0.5, 0.6] * (count // 2) + [0.5] * (count % 2), period_type=period_type, first=first), layout
    )
    reach = [
        (tick.x - max(text_width(tick.text, SIZE), text_width(tick.year, SIZE)) / 2, tick.x)
        for tick in figure.period_ticks
    ]
    rights = [2 * middle - left for left, middle in reach]
    assert all(right < left for right, (left, _) in zip(rights, reach[1:], strict=False))
    assert figure.period_ticks[-1].at == count - 1
    assert reach[0][0] >= 0
    assert rights[-1] <= layout.width


@pytest.mark.parametrize(
    ("low", "high", "whole", "expected"),
    [
        (0.4, 1.2, False, [0.4, 0.6, 0.8, 1.0, 1.2]),
        (67.0, 93.0, False, [70, 75, 80, 85, 90]),
        (0.0, 2.3, True, [0, 1, 2]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float], *, whole: bool) -> None:
    assert ticks(low, high, most=6, whole=whole) == pytest.approx(expected)


def test_no_tick_stands_where_no_value_can_be() -> None:
    figure = drawn(charted([0.97, 1.0, 0.9, 1.0, 0.93, 1.0] * 4))
    assert figure.value_ticks[-1].text == "100%"
    assert "Upper limit over 100%" in [level.text for level in figure.levels]


@given(places=st.lists(st.floats(0, 100), max_size=8))
def test_spreading_keeps_order_and_bounds(places: list[float]) -> None:
    centres = spread(places, [10] * len(places), 0, 100)
    by_place = sorted(zip(places, centres, strict=True))
    assert all(after - before >= 10 - 1e-9 for (_, before), (_, after) in pairwise(by_place))
    assert all(5 - 1e-9 <= centre <= 95 + 1e-9 for centre in centres)


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.none() | st.floats(-1e12, 1e12), min_size=1, max_size=30),
    target=st.none() | st.floats(-1e12, 1e12),
    kind=st.sampled_from(["count", "mean", "rate", "proportion"]),
)
def test_any_values_give_numbers_within_the_picture(
    values: list[float | None], target: float | None, kind: str
) -> None:
    chart = charted(values, target=target, unit=Unit(kind, multiplier=100))  # type: ignore[arg-type]  # sampled
    small, figure = charts.small_multiple(chart), drawn(chart)
    paths = [small.line, small.mean, small.limits, figure.line, figure.mean, figure.limits]
    assert all(PATH.fullmatch(path) for path in paths)
    assert all(0 <= y <= 56 for path in (small.mean, small.limits, small.line) for _, y in starts(path))
    parsed(charts.standalone(figure))


def test_a_chart_without_a_single_figure_still_draws_its_target() -> None:
    figure = drawn(charted([None] * 8))
    assert (figure.line, figure.marks, figure.mean, figure.limits) == ("", (), "", "")
    assert [level.text for level in figure.levels] == ["Target 90%"]


def test_periods_that_are_not_those_of_the_statistics_are_refused() -> None:
    chart = charted()
    with pytest.raises(ValueError, match="not those of the statistics"):
        XmRChart("Mixed up", chart.points[:5], chart.xmr, chart.unit, "month", "increase")


def test_a_picture_taken_away_is_complete_and_needs_no_style_sheet() -> None:
    note = Annotation(date(2026, 6, 12), 'Moved to "<script>" & back\x00')
    chart = charted(title="Seen & <heard>", rebases=[NEW_STEP], annotations=[note], missing={21: 1})
    document = charts.standalone(drawn(chart))
    root = parsed(document)
    elements = list(root.iter())
    assert [element.text for element in root if element.tag.endswith(("title", "desc"))] == [
        "Seen & <heard>",
        drawn(chart).alternative,
    ]
    assert not {"class", "style"} & {name for element in elements for name in element.attrib}
    assert all(element.get("fill") or element.get("stroke") for element in elements if element.tag.endswith("path"))
    assert any('Moved to "<script>" & back' in (element.text or "") for element in elements)
    assert "http" not in document.replace("http://www.w3.org/2000/svg", "")


def test_markup_has_no_inline_style_and_says_the_chart_in_words() -> None:
    chart = charted(title="<b>Bold</b>", rebases=[NEW_STEP], missing={21: 1})
    small = render("components/spc_small.jinja", chart=charts.small_multiple(chart))
    macro = "{% from 'components/spc_picture.jinja' import spc_picture %}{{ spc_picture(figure) }}"
    large = str(engines["jinja2"].from_string(macro).render({"figure": drawn(chart)}))
    for markup in (small, large):
        assert "style=" not in markup
        assert "<b>" not in markup
        assert set(re.findall(r'class="([a-z]+-[a-z]+)', markup)) == {"app-spc"}
        assert parsed(markup).attrib["role"] == "img"
    assert "Too early: 9 months of 13" in small


def test_ids_of_two_charts_on_a_page_differ() -> None:
    chart = charted(missing={21: 1})
    hatches = {
        charts.figure(chart, identity=identity, layout=layout).hatch
        for identity in ("a", "b")
        for layout in (WIDE, NARROW)
    }
    assert len(hatches) == 4


def test_forty_small_multiples_leave_most_of_the_overview_page_to_the_rest() -> None:
    many = (charted([value - at / 900 for value in IMPROVED + STEADY[:12]]) for at in range(40))
    markup = "".join(render("components/spc_small.jinja", chart=charts.small_multiple(chart)) for chart in many)
    assert len(gzip.compress(markup.encode())) < 20_000
