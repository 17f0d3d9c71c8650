"""The return to fill in, as CSV or as a spreadsheet. Sent back as it is, it changes nothing."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

import xlsxwriter
from defusedcsv import csv as safe_csv
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from partners.dimensions import DIMENSIONS
from partners.formats.formulas import harmless
from partners.models import MeasureVersion
from partners.queries.sheets import Sheet, SheetRow

COLUMNS = ("centre", "measure", "period", "dimension", "category", "numerator", "denominator", "state", "reason")
STATES = ("reported", "none_offered", "not_collected", "withheld", "withdrawn")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_WIDTHS = (14, 34, 12, 20, 10, 12, 12, 14, 40)
_ROWS_CHECKED = 5_000
_HELP = (
    ("How to fill in this return", ""),
    (
        "",
        "Fill in a row for each figure on the sheet 'Figures', save the file and send it. Keep the first row as it is.",
    ),
    ("", "Rows without figures, state and reason are passed over: what they ask for stays not sent."),
    ("", "Figures that you sent before are filled in. Change a figure to correct it; leave it to keep it."),
    ("numerator", "Plain digits, like 41. Enter 0 where there were none: 0 is a figure, an empty cell is not."),
    ("denominator", "Plain digits. Leave it empty where the measure below has none."),
    ("dimension", "Empty for the total. For a breakdown, a dimension from the list below that the measure allows."),
    ("category", "Empty for the total. For a breakdown, the category's code."),
    ("state", "Empty where there is a figure; none_offered, not_collected or withheld where there is none, or"),
    ("", "withdrawn to take back what you sent."),
    ("reason", "Why there is no figure, or why it changed, in at most 300 characters. No names of people."),
)


def as_csv(sheet: Sheet) -> bytes:
    """Return the sheet as CSV in UTF-8 with a byte order mark, which spreadsheet programs need to read accents."""
    out = io.StringIO()
    writer = safe_csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(COLUMNS)
    for row in sheet.rows:
        writer.writerow(
            [
                sheet.centre.slug,
                row.measure,
                row.period,
                row.dimension,
                row.category,
                _digits(row.numerator),
                _digits(row.denominator),
                row.state,
                harmless(row.reason),
            ]
        )
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(sheet: Sheet) -> bytes:
    """Return the sheet as a spreadsheet: 'Figures' to fill in, with lists to choose from, and 'Help' with definitions.

    The same sheet always makes the same bytes.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        workbook.set_properties(
            {"title": f"{sheet.centre.name}, {sheet.period}", "created": datetime(2026, 1, 1, tzinfo=UTC)}
        )
        heading = workbook.add_format({"bold": True})
        # As text, so that no program turns 2026-03 into a date or the category 0-4 into the 4th of a month.
        text = workbook.add_format({"num_format": "@"})
        wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        figures, guide = workbook.add_worksheet("Figures"), workbook.add_worksheet("Help")
        _write_figures(figures, sheet, heading, text)
        _offer_choices(figures, _write_help(guide, sheet, heading, wrapped))
    return out.getvalue()


def _write_figures(page: Worksheet, sheet: Sheet, heading: Format, text: Format) -> None:
    for column, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
        page.set_column(column, column, width, None if name in {"numerator", "denominator"} else text)
        page.write_string(0, column, name, heading)
    page.freeze_panes(1, 0)
    for line, row in enumerate(sheet.rows, start=1):
        _write_row(page, line, sheet.centre.slug, row, text)


def _write_row(page: Worksheet, line: int, centre: str, row: SheetRow, text: Format) -> None:
    words = (centre, row.measure, row.period, row.dimension, row.category, None, None, row.state, row.reason)
    for column, word in enumerate(words):
        if word:
            page.write_string(line, column, word, text)
    for column, figure in ((5, row.numerator), (6, row.denominator)):
        if figure is None:
            continue
        if Decimal(repr(float(figure))) == figure:
            page.write_number(line, column, float(figure))
        else:
            page.write_string(line, column, _digits(figure), text)


def _write_help(page: Worksheet, sheet: Sheet, heading: Format, wrapped: Format) -> dict[str, str]:
    """Fill the sheet with words, and return for each list of choices the range of cells that holds it."""
    page.set_column(0, 0, 34)
    page.set_column(1, 1, 60, wrapped)
    page.set_column(2, 6, 24, wrapped)
    line = 0
    for name, sentence in _HELP:
        page.write_string(line, 0, name, heading)
        page.write_string(line, 1, sentence, wrapped)
        line += 1
    ranges = {}
    line, ranges["measure"] = _write_table(
        page,
        line + 1,
        ("Measure", "Title", "Definition", "Numerator", "Denominator", "Breakdowns", "Decimals"),
        (_definition(version) for version in sheet.versions),
        heading,
    )
    line, ranges["dimension"] = _write_table(
        page, line + 1, ("Dimension", "Meaning"), ((each.code, each.label) for each in DIMENSIONS.values()), heading
    )
    _, ranges["category"] = _write_table(
        page,
        line + 1,
        ("Category", "Meaning", "Dimension"),
        ((category.code, category.label, each.code) for each in DIMENSIONS.values() for category in each.categories),
        heading,
    )
    return ranges


def _definition(version: MeasureVersion) -> tuple[str, ...]:
    return (
        version.measure.code,
        version.title,
        version.definition,
        version.numerator_label,
        version.denominator_label or "none",
        ", ".join(version.breakdowns) or "none",
        "whole numbers" if version.whole_numbers else "up to 6 decimals",
    )


def _write_table(
    page: Worksheet, top: int, names: tuple[str, ...], rows: Iterable[tuple[str, ...]], heading: Format
) -> tuple[int, str]:
    for column, name in enumerate(names):
        page.write_string(top, column, name, heading)
    line = top + 1
    for row in rows:
        for column, word in enumerate(row):
            page.write_string(line, column, word)
        line += 1
    return line, f"=Help!$A${top + 2}:$A${max(line, top + 2)}"


def _offer_choices(page: Worksheet, ranges: dict[str, str]) -> None:
    sources: dict[str, str | list[str]] = {**ranges, "state": list(STATES)}
    for name, source in sources.items():
        column = COLUMNS.index(name)
        page.data_validation(
            1,
            column,
            _ROWS_CHECKED,
            column,
            {
                "validate": "list",
                "source": source,
                # A warning and no barrier: the service says exactly what is wrong with what it is sent.
                "error_type": "warning",
                "error_title": "Not in the list",
                "error_message": f"Choose a {name} from the list. The sheet 'Help' explains them.",
            },
        )


def _digits(figure: Decimal | None) -> str:
    """Return plain digits, without an exponent or trailing zeros."""
    if figure is None:
        return ""
    whole = figure == figure.to_integral_value()
    return f"{int(figure)}" if whole else f"{figure.normalize():f}"
