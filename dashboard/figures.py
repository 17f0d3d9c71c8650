"""The interactive figure of one measure, built with plotly from the same chart and the same picture as the SVG.

No text has markup but line breaks: bold or coloured spans carry style attributes, which the content security policy
refuses. The figure never offers to send the chart to another host.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from dashboard import colours
from dashboard.charts import Figure
from dashboard.charts.flags import RADIUS, Flag
from dashboard.charts.scales import Scale
from dashboard.notation import notation
from dashboard.wording import MARK_WORDS, Mark, mark, missing_words, normal_range, reason
from dashboard.xmr_chart import XmRChart

type JSON = bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None

CONFIG: Mapping[str, JSON] = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "displayModeBar": False,
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
    "topojsonURL": "",
}

_SYMBOLS: dict[Mark, tuple[str, float]] = {
    "common": ("circle", 1.9),
    "incomplete": ("circle", 1.9),
    "neutral": ("diamond", 2.6),
    "concern": ("square", 1.9),
    "improvement-up": ("triangle-up", 2.9),
    "improvement-down": ("triangle-down", 2.9),
}
"""Plotly's name of each shape, and the size it needs, in radii of a mark, to look as heavy as the picture's."""


def figure(chart: XmRChart, wide: Figure, narrow: Figure) -> dict[str, JSON]:
    """Return what `static/js/measure-chart.js` draws: `data`, `config`, and for each picture its layout and scale."""
    data: list[JSON] = go.Figure(data=_data(chart, wide)).to_plotly_json()["data"]
    return {
        "data": data,
        "config": CONFIG,
        "wide": {"layout": _checked(_layout(chart, wide)), "scale": 1},
        "narrow": {
            "layout": _checked(_layout(chart, narrow)),
            "scale": round(narrow.mark_radius / wide.mark_radius, 2),
        },
    }


def _checked(layout: Mapping[str, JSON]) -> JSON:
    """The layout as plotly accepts it, with an empty template: plotly's own would add 7 KB and its looks."""
    checked: JSON = go.Layout({**layout, "template": go.layout.Template()}).to_plotly_json()
    return checked


def hover_text(chart: XmRChart, at: int) -> str:
    """Return what a point says: its period and value, its signal in words, what is normal, and who has not sent."""
    value, mean = chart.values[at], chart.xmr.mean[at]
    if value is None:
        return ""
    write = notation(chart)
    said = [f"{chart.points[at].label}: {write.value(value)}"]
    shape = mark(chart, at)
    pattern = "" if shape == "incomplete" else reason(chart, at, write)
    said.append(f"{MARK_WORDS[shape]}: {pattern}" if pattern else MARK_WORDS[shape])
    if mean is not None:
        usual = normal_range(chart, at)
        said.append(f"Average {write.value(mean)}" + (f", normal variation {usual}" if usual else ""))
    if chart.points[at].missing:
        said.append(missing_words(chart.points[at]))
    return "<br>".join(escape(each, quote=False) for each in said)


def _data(chart: XmRChart, drawn: Figure) -> list[Mapping[str, JSON]]:
    """Shaded columns, level lines, the line of values, and the points by shape. Periods stand at 0, 1, 2."""
    traces: list[Mapping[str, JSON]] = [_missing(chart, drawn)] if any(point.missing for point in chart.points) else []
    xmr, end = chart.xmr, len(chart.points)
    traces += [
        _levels(chart, xmr.lower_limit, _stroke(colours.LINE, 1, "4px,3px")),
        _levels(chart, xmr.upper_limit, _stroke(colours.LINE, 1, "4px,3px")),
        _levels(chart, xmr.mean, _stroke(colours.TEXT, 1)),
    ]
    if chart.target is not None:
        stroke = _stroke(colours.TARGET, 1.5, "1.5px,3px")
        traces.append(_lines([-0.5, end - 0.5], [chart.target, chart.target], stroke))
    traces.append(_values(chart))
    shapes = [None if value is None else mark(chart, at) for at, value in enumerate(chart.values)]
    for shape in _SYMBOLS:
        chosen = [at for at, each in enumerate(shapes) if each == shape]
        if chosen:
            traces.append(_points(chart, chosen, shape, drawn.mark_radius))
    return traces


def _missing(chart: XmRChart, drawn: Figure) -> Mapping[str, JSON]:
    frame = drawn.frame
    return {
        "type": "bar",
        "x": [at for at, point in enumerate(chart.points) if point.missing],
        "y": [frame.high - frame.low for point in chart.points if point.missing],
        "base": frame.low,
        "width": 1,
        "hoverinfo": "skip",
        "marker": {
            "color": colours.SHADE,
            "line": {"width": 0},
            "pattern": {
                "shape": "/",
                "bgcolor": colours.SHADE,
                "fgcolor": colours.HATCH,
                "fillmode": "replace",
                "size": 6,
                "solidity": 0.3,
            },
        },
    }


def _levels(chart: XmRChart, series: Sequence[float | None], stroke: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """A level line for each step."""
    xs: list[JSON] = []
    ys: list[JSON] = []
    for group in chart.groups:
        xs += [group.start - 0.5, group.stop - 0.5, group.stop - 0.5]
        ys += [series[group.start], series[group.start], None]
    return _lines(xs, ys, stroke)


def _values(chart: XmRChart) -> Mapping[str, JSON]:
    """The line of values, broken as in the picture."""
    xs: list[JSON] = []
    ys: list[JSON] = []
    for at, value in enumerate(chart.values):
        new_step = at > 0 and chart.xmr.rebase_group[at] != chart.xmr.rebase_group[at - 1]
        if new_step or at == chart.provisional:
            xs.append(at)
            ys.append(None)
        xs.append(at)
        ys.append(value)
    return _lines(xs, ys, _stroke(colours.LINE, 1.5))


def _lines(xs: Sequence[JSON], ys: Sequence[JSON], stroke: Mapping[str, JSON]) -> Mapping[str, JSON]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": xs,
        "y": ys,
        "hoverinfo": "skip",
        "connectgaps": False,
        "line": stroke,
    }


def _stroke(colour: str, width: float, dash: str = "solid") -> Mapping[str, JSON]:
    return {"color": colour, "dash": dash, "width": width}


def _points(chart: XmRChart, chosen: Sequence[int], shape: Mark, radius: float) -> Mapping[str, JSON]:
    symbol, size = _SYMBOLS[shape]
    fill, outline = colours.MARKS[shape.partition("-")[0]]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": chosen,
        "y": [chart.values[at] for at in chosen],
        "name": MARK_WORDS[shape],
        "hovertext": [hover_text(chart, at) for at in chosen],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "cliponaxis": False,
        "marker": {
            "symbol": symbol,
            "color": fill,
            "size": round(size * radius, 1),
            "opacity": 1,
            "line": {"color": outline, "width": 1.25 if radius >= 3 else 0.75},
        },
    }


@dataclass(frozen=True, slots=True)
class _Places:
    """From the picture's places to the figure's: periods count from 0, the plot's height is 1."""

    drawn: Figure
    count: int

    def position(self, x: float) -> float:
        """Return the place of a period's middle as its number."""
        frame = self.drawn.frame
        return round((x - frame.left) / (frame.right - frame.left) * self.count - 0.5, 3)


def _layout(chart: XmRChart, drawn: Figure) -> dict[str, JSON]:
    """The picture's frame, ticks and words again. Fixed axes, so that a finger on the chart scrolls the page."""
    frame = drawn.frame
    places = _Places(drawn, len(chart.points))
    ticks = [f"{tick.text}<br>{tick.year}" if tick.year else tick.text for tick in drawn.period_ticks]
    return {
        "font": {"family": "Arial, sans-serif", "size": 14, "color": colours.TEXT},
        "paper_bgcolor": colours.WHITE,
        "plot_bgcolor": colours.WHITE,
        "autosize": True,
        "margin": {
            "l": frame.left,
            "r": drawn.width - frame.right,
            "t": frame.top,
            "b": drawn.height - frame.bottom,
            "autoexpand": False,
        },
        "showlegend": False,
        "dragmode": False,
        "barmode": "overlay",
        "hovermode": "closest",
        "hoverdistance": 40,
        "hoverlabel": {"align": "left", "bgcolor": colours.WHITE, "bordercolor": colours.TEXT, "font": {"size": 14}},
        "xaxis": {
            "type": "linear",
            "range": [-0.5, len(chart.points) - 0.5],
            "tickmode": "array",
            "tickvals": [tick.at for tick in drawn.period_ticks],
            "ticktext": ticks,
            "tickangle": 0,
            "tickfont": {"color": colours.SECONDARY},
            "showgrid": False,
            "zeroline": False,
            "ticklabelstandoff": 4,
            "fixedrange": True,
        },
        "yaxis": {
            "range": [frame.low, frame.high],
            "tickmode": "array",
            "tickvals": [tick.value for tick in drawn.value_ticks],
            "ticktext": [tick.text for tick in drawn.value_ticks],
            "tickfont": {"color": colours.SECONDARY},
            "ticklabelstandoff": 5,
            "gridcolor": colours.GRID,
            "zeroline": False,
            "fixedrange": True,
        },
        "shapes": [shape for flag in drawn.flags for shape in _flag_shapes(flag, drawn, places)],
        "annotations": [
            *_names(drawn),
            *_words(drawn, places),
            *(_flag_number(flag, drawn, places) for flag in drawn.flags),
        ],
    }


def _flag_shapes(flag: Flag, drawn: Figure, places: _Places) -> list[Mapping[str, JSON]]:
    """A hairline through the plot, its leader from the flag, and the flag: dark for a new step, white for an event."""
    dark = flag.kind == "rebase"
    stroke = _stroke(colours.TEXT, 1.5) if dark else _stroke(colours.SECONDARY, 1)
    at, aside, middle = places.position(flag.place), flag.x - flag.place, drawn.frame.top - drawn.flag_y
    pixels: dict[str, JSON] = {"xsizemode": "pixel", "ysizemode": "pixel", "xanchor": at, "yanchor": 1, "yref": "paper"}
    return [
        {"type": "line", "layer": "between", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": stroke},
        {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": middle - RADIUS - 6, "line": stroke, **pixels},
        {
            "type": "line",
            "x0": 0,
            "x1": aside,
            "y0": middle - RADIUS - 6,
            "y1": middle - RADIUS,
            "line": stroke,
            **pixels,
        },
        {
            "type": "circle",
            "x0": aside - RADIUS,
            "x1": aside + RADIUS,
            "y0": middle - RADIUS,
            "y1": middle + RADIUS,
            "line": _stroke(colours.TEXT, 1.5),
            "fillcolor": colours.TEXT if dark else colours.WHITE,
            **pixels,
        },
    ]


def _names(drawn: Figure) -> list[Mapping[str, JSON]]:
    """Names of the level lines to the right of them, with a leader where they had to move."""
    frame = drawn.frame
    values = Scale(frame.bottom, frame.top, frame.low, frame.high)
    return [
        {
            "text": level.text,
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "y": values.at(level.line_y),
            "ax": 13,
            "ay": level.y - level.line_y,
            "showarrow": True,
            "arrowhead": 0,
            "arrowwidth": 1,
            "arrowcolor": colours.LINE if abs(level.y - level.line_y) > 3 else colours.WHITE,
        }
        for level in drawn.levels
    ]


def _words(drawn: Figure, places: _Places) -> list[Mapping[str, JSON]]:
    """Words over the plot: who has not sent, and what the numbers count."""
    found: list[Mapping[str, JSON]] = [
        {"text": text.text, "x": places.position(text.x), **_over(12)} for text in drawn.missing_labels
    ]
    if drawn.axis:
        corner: dict[str, JSON] = {"xref": "paper", "x": 0, "xanchor": "left", "xshift": -drawn.frame.left}
        found.append({"text": escape(drawn.axis), "font": {"color": colours.SECONDARY}, **corner, **_over(12)})
    return found


def _flag_number(flag: Flag, drawn: Figure, places: _Places) -> Mapping[str, JSON]:
    return {
        "text": str(flag.number),
        "x": places.position(flag.place),
        "xshift": flag.x - flag.place,
        **_over(drawn.frame.top - drawn.flag_y),
        "font": {"color": colours.WHITE if flag.kind == "rebase" else colours.TEXT},
    }


def _over(pixels: float) -> dict[str, JSON]:
    """Centred so far above the plot."""
    return {"yref": "paper", "y": 1, "yanchor": "middle", "yshift": pixels, "showarrow": False}
