"""The interactive figure: the same chart again, private, and without markup that the security policy refuses."""

import json
import re
from datetime import date
from pathlib import Path
from typing import cast

import pytest
from django.conf import settings

from dashboard import charts, colours, figures
from dashboard.charts import NARROW, WIDE
from dashboard.figures import JSON
from dashboard.wording import MARK_WORDS
from dashboard.xmr_chart import Annotation, Rebase, Unit, XmRChart
from tests.dashboard.xmr_charts import IMPROVED, charted

type Trace = dict[str, list[float | str | None]]

MARKED = charted(
    (*IMPROVED, 0.5),
    missing={21: 1, 24: 2},
    rebases=[Rebase(date(2025, 2, 1), "A named fallback", "The board")],
    annotations=[Annotation(date(2026, 6, 12), "New system")],
)


def built(chart: XmRChart) -> dict[str, JSON]:
    """Return the figure as the browser reads it."""
    wide, narrow = (charts.figure(chart, identity="measure", layout=layout) for layout in (WIDE, NARROW))
    return cast("dict[str, JSON]", json.loads(json.dumps(figures.figure(chart, wide, narrow))))


def points(chart: XmRChart) -> dict[str, Trace]:
    """Return the traces of points by what they mean."""
    traces = cast("list[Trace]", built(chart)["data"])
    return {str(trace["name"]): trace for trace in traces if str(trace.get("mode")) == "markers"}


def test_the_figure_offers_no_way_out_to_another_host() -> None:
    config = cast("dict[str, JSON]", built(MARKED)["config"])
    assert config["showSendToCloud"] is False
    assert config["plotlyServerURL"] == ""
    assert config["displaylogo"] is False
    assert config["displayModeBar"] is False
    assert "http" not in json.dumps(built(MARKED))


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_a_finger_on_the_figure_scrolls_the_page(layout: str) -> None:
    chosen = json.dumps(built(MARKED)[layout])
    assert '"dragmode": false' in chosen
    assert chosen.count('"fixedrange": true') == 2


def test_texts_hold_no_markup_but_line_breaks() -> None:
    chart = charted([0.012, 0.013] * 8, unit=Unit("rate", "<b>visits</b>", 1000))
    written = json.dumps(built(chart)) + json.dumps(built(MARKED))
    assert set(re.findall(r"<[^>]*>", written)) == {
        "<br>",
        "<extra>",
        "</extra>",
    }  # the empty extra drops a trace's name


def test_points_are_the_statistics_own() -> None:
    traces = points(MARKED)
    shown = {at: value for trace in traces.values() for at, value in zip(trace["x"], trace["y"], strict=True)}
    assert shown == dict(enumerate(MARKED.values))
    assert traces["Improving"]["x"] == [
        at for at, kind in enumerate(MARKED.xmr.point_type) if kind.endswith("improvement")
    ]
    assert traces["Not complete yet"]["x"] == [24]


@pytest.mark.parametrize(
    ("chart", "words", "symbol"),
    [
        (charted(), "Improving", "triangle-up"),
        (charted([1 - value for value in IMPROVED], improvement="decrease"), "Improving", "triangle-down"),
        (charted(improvement="decrease"), "Concern", "square"),
        (charted(improvement="neutral"), "Changing, neither good nor bad", "diamond"),
    ],
)
def test_shapes_mean_what_they_mean_in_the_picture(chart: XmRChart, words: str, symbol: str) -> None:
    traces = points(chart)
    assert set(traces) == {words, "No significant change"}
    assert cast("dict[str, str]", traces[words]["marker"])["symbol"] == symbol


def test_a_point_says_its_signal_in_words() -> None:
    assert figures.hover_text(charted(missing={21: 1}), 21) == (
        "August 2026: 84%<br>Improving: 9 months in a row above the average of 79%"
        "<br>Average 79%, normal variation 68% to 91%<br>5 of 6 organisations sent"
    )
    assert figures.hover_text(MARKED, 24).startswith("November 2026: 50%<br>Not complete yet")
    assert figures.hover_text(charted([0.5, None, 0.6]), 1) == ""


def test_ticks_words_and_flags_are_the_pictures() -> None:
    picture = charts.figure(MARKED, identity="measure")
    layout = cast("dict[str, dict[str, JSON]]", cast("dict[str, JSON]", built(MARKED)["wide"])["layout"])
    assert layout["yaxis"]["ticktext"] == [tick.text for tick in picture.value_ticks]
    assert layout["yaxis"]["range"] == [picture.frame.low, picture.frame.high]
    written = [cast("dict[str, str]", each)["text"] for each in layout["annotations"]]
    levels, missing = [level.text for level in picture.levels], [text.text for text in picture.missing_labels]
    assert written == [*levels, *missing, *(str(flag.number) for flag in picture.flags)]


def test_the_colours_are_those_of_the_style_sheet() -> None:
    tokens = (Path(settings.BASE_DIR) / "static" / "sass" / "_tokens.scss").read_text(encoding="utf-8")
    listed = dict(re.findall(r"--app-([a-z-]+): (#[0-9a-f]{6});", tokens))
    assert {kind: fill for kind, (fill, _) in colours.MARKS.items() if kind != "incomplete"} == {
        kind: listed[f"spc-{kind}"] for kind in ("common", "improvement", "concern", "neutral")
    }
    assert (listed["text"], listed["secondary"], listed["spc-line"]) == (colours.TEXT, colours.SECONDARY, colours.LINE)
    assert (listed["line"], listed["red"]) == (colours.SHADE, colours.TARGET)


def test_every_kind_of_mark_has_its_colours() -> None:
    assert {mark.partition("-")[0] for mark in MARK_WORDS} == set(colours.MARKS)
