"""Uploaded files of people, read into a grid of text. What is wrong with a file is said in words for who chose it.

Wider than the REST API: spreadsheet programs save CSV in older encodings, and turn 2026-03 into a date on the way.
"""

import csv
import io
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from partners import periods
from partners.formats.archives import refuse_bombs
from partners.formats.batches import BLANK_LIMIT, MalformedError
from partners.formats.grids import Grid, clean
from partners.formats.reading import CSV, XLSX
from partners.formats.tables import FIGURES_SHEET

WRONG_KIND = "The selected file must be a spreadsheet (XLSX) or CSV"
EMPTY = "The selected file is empty"
PROTECTED = "The selected file is password protected"
NOT_THE_TEMPLATE = "The selected file must use the template"
UNREADABLE = "The selected file could not be read – save it again as a spreadsheet (XLSX) and upload that"

_ARCHIVE, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_WIDEST = 100
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_MONTH_AND_YEAR = re.compile(r"([A-Za-z]{3,9})[- ](\d{2}|\d{4})", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class UnreadableFileError(ValueError):
    """The file cannot be taken; the message is the sentence for the person who chose it."""


class TooLongToShowError(ValueError):
    """More rows than a page can show and check while someone waits."""


def read_file(body: bytes, *, name: str, kind: str, most: int) -> tuple[Grid, str]:
    """Return the file's table and its sheet's name, empty for CSV.

    Raises UnreadableFileError, and TooLongToShowError where more than `most` rows under the header hold anything.
    `kind` is the kind of period of the return: a date that a spreadsheet program made of a period's name is read as
    the period that starts on it.
    """
    if not body.strip():
        raise UnreadableFileError(EMPTY)
    if body.startswith(_ARCHIVE):
        rows, sheet = _spreadsheet(body, kind, most)
    elif body.startswith(_COMPOUND):
        raise UnreadableFileError(PROTECTED if name.lower().endswith(".xlsx") else WRONG_KIND)
    else:
        rows, sheet = _text_table(body, most), ""
    grid = Grid(rows)
    if not rows:
        raise UnreadableFileError(EMPTY)
    if grid.width > _WIDEST or not grid.names_any():
        raise UnreadableFileError(NOT_THE_TEMPLATE)
    _name_periods(grid, kind)
    return grid, sheet


def as_sent(body: bytes, *, kind: str, most: int) -> tuple[bytes, str]:
    """Return a file with too many rows to show as the reader of uploads takes it, and its media type.

    Text in older encodings, with semicolons or with dates for periods becomes plain CSV, each row where it was.
    Raises UnreadableFileError, and TooLongToShowError where more than `most` rows hold anything.
    """
    if body.startswith(_ARCHIVE):
        return body, XLSX
    grid = Grid(_text_table(body, most))
    _name_periods(grid, kind)
    return grid.as_csv(), CSV


def _held(rows: Iterable[list[str]], most: int) -> list[list[str]]:
    """Return the rows up to the last that holds anything, blank ones as empty lists."""
    held: list[list[str]] = []
    blank = filled = 0
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            blank += 1
            if blank > BLANK_LIMIT:
                raise TooLongToShowError
            continue
        filled += 1
        if filled > most + 1:
            raise TooLongToShowError
        held.extend([] for _ in range(blank))
        blank = 0
        held.append(cells)
    return held


def _spreadsheet(body: bytes, kind: str, most: int) -> tuple[list[list[str]], str]:
    try:
        refuse_bombs(body)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(body))
        names = workbook.sheet_names
        if not names:
            raise UnreadableFileError(EMPTY)
        name = FIGURES_SHEET if FIGURES_SHEET in names else names[0]
        return _held(_cells(workbook.get_sheet_by_name(name), kind), most), clean(name)[:60]
    except (UnreadableFileError, TooLongToShowError):
        raise
    except MalformedError as error:
        raise UnreadableFileError(UNREADABLE) from error
    except (CalamineError, KeyError, ValueError, OSError) as error:
        raise UnreadableFileError(WRONG_KIND) from error


def _cells(sheet: CalamineSheet, kind: str) -> Iterable[list[str]]:
    # The reader begins at the first column that is used; people count from A.
    before = [""] * (sheet.start[1] if sheet.start else 0)
    return (before + [_words(cell, kind) for cell in cells] for cells in sheet.iter_rows())


def _words(cell: object, kind: str) -> str:
    """Return a cell as people would type it."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime):
        return _period_from(cell.date(), kind) if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return _period_from(cell, kind)
    return clean(str(cell))


def _text_table(body: bytes, most: int) -> list[list[str]]:
    text = _decoded(body)
    if "\0" in text:
        raise UnreadableFileError(WRONG_KIND)
    head = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return _held(([clean(cell) for cell in row] for row in rows), most)
    except csv.Error as error:
        raise UnreadableFileError(UNREADABLE) from error


def _decoded(body: bytes) -> str:
    """Read the encodings in which spreadsheet programs save text. Windows-1252 last: it takes nearly anything."""
    encodings = ["utf-16"] if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFileError(WRONG_KIND)


def _name_periods(grid: Grid, kind: str) -> None:
    """Turn what a spreadsheet program made of a period back into its name: Mar-26 or 01/03/2026 into 2026-03."""
    column = grid.columns().get("period")
    if column is None:
        return
    for row in grid.data_rows():
        day = _first_day(grid.text(row, column))
        if day is not None:
            grid.put(row, column, _period_from(day, kind))


def _first_day(text: str) -> date | None:
    try:
        if (match := _DAY_FIRST.fullmatch(text)) is not None:
            return date(int(match[3]), int(match[2]), int(match[1]))
        if (match := _MONTH_AND_YEAR.fullmatch(text)) is not None:
            year = int(match[2]) + (2000 if len(match[2]) == 2 else 0)
            return date(year, _MONTHS.index(match[1].lower()[:3]) + 1, 1)
    except ValueError:
        return None
    return None


def _period_from(day: date, kind: str) -> str:
    try:
        period = periods.containing(day, kind)
    except periods.InvalidPeriodError:
        return day.isoformat()
    return period.name if period.start == day else day.isoformat()
