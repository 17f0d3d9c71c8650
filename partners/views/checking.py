"""The check page: the sender's sheet with what is wrong at its cells, the questions, and what sending would change."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from nhc.forms import Link
from partners import periods
from partners.formats.grids import Grid, address
from partners.services.checks import Check, Finding, Line
from partners.views import wording
from partners.views.figures import KINDS, breakdown_words, sent_words
from partners.views.wording import Cell, Sheet

LONG = 60
"""Rows of data up to which a sheet is shown whole."""
MOST = 50
"""Rows that need the sender shown at once."""
UNFINISHED = "period-not-ended"
LINES = 200
"""Figures listed before sending."""

_COMPANIONS = {
    "numerator-above-denominator": ("numerator", "denominator"),
    "figures-with-state": ("numerator", "denominator", "state"),
}
_NOT_HIDDEN = frozenset({"measure", "period", "numerator"})


@dataclass(slots=True)
class ShownCell:
    """One cell: its text, or a box to correct it (`entry`), with what is wrong or worth a look."""

    address: str
    text: str
    name: str = ""
    message: str = ""
    note: str = ""
    entry: bool = False
    asking: bool = False


@dataclass(slots=True)
class ShownRow:
    """One row under its own number, which `needs` the sender or not. `skipped` rows before it are not shown."""

    number: int
    cells: list[ShownCell]
    names: bool = False
    needs: bool = False
    left_out: bool = False
    leave: bool = False
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """Why is this row empty?"""

    number: int
    address: str
    about: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column's letter; `leave` where the page offers to leave it out, `same` where every row says the same."""

    letter: str
    leave: bool
    same: bool


@dataclass(slots=True)
class Shown:
    """Everything that the page says about the sheet. `same`: letter, name and text of what every row repeats."""

    columns: list[Column]
    rows: list[ShownRow] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    empty_columns: list[str] = field(default_factory=list)
    same: list[tuple[str, str, str]] = field(default_factory=list)
    unfinished: bool = False
    needing: int = 0
    needing_shown: int = 0
    skipped_after: int = 0


class _Sheet:
    """State of building one page."""

    def __init__(self, check: Check, sheet: Sheet) -> None:
        self.check = check
        self.grid: Grid = check.grid
        self.sheet = sheet
        self.names = {column: name for name, column in self.grid.columns().items()}
        self.place = self.grid.columns()
        self.unanswered = set(check.unanswered)
        self.wrong: dict[tuple[int, int], Finding] = {}
        for finding in check.errors:
            self.wrong.setdefault((finding.row, finding.column), finding)
        noted = [finding for finding in check.warnings if finding.code != UNFINISHED]
        self.noted = {(finding.row, finding.column): finding for finding in noted}
        self.entries = {
            (finding.row, self.place[name])
            for finding in check.errors
            for name in _COMPANIONS.get(finding.code, ())
            if name in self.place
        }
        self.entries |= {place for place, finding in self.wrong.items() if finding.code != "duplicate-key"}
        if check.general:
            self.entries |= {(self.grid.top, column) for column in self.grid.kept()}
        self.twins = _twins(self.grid) if any(each.code == "duplicate-key" for each in check.errors) else {}

    def values(self, row: int) -> dict[str, str]:
        return {name: self.grid.text(row, column) for name, column in self.place.items()}

    def words(self, finding: Finding) -> str:
        top = finding.row == self.grid.top
        name = self.grid.text(finding.row, finding.column) if top else self.names.get(finding.column, "")
        twins = tuple(self.twins.get(finding.row, ()))
        cell = Cell(name, finding.row, self.values(finding.row), header=top, twins=twins)
        return wording.sentence(finding, cell, self.sheet)

    def cell(self, row: int, column: int) -> ShownCell:
        place = (row, column)
        finding, note = self.wrong.get(place), self.noted.get(place)
        asking = row in self.unanswered and self.names.get(column) == "numerator"
        return ShownCell(
            address=address(row, column),
            text=self.grid.text(row, column),
            name=self.names.get(column, "") if row != self.grid.top else "",
            message="" if finding is None else self.words(finding),
            note="" if note is None else self.words(note),
            entry=place in self.entries,
            asking=asking,
        )

    def links(self, rows: set[int]) -> Iterator[Link]:
        for said in self.check.general:
            yield Link(said, f"#cell-{address(self.grid.top, self.grid.kept()[0])}" if self.grid.kept() else "#sheet")
        asked = [
            (row, self.place["numerator"], f"say why {self.about(row)} is empty", f"#why-{row + 1}")
            for row in self.check.unanswered
        ]
        found = [
            (
                row,
                column,
                _lower(self.words(finding)),
                f"#cell-{address(row, column)}" if finding.code != "duplicate-key" else f"#leave-{row + 1}",
            )
            for (row, column), finding in self.wrong.items()
        ]
        for row, column, said, target in sorted(asked + found):
            if row in rows:
                yield Link(f"Cell {address(row, column)}: {said}", target)

    def about(self, row: int) -> str:
        values = self.values(row)
        version = self.sheet.versions.get(values.get("measure", ""))
        title = values.get("measure", "the figure") if version is None else version.title
        breakdown = breakdown_words(values.get("dimension", ""), values.get("category", ""))
        return f"{title}, {breakdown}" if breakdown else title


def shown(check: Check, sheet: Sheet) -> Shown:
    """Lay out the sheet: whole where it is short, otherwise the rows that need the sender and their neighbours."""
    page = _Sheet(check, sheet)
    named_wrong = check.general or any(finding.row == page.grid.top for finding in check.errors)
    needing = sorted(check.rows_in_need | ({page.grid.top} if named_wrong else set()))
    rows = set(needing[:MOST])
    columns, empty = _columns(page)
    result = Shown(
        columns=[Column(_letter(column), _leaves(page, column), bool(_same_text(page, column))) for column in columns],
        questions=[
            Question(row + 1, address(row, page.place["numerator"]), page.about(row))
            for row in check.unanswered
            if row in rows
        ],
        links=list(page.links(rows)),
        empty_columns=[_letter(column) for column in empty],
        same=[(_letter(column), page.names[column], text) for column in columns if (text := _same_text(page, column))],
        unfinished=unfinished(check),
        needing=len(needing),
        needing_shown=len(rows),
    )
    skipped = 0
    for number in range(page.grid.top, len(page.grid.rows)):
        if not _is_shown(page.grid, number, rows):
            skipped += any(cell.strip() for cell in page.grid.rows[number])
            continue
        result.rows.append(
            ShownRow(
                number=number + 1,
                cells=[page.cell(number, column) for column in columns],
                names=number == page.grid.top,
                needs=number in rows,
                left_out=number in page.grid.left_out,
                leave=any(finding.row == number and finding.code in wording.LEAVE_OUT for finding in check.errors),
                skipped=skipped,
            )
        )
        skipped = 0
    result.skipped_after = skipped
    return result


def unfinished(check: Check) -> bool:
    """Whether a figure is of a period that has not ended: said once for the sheet, because it is true of most rows."""
    return any(finding.code == UNFINISHED for finding in check.warnings)


def _is_shown(grid: Grid, row: int, needing: set[int]) -> bool:
    if row == grid.top or row in needing:
        return True
    if len(grid.rows) - grid.top - 1 <= LONG:
        return any(cell.strip() for cell in grid.rows[row])
    return row - 1 in needing or row + 1 in needing


def _columns(page: _Sheet) -> tuple[list[int], list[int]]:
    """Return the columns to show and those that hold nothing, which are not shown."""
    used = {
        column for cells in page.grid.rows[page.grid.top + 1 :] for column, cell in enumerate(cells) if cell.strip()
    }
    used |= {column for _, column in page.entries} | {column for _, column in page.wrong}
    used |= {column for column, name in page.names.items() if name in _NOT_HIDDEN}
    columns = range(page.grid.width)
    dropped = set(page.grid.columns_left_out)
    shown_columns = [column for column in columns if column in used and column not in dropped]
    return shown_columns, [column for column in columns if column not in used and column not in dropped]


def _leaves(page: _Sheet, column: int) -> bool:
    finding = page.wrong.get((page.grid.top, column))
    return finding is not None and finding.code == "unknown-field"


def _same_text(page: _Sheet, column: int) -> str:
    """Return what every row says in the centre's or the period's column; nothing where they differ or one is wrong."""
    if page.names.get(column) not in {"centre", "period"} or any(each == column for _, each in page.entries):
        return ""
    texts = {page.grid.text(row, column) for row in page.grid.data_rows()}
    return texts.pop() if len(texts) == 1 else ""


def _letter(column: int) -> str:
    return address(0, column)[:-1]


def _lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _twins(grid: Grid) -> dict[int, list[int]]:
    """Return for each row the rows that name the same figure."""
    place = grid.columns()
    same: dict[tuple[str, ...], list[int]] = {}
    for row in grid.data_rows():
        key = tuple(grid.text(row, place.get(name)) for name in ("measure", "period", "dimension", "category"))
        same.setdefault(key, []).append(row)
    return {row: rows for rows in same.values() if len(rows) > 1 for row in rows}


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One figure before it is sent: what it is, what holds now, what will hold, in words."""

    address: str
    title: str
    period: str
    before: str
    after: str
    kind: str
    note: str


def lines(check: Check, sheet: Sheet) -> list[ShownLine]:
    """Return what sending would do, figure by figure in the order of the sheet, LINES of them at most."""
    page = _Sheet(check, sheet)
    notes: dict[int, list[str]] = {}
    for finding in check.warnings:
        if finding.code == UNFINISHED:
            continue
        notes.setdefault(finding.row, []).append(page.words(finding))
    ordered = sorted(check.lines, key=lambda line: line.row)[:LINES]
    return [_line(page, line, notes.get(line.row, [])) for line in ordered]


def _line(page: _Sheet, line: Line, notes: Iterable[str]) -> ShownLine:
    values = page.values(line.row)
    before, after = line.change.before, line.change.after
    sent = {name: values.get(name) or None for name in ("numerator", "denominator", "state")}
    now = sent_words(sent if line.change.kind == "unchanged" else after)
    return ShownLine(
        address=address(line.row, page.place["numerator"]),
        title=page.about(line.row),
        period=_period_words(values, page.sheet),
        before=now if line.change.kind == "unchanged" else sent_words(before),
        after=now,
        kind=KINDS[line.change.kind],
        note=". ".join(dict.fromkeys(notes)),
    )


def _period_words(values: Mapping[str, str], sheet: Sheet) -> str:
    version = sheet.versions.get(values.get("measure", ""))
    text = values.get("period", "")
    try:
        return text if version is None else periods.parse(text, version.period_type).words
    except (periods.InvalidPeriodError, periods.WrongPeriodTypeError):
        return text
