"""A table as its sender sees it: cells of text, each with the letter and number of the sender's own sheet.

It is what people correct on the page. As CSV it goes through the same reader and the same rules as any other upload.
"""

import csv
import io
import re
from collections.abc import Iterator

import msgspec

from partners.formats.batches import FIELDS, cell_name, storable

LONGEST = 5_000
"""Characters that a cell may hold; the readers of uploads take no more."""

_SAYS_NOTHING = frozenset({"centre", "measure", "period", "dimension", "category"})
_KNOWN = frozenset({"centre", *FIELDS})
# Spreadsheet programs write commas into the numbers that they save as text.
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)


class Grid(msgspec.Struct):
    """Cells by row and column, both counted from 0. What `left_out` and `columns_left_out` name is not sent."""

    rows: list[list[str]]
    left_out: list[int] = msgspec.field(default_factory=list)
    columns_left_out: list[int] = msgspec.field(default_factory=list)

    @property
    def top(self) -> int:
        """The row that names the columns: the first that is not empty."""
        return next((number for number, cells in enumerate(self.rows) if any(cell.strip() for cell in cells)), 0)

    @property
    def width(self) -> int:
        """How many columns the widest row has."""
        return max(map(len, self.rows), default=0)

    def text(self, row: int, column: int | None) -> str:
        """Return what a cell holds, without the spaces around it; nothing outside the table."""
        if column is None or not 0 <= row < len(self.rows) or not 0 <= column < len(self.rows[row]):
            return ""
        return self.rows[row][column].strip()

    def columns(self) -> dict[str, int]:
        """Return where each named column stands, by name in small letters, those left out aside."""
        names = enumerate(self.rows[self.top] if self.rows else [])
        return {
            name.strip().lower(): column
            for column, name in names
            if name.strip() and column not in self.columns_left_out
        }

    def data_rows(self) -> Iterator[int]:
        """Yield the rows under the header that hold anything and are to be sent."""
        dropped, kept = set(self.left_out), self.kept()
        for row in range(self.top + 1, len(self.rows)):
            if row not in dropped and any(self.text(row, column) for column in kept):
                yield row

    def unanswered_rows(self) -> list[int]:
        """Return the rows that name a figure and say nothing about it. Readers pass over them; people are asked why."""
        columns = self.columns()
        naming = [columns[name] for name in ("measure", "period") if name in columns]
        saying = [column for name, column in columns.items() if name not in _SAYS_NOTHING]
        if "numerator" not in columns:
            return []
        return [
            row
            for row in self.data_rows()
            if any(self.text(row, column) for column in naming) and not any(self.text(row, each) for each in saying)
        ]

    def kept(self) -> list[int]:
        """Return the columns that are sent, in order."""
        dropped = set(self.columns_left_out)
        return [column for column in range(self.width) if column not in dropped]

    def put(self, row: int, column: int, text: str) -> None:
        """Write a cell, lengthening its row where that is shorter than the table."""
        cells = self.rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = clean(text)

    def column(self, name: str) -> int:
        """Return where a column stands, added after the last one where there is none."""
        found = self.columns().get(name)
        if found is None:
            found = self.width
            self.put(self.top, found, name)
        return found

    def as_csv(self) -> bytes:
        """Return what is to be sent. Rows keep their numbers, so that what is said of one is shown where it stands."""
        out = io.StringIO()
        writer = csv.writer(out)
        kept, dropped = self.kept(), set(self.left_out)
        numbers = {column for name, column in self.columns().items() if name in {"numerator", "denominator"}}
        for row in range(len(self.rows)):
            cells = [] if row in dropped else [self._sent(row, column, numeric=column in numbers) for column in kept]
            writer.writerow(cells if any(cells) else [])
        return out.getvalue().encode()

    def _sent(self, row: int, column: int, *, numeric: bool) -> str:
        text = self.text(row, column)
        return text.replace(",", "") if numeric and _THOUSANDS.fullmatch(text) else text

    def found_at(self, address: str) -> tuple[int, int] | None:
        """Return row and column in the sender's sheet of a cell of `as_csv`, like F6."""
        place = position(address)
        kept = self.kept()
        if place is None or place[1] >= len(kept):
            return None
        return place[0], kept[place[1]]

    def names_any(self) -> bool:
        """Whether any column has a name that the contract knows."""
        return not _KNOWN.isdisjoint(self.columns())


def address(row: int, column: int) -> str:
    """Return how people name a cell: F6 for row 5 and column 5, both counted from 0."""
    return f"{cell_name(column)}{row + 1}"


def position(text: str) -> tuple[int, int] | None:
    """Return row and column, counted from 0, of a cell's name like F6; None where it names none."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def clean(text: str) -> str:
    """Return text as the database and every later reader can hold it: no NUL, no halves of characters, not too long."""
    return storable(text, LONGEST)
