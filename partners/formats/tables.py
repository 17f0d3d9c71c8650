"""CSV and spreadsheets: a header row, then one observation a row."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from python_calamine import CalamineError, CalamineWorkbook

from partners.formats.archives import NOT_A_SPREADSHEET, refuse_bombs
from partners.formats.batches import (
    BLANK_LIMIT,
    FIELDS,
    TOO_BLANK,
    Batch,
    Envelope,
    Fault,
    MalformedError,
    Row,
    TooManyObservationsError,
    cell_name,
    shown_name,
)
from partners.formats.formulas import restored

_PLAIN = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_KNOWN = frozenset({"centre", *FIELDS})
# A row of the template that was left as it came names a figure and says nothing about it.
_SAYS_NOTHING = frozenset({"centre", "measure", "period", "dimension", "category"})
_CELL_LIMIT = 5_000
FIGURES_SHEET = "Figures"


def read_csv(body: bytes, *, limit: int) -> Batch:
    """Read CSV: UTF-8 with or without a byte order mark, columns in any order, blank rows passed over.

    Raises MalformedError for what is no such table, TooManyObservationsError over the limit.
    """
    if b"\0" in body:
        raise MalformedError("The file holds characters that are not text. Save it as 'CSV UTF-8'.")
    return _read_table(_numbered(body), limit=limit)


def _numbered(body: bytes) -> Iterator[tuple[int, Sequence[object]]]:
    """Yield each row with its number. The text is decoded as it is read: a whole copy takes several times as much."""
    number = commas = 0

    def lines() -> Iterator[str]:
        nonlocal commas
        for line in io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline=""):
            commas += line.count(",")
            if commas > _CELL_LIMIT:
                raise MalformedError(f"Row {number + 1} of the file has more than {_CELL_LIMIT:,} cells.")
            yield line

    try:
        for number, cells in enumerate(csv.reader(lines(), strict=True), start=1):
            commas = 0
            yield number, cells
    except UnicodeDecodeError as error:
        raise MalformedError("The file is not UTF-8 text. In a spreadsheet program save it as 'CSV UTF-8'.") from error
    except csv.Error as error:
        raise MalformedError(f"Row {number + 1} of the file cannot be read as CSV: {error}.") from error


def read_xlsx(body: bytes, *, limit: int) -> Batch:
    """Read a spreadsheet's sheet 'Figures', or its first sheet. Formulas count as their last values.

    Raises MalformedError for anything that is no spreadsheet, or one that unpacks to far more than it holds.
    """
    refuse_bombs(body)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(body))
        names = workbook.sheet_names
        if not names:
            raise MalformedError("The spreadsheet has no sheets. Use the template.")
        sheet = workbook.get_sheet_by_name(FIGURES_SHEET if FIGURES_SHEET in names else names[0])
        return _read_table(enumerate(sheet.iter_rows(), start=1), limit=limit)
    except (MalformedError, TooManyObservationsError):
        raise
    except (CalamineError, KeyError, ValueError, OSError) as error:
        raise MalformedError(NOT_A_SPREADSHEET) from error


def _read_table(rows: Iterable[tuple[int, Sequence[object]]], *, limit: int) -> Batch:
    numbered = iter(rows)
    header: list[str] = []
    top = 1
    for top, cells in numbered:
        if top > BLANK_LIMIT:
            raise MalformedError(TOO_BLANK)
        header = [str(cell).strip().lower() for cell in cells]
        if any(header):
            break
    while header and not header[-1]:
        header.pop()
    if not any(header):
        raise MalformedError("The file is empty. The first row must name the columns.")
    named = [name for name in header if name]
    if len(set(named)) != len(named):
        raise MalformedError("A column name occurs twice in the first row. Name each column once.")
    columns = {shown_name(name): cell_name(at) for at, name in enumerate(header) if name}
    batch = Batch(Envelope(), [], lines=[], columns=columns)
    _check_header(batch, header, top)
    _read_rows(batch, header, numbered, limit)
    return batch


def _check_header(batch: Batch, header: list[str], top: int) -> None:
    for name in header:
        if name not in _KNOWN:
            said = "A column has no name." if not name else "A column has a name that the contract does not know."
            batch.faults.append(Fault("unknown-field", said, None, shown_name(name), top))
    batch.faults.extend(
        Fault("missing-field", f"The first row has no column named {name}.", None, name, top)
        for name in ("measure", "period")
        if name not in header
    )


def _read_rows(batch: Batch, header: list[str], rows: Iterator[tuple[int, Sequence[object]]], limit: int) -> None:
    assert batch.lines is not None  # noqa: S101  (a table has lines; tells the type checker)
    centre: object = None
    passed = 0
    for number, cells in rows:
        values = {
            name: value
            for name, value in zip(header, (_value(cell) for cell in cells), strict=False)
            if value is not None and name
        }
        surplus = next((at for at in range(len(header), len(cells)) if _value(cells[at]) is not None), None)
        if surplus is None and (not values or ("numerator" in header and values.keys() <= _SAYS_NOTHING)):
            centre = values.get("centre") if centre is None else centre
            passed += 1
            if passed > BLANK_LIMIT:
                raise MalformedError(TOO_BLANK)
            continue
        if len(batch.rows) >= limit:
            raise TooManyObservationsError
        index = len(batch.rows)
        if surplus is not None:
            said = "The row has more cells than the first row has names."
            batch.faults.append(Fault("unknown-field", said, index, cell_name(surplus), number))
        if "centre" in values:
            centre = values["centre"] if centre is None else centre
            if values["centre"] != centre:
                batch.faults.append(
                    Fault(
                        "several-centres",
                        "One submission concerns one centre. Split the file.",
                        index,
                        "centre",
                        number,
                    )
                )
        batch.rows.append(_row(values))
        batch.lines.append(number)
    batch.envelope = Envelope(centre=centre)


def _value(cell: object) -> object:
    """Return what a cell says: None where it is empty, text without the spaces around it."""
    if isinstance(cell, str):
        return cell.strip()[:_CELL_LIMIT] or None
    return cell


def _row(values: dict[str, object]) -> Row:
    breakdown: object = None
    dimension, category = values.get("dimension"), values.get("category")
    if dimension is not None or category is not None:
        breakdown = (
            {"": None} if dimension is None else {_text(dimension): None if category is None else _text(category)}
        )
        if dimension is None:
            breakdown = {"": _text(category)}
    return Row(
        measure=_text(values.get("measure")),
        period=_period(values.get("period")),
        breakdown=breakdown,
        numerator=_number(values.get("numerator")),
        denominator=_number(values.get("denominator")),
        state=_text(values.get("state")),
        reason=_reason(values.get("reason")),
    )


def _text(value: object) -> object:
    """Return a code as text: a spreadsheet keeps category 1 as the number 1."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _reason(value: object) -> object:
    return restored(value) if isinstance(value, str) else _text(value)


def _period(value: object) -> object:
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value
    if isinstance(value, time | timedelta):
        return str(value)
    return _text(value)


def _number(value: object) -> object:
    """Return plain digits as a number; anything else as it is, for the check to name."""
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return Decimal(value) if "." in value else int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, date | time | timedelta):
        return str(value)
    return value
