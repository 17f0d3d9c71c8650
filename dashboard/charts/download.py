"""A chart as a file of its own, for board papers: no style sheet, its title, key and notes drawn in."""

import re
from collections.abc import Iterable, Iterator
from html import escape

from dashboard import colours
from dashboard.charts import paths
from dashboard.charts.flags import RADIUS
from dashboard.charts.labels import LINE, SIZE
from dashboard.charts.large import Figure, KeyEntry
from dashboard.charts.paths import number
from dashboard.charts.scales import text_width
from dashboard.wording import Mark

_MARGIN = 16.0
_TITLE = 20.0
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_LINE = f'fill="none" stroke="{colours.LINE}" stroke-width="1.5"'
_LIMIT = f'fill="none" stroke="{colours.LINE}" stroke-dasharray="4 3"'
_MEAN = f'fill="none" stroke="{colours.TEXT}"'
_TARGET = f'fill="none" stroke="{colours.TARGET}" stroke-width="1.5" stroke-dasharray="1.5 3"'
_REBASE = f'fill="none" stroke="{colours.TEXT}" stroke-width="1.5"'
_END, _MIDDLE = 'text-anchor="end"', 'text-anchor="middle"'
_EVENT = f'fill="none" stroke="{colours.SECONDARY}"'


def standalone(figure: Figure) -> str:
    """Return the figure as an SVG document with a title, a description and everything drawn with attributes."""
    headings = list(_wrapped(figure.title, figure.width, 1.08 * _TITLE))
    key, key_height = _key(figure, (_TITLE + 4) * len(headings) + 8)
    notes = [line for note in _notes(figure) for line in _wrapped(note, figure.width, SIZE)]
    height = key_height + figure.height + LINE * len(notes) + 8
    parts = (
        *(
            _label(
                0,
                (_TITLE + 4) * row + _TITLE - 4,
                line,
                colours.TEXT,
                f'font-size="{number(_TITLE)}" font-weight="600"',
            )
            for row, line in enumerate(headings)
        ),
        *key,
        f'<g transform="translate(0 {number(key_height)})">',
        *_plot(figure),
        *_words(figure),
        *(_label(0, figure.height + 8 + LINE * (row + 1), line, colours.TEXT) for row, line in enumerate(notes)),
        "</g>",
    )
    return _document(figure, figure.width + 2 * _MARGIN, height + 2 * _MARGIN, "".join(parts))


def _document(figure: Figure, width: float, height: float, drawn: str) -> str:
    size = f'viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" height="{number(height)}"'
    font = f'font-family="Arial, sans-serif" font-size="{number(SIZE)}"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font} role="img" aria-labelledby="title description">'
        f'<title id="title">{_text(figure.title)}</title><desc id="description">{_text(figure.alternative)}</desc>'
        f'<rect width="100%" height="100%" fill="{colours.WHITE}"/>'
        f'<g transform="translate({number(_MARGIN)} {number(_MARGIN)})">{drawn}</g></svg>\n'
    )


def _plot(figure: Figure) -> Iterator[str]:
    """The plot from back to front."""
    yield _path(figure.grid, f'fill="none" stroke="{colours.GRID}"')
    if figure.missing:
        yield '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        yield 'patternTransform="rotate(45)">'
        yield f'<path d="M1 0v6" stroke="{colours.HATCH}" stroke-width="2"/></pattern></defs>'
        yield _path(figure.missing, f'fill="{colours.SHADE}"')
        yield _path(figure.missing, 'fill="url(#hatch)"')
    yield _path(figure.limits, _LIMIT)
    yield _path(figure.mean, _MEAN)
    yield _path(figure.target, _TARGET)
    yield _path(figure.leaders, f'fill="none" stroke="{colours.LINE}"')
    yield _path(figure.rebases, _REBASE)
    yield _path(figure.events, _EVENT)
    yield _path(figure.line, _LINE)
    for marks in figure.marks:
        yield _mark(marks.kind, marks.path, 0.75 if figure.dense else 1.25)


def _words(figure: Figure) -> Iterator[str]:
    frame = figure.frame
    yield _label(0, frame.top - 6, figure.axis, colours.SECONDARY)
    for tick in figure.value_ticks:
        yield _label(frame.left - 6, tick.y + 5, tick.text, colours.SECONDARY, _END)
    for period in figure.period_ticks:
        yield _label(period.x, frame.bottom + 20, period.text, colours.SECONDARY, _MIDDLE)
        yield _label(period.x, frame.bottom + 20 + LINE, period.year, colours.SECONDARY, _MIDDLE)
    for level in figure.levels:
        yield _label(frame.right + 15, level.y + 5, level.text, colours.TEXT)
    for text in figure.missing_labels:
        yield _label(text.x, text.y, text.text, colours.TEXT, f'text-anchor="{text.anchor}"')
    for flag in figure.flags:
        yield _flag(flag.x, figure.flag_y, str(flag.number), dark=flag.kind == "rebase")


def _key(figure: Figure, top: float) -> tuple[list[str], float]:
    """Return the entries, as many in a row as fit, and where they end."""
    drawn, x, y = [], 0.0, top + 10
    for entry in figure.key:
        width = 32 + text_width(entry.words, SIZE)
        if x and x + width > figure.width:
            x, y = 0.0, y + 24
        drawn.append(_key_mark(entry, x + 12, y) + _label(x + 32, y + 5, entry.words, colours.TEXT))
        x += width + 20
    return drawn, y + 22


def _key_mark(entry: KeyEntry, x: float, y: float) -> str:
    if entry.mark == "missing":
        return _path(paths.boxes([(x - 12, x + 12)], y - 7, y + 7), f'fill="{colours.SHADE}"') + _path(
            paths.boxes([(x - 12, x + 12)], y - 7, y + 7), 'fill="url(#hatch)"'
        )
    if entry.mark == "rebase" or entry.mark == "note":
        return _flag(x, y, "1", dark=entry.mark == "rebase")
    shape: Mark = entry.mark
    return _mark(shape.partition("-")[0], paths.marks([(x, y)], shape, 4.4), 1.25)


def _flag(x: float, y: float, text: str, *, dark: bool) -> str:
    fill, ink = (colours.TEXT, colours.WHITE) if dark else (colours.WHITE, colours.TEXT)
    circle = (
        f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(RADIUS - 1)}" fill="{fill}" stroke="{colours.TEXT}"/>'
    )
    return circle + _label(x, y + 5, text, ink, _MIDDLE)


def _mark(kind: str, data: str, width: float) -> str:
    fill, stroke = colours.MARKS[kind]
    return _path(data, f'fill="{fill}" stroke="{stroke}" stroke-width="{width}"')


def _path(data: str, attributes: str) -> str:
    return f'<path d="{data}" {attributes}/>' if data else ""


def _label(x: float, y: float, text: str, fill: str, attributes: str = "") -> str:
    return f'<text x="{number(x)}" y="{number(y)}" fill="{fill}" {attributes}>{_text(text)}</text>' if text else ""


def _text(text: str) -> str:
    """Escape for XML, without the characters that XML cannot hold at all."""
    return escape(_NOT_XML.sub("", text))


def _notes(figure: Figure) -> Iterator[str]:
    for note in figure.notes:
        step = ", new step" if note.kind == "rebase" else ""
        said = f"{note.number}. {note.when}{step}: {note.text}"
        yield f"{said.rstrip('.')}. {note.detail}" if note.detail else said


def _wrapped(text: str, width: float, size: float) -> Iterable[str]:
    """Break a text into lines between words."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and text_width(longer, size) > width:
            yield line
            longer = word
        line = longer
    if line:
        yield line
