"""A grid as a spreadsheet or CSV: a header row, then one scenario a row. What is written here can be read here.

The first columns are those of `FIXED`; after them each duty role or team has a column of its own, named as in the grid,
whose cells say `Decides`, `Must agree`, `Is consulted`, `Carries out` or `Is told` (several with commas between);
`Decides up to 100` gives who decides a limit of their own. The ladder is one cell: `Shift lead, 10 minutes; 999, 5
minutes`. Every fault is told with its cell, all at once.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from decisions.contents import Cell, Content, Step
from partners.formats.archives import NOT_A_SPREADSHEET, refuse_bombs
from partners.formats.batches import MalformedError, cell_name
from partners.formats.formulas import harmless, restored

LARGEST = 1_000_000
"""Bytes of a file."""
MOST_ROWS = 500
FIXED = (
    "code",
    "what may come up",
    "other words",
    "guardrail",
    "limit",
    "unit",
    "time limit in minutes",
    "act first",
    "ladder",
)
_NEEDED = ("what may come up", "time limit in minutes", "ladder")
_WIDEST = 60
"""Columns; more duty roles and teams than this no grid has."""

KINDS: Mapping[str, str] = {
    "decides": "Decides",
    "must_agree": "Must agree",
    "is_consulted": "Is consulted",
    "carries_out": "Carries out",
    "is_told": "Is told",
}
"""What a cell may say, by the code under which it is kept."""

_BY_WORDS = {words.lower(): code for code, words in KINDS.items()}
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}", re.ASCII)
_RUNG = re.compile(r"(?P<who>.+?)[\s,:]+(?P<minutes>\d{1,4})\s*(?:min(?:ute)?s?)?", re.ASCII)
_OWN_LIMIT = re.compile(r"decides (?:up )?to £? ?(?P<limit>\d{1,10}(?:\.\d{1,2})?)", re.ASCII)
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()-]{1,38}", re.ASCII)
_LONGEST = {"what may come up": 160, "other words": 500, "guardrail": 1000, "unit": 40}
_YES = {"yes": True, "no": False, "": False}


class UnreadableGridError(ValueError):
    """The file is no grid; the message is the sentence for the person who chose it."""


type Holder = tuple[Literal["duty_role", "team"], int]
"""A duty role or a team, by its key."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell, and what to do about it. `cell` is the sender's own, like C7."""

    cell: str
    said: str


def write_csv(contents: Iterable[Content], holders: Mapping[Holder, str]) -> bytes:
    """Return a grid as CSV; `holders` are the columns: names by key, in their order."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([[harmless(cell) for cell in row] for row in _table(contents, holders)])
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(contents: Iterable[Content], holders: Mapping[Holder, str]) -> bytes:
    """Return a grid as a spreadsheet whose cells offer what they may say. The same grid makes the same bytes."""
    out = io.BytesIO()
    rows = _table(contents, holders)
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": "Decision rights", "created": datetime(2026, 1, 1, tzinfo=UTC)})
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        page = book.add_worksheet("Grid")
        page.freeze_panes(1, 2)
        for column, width in enumerate((26, 34, 34, 50, 9, 12, 12, 9, 44, *(16 for _ in holders))):
            page.set_column(column, column, width, wrapped)
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                page.write_string(line, column, harmless(cell), heading if line == 0 else wrapped)
        if holders:
            choices = {"validate": "list", "source": list(KINDS.values()), "error_type": "warning"}
            page.data_validation(1, len(FIXED), MOST_ROWS, len(FIXED) + len(holders) - 1, choices)
    return out.getvalue()


def _table(contents: Iterable[Content], holders: Mapping[Holder, str]) -> list[list[str]]:
    rows = (
        [
            entry.code,
            entry.title,
            entry.words,
            entry.guardrail,
            "" if entry.limit is None else f"{entry.limit.normalize():f}",
            entry.limit_unit,
            str(entry.minutes),
            "Yes" if entry.act_first else "No",
            "; ".join(f"{_called(step, holders)}, {step.minutes} minutes" for step in entry.ladder),
            *(", ".join(_word(cell) for cell in cells_of(entry, holder)) for holder in holders),
        ]
        for entry in contents
    )
    return [[*(name.capitalize() for name in FIXED), *holders.values()], *rows]


def _word(cell: Cell) -> str:
    return KINDS[cell.kind] if cell.limit is None else f"{KINDS[cell.kind]} up to {cell.limit.normalize():f}"


def cell_of(holder: Holder, kind: str, limit: Decimal | None = None) -> Cell:
    """Return one word in one cell; `limit` is the decider's own."""
    if holder[0] == "duty_role":
        return Cell(kind, duty_role=holder[1], limit=limit)
    return Cell(kind, team=holder[1], limit=limit)


def cells_of(content: Content, holder: Holder) -> list[Cell]:
    """Return what a scenario says of a holder, in the order of `KINDS`."""
    order = list(KINDS)
    mine = [cell for cell in content.rights if holder in {("duty_role", cell.duty_role), ("team", cell.team)}]
    return sorted(mine, key=lambda cell: order.index(cell.kind))


def step_of(holder: Holder | None, minutes: int, telephone: str) -> Step:
    """Return a rung that calls a holder, or else a number."""
    if holder is None:
        return Step(minutes, telephone=telephone)
    return Step(minutes, duty_role=holder[1]) if holder[0] == "duty_role" else Step(minutes, team=holder[1])


def _called(step: Step, holders: Mapping[Holder, str]) -> str:
    if step.duty_role is not None:
        return holders["duty_role", step.duty_role]
    return step.telephone if step.team is None else holders["team", step.team]


def read(body: bytes, holders: Mapping[str, Holder]) -> tuple[list[Content], list[Fault]]:
    """Return the scenarios of a file, and everything that is wrong in it.

    `holders` are the duty roles and teams there are, by name and by code in lower case. Raises UnreadableGridError for
    what is no grid at all.
    """
    if len(body) > LARGEST:
        raise UnreadableGridError("The selected file must be smaller than 1MB.")
    rows = _rows_of_spreadsheet(body) if body.startswith(b"PK") else _rows_of_csv(body)
    filled = [(number, row) for number, row in enumerate(rows, start=1) if any(row)]
    if not filled:
        raise UnreadableGridError("The selected file is empty.")
    if len(filled) > MOST_ROWS + 1:
        raise UnreadableGridError(f"The selected file must hold {MOST_ROWS} scenarios or fewer.")
    top, header = filled[0]
    columns, people, faults = _columns(header, top, holders)
    reader = _Reader(columns, people, holders, faults)
    entries = [entry for number, row in filled[1:] if (entry := reader.entry(number, row)) is not None]
    return entries, sorted(faults, key=_place)


def _place(fault: Fault) -> tuple[int, int, str]:
    letters = fault.cell.rstrip("0123456789")
    return int(fault.cell[len(letters) :]), len(letters), letters


def _rows_of_csv(body: bytes) -> list[list[str]]:
    try:
        text = body.decode("utf-8-sig")
        if "\0" in text:
            raise UnreadableGridError("The selected file is not text. Save it as 'CSV UTF-8' or .xlsx.")
        return [
            [restored(cell.strip()) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)
        ]
    except UnicodeDecodeError as error:
        raise UnreadableGridError("The selected file is not text. Save it as 'CSV UTF-8' or .xlsx.") from error
    except csv.Error as error:
        raise UnreadableGridError("The selected file could not be read. Save it as 'CSV UTF-8' again.") from error


def _rows_of_spreadsheet(body: bytes) -> list[list[str]]:
    try:
        refuse_bombs(body)
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        if not book.sheet_names:
            raise UnreadableGridError("The spreadsheet has no sheets.")
        name = "Grid" if "Grid" in book.sheet_names else book.sheet_names[0]
        return [[_text(cell) for cell in row] for row in book.get_sheet_by_name(name).iter_rows()]
    except MalformedError as error:
        raise UnreadableGridError(NOT_A_SPREADSHEET) from error
    except (CalamineError, KeyError, OSError) as error:
        raise UnreadableGridError(NOT_A_SPREADSHEET) from error


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return restored(str(cell).strip())


def _columns(
    header: Sequence[str], top: int, holders: Mapping[str, Holder]
) -> tuple[dict[str, int], dict[int, Holder], list[Fault]]:
    """Return where the fixed columns are, whose the others are, and what is wrong with the first row."""
    if len(header) > _WIDEST:
        raise UnreadableGridError(f"The selected file must have {_WIDEST} columns or fewer.")
    columns: dict[str, int] = {}
    people: dict[int, Holder] = {}
    faults: list[Fault] = []
    for at, cell in enumerate(header):
        name = " ".join(cell.lower().replace("_", " ").split())
        place = f"{cell_name(at)}{top}"
        if name in columns or (name in holders and holders[name] in people.values()):
            faults.append(Fault(place, f"The column {cell[:60]} is there twice. Remove one of them."))
        elif name in FIXED:
            columns[name] = at
        elif name in holders:
            people[at] = holders[name]
        elif name:
            faults.append(
                Fault(place, f"No duty role or team is called {cell[:60]}. Add it, or use its name as on the rota.")
            )
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise UnreadableGridError(
            f"The first row has no column named {' and none named '.join(missing)}. Use the columns of the export."
        )
    return columns, people, faults


class _Reader:
    """Reads rows into entries, and notes what is wrong with the cell it is wrong in."""

    def __init__(
        self,
        columns: Mapping[str, int],
        people: Mapping[int, Holder],
        holders: Mapping[str, Holder],
        faults: list[Fault],
    ) -> None:
        self.columns, self.people, self.holders, self.faults = columns, people, holders, faults
        self.codes: set[str] = set()
        self.number = 0
        self.row: Sequence[str] = ()

    def entry(self, number: int, row: Sequence[str]) -> Content | None:
        """Return the scenario of a row; None where something is wrong with it."""
        self.number, self.row = number, row
        before = len(self.faults)
        for name, longest in _LONGEST.items():
            if len(self.cell(name)) > longest:
                self.wrong(name, f"Use {longest} characters or fewer.")
        untouched = len(self.faults)
        rights = frozenset(self.rights())
        # A word in doubt may have meant a limit, so nothing is said of the unit beside it.
        doubtful = len(self.faults) > untouched
        limit, unit = self.limit(own=any(cell.limit is not None for cell in rights), doubtful=doubtful)
        entry = Content(
            code=self.code(),
            title=self.cell("what may come up"),
            words=self.cell("other words"),
            guardrail=self.cell("guardrail"),
            limit=limit,
            limit_unit=unit,
            minutes=self.minutes(),
            act_first=self.act_first(),
            rights=rights,
            ladder=tuple(self.ladder()),
        )
        return entry if len(self.faults) == before else None

    def cell(self, name: str) -> str:
        """Return what a fixed column says here."""
        at = self.columns.get(name)
        return self.row[at] if at is not None and at < len(self.row) else ""

    def wrong(self, name: str, said: str) -> None:
        """Note a fault in a fixed column."""
        self.faults.append(Fault(f"{cell_name(self.columns[name])}{self.number}", said))

    def code(self) -> str:
        """Return the code, made from the title where none is given."""
        title = self.cell("what may come up")
        if not title:
            self.wrong("what may come up", "Say what may come up.")
            return ""
        where = "code" if self.cell("code") else "what may come up"
        code = self.cell("code").lower() or re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-")
        if _CODE.fullmatch(code) is None:
            self.wrong(where, "A code has lower-case letters, figures and hyphens, 60 at most.")
        elif code in self.codes:
            self.wrong(where, f"Another row has the code {code} already. Give each scenario its own.")
        self.codes.add(code)
        return code

    def limit(self, *, own: bool, doubtful: bool) -> tuple[Decimal | None, str]:
        """Return the limit and its unit: both or neither, or the unit of limits that deciders have of their own."""
        text, unit = self.cell("limit").replace(",", ""), self.cell("unit")
        if not text and own:
            if not unit:
                where = "unit" if "unit" in self.columns else "what may come up"
                self.wrong(where, "Say in the column Unit what the limits count: £, hours, people.")
            return None, unit
        if not text:
            if unit and not doubtful:
                self.wrong("unit", "This unit has no limit. Fill both cells or neither.")
            return None, ""
        try:
            amount = Decimal(text.removeprefix("£"))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0 or amount >= 10**10 or amount != round(amount, 2):
            self.wrong("limit", "A limit is a number of 0 or more, with 2 decimals at most.")
            return None, ""
        unit = unit or ("£" if text.startswith("£") else "")
        if not unit:
            self.wrong("limit", "Say in the column Unit what the limit counts: £, hours, people.")
        return amount, unit

    def minutes(self) -> int:
        """Return the time limit."""
        text = self.cell("time limit in minutes").replace(",", "")
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= 40_320 and len(text) <= 5):
            self.wrong("time limit in minutes", "A time limit is a whole number of minutes between 1 and 40,320.")
            return 0
        return int(text)

    def act_first(self) -> bool:
        """Return whether acting first is allowed."""
        text = self.cell("act first").lower()
        if text not in _YES:
            self.wrong("act first", "Write Yes or No.")
        return _YES.get(text, False)

    def rights(self) -> Iterable[Cell]:
        """Yield what the row's cells say, by holder."""
        for at, holder in self.people.items():
            said = self.row[at] if at < len(self.row) else ""
            found: dict[str, Decimal | None] = {}
            for part in (" ".join(each.lower().split()) for each in said.split(",") if each.strip()):
                own = _OWN_LIMIT.fullmatch(part)
                kind = "decides" if own else _BY_WORDS.get(part)
                if kind is None or (kind in found and (own or found[kind] is not None)):
                    choices = ", ".join(KINDS.values())
                    fault = f"Write one of these, or nothing: {choices}. A limit follows it: Decides up to 100."
                    self.faults.append(Fault(f"{cell_name(at)}{self.number}", fault))
                    break
                found.setdefault(kind, Decimal(own["limit"]) if own else None)
            yield from (cell_of(holder, kind, limit) for kind, limit in found.items())

    def ladder(self) -> Iterable[Step]:
        """Yield the rungs of the row's ladder."""
        parts = [part.strip() for part in re.split(r"[;\n]", self.cell("ladder")) if part.strip()]
        if not parts:
            self.wrong("ladder", "Name who is called, and for how long: Shift lead, 10 minutes; 999, 5 minutes.")
        for part in parts[:20]:
            match = _RUNG.fullmatch(part)
            who = "" if match is None else " ".join(match["who"].split())
            minutes = 0 if match is None else int(match["minutes"])
            holder = self.holders.get(who.lower())
            if match is None or not 1 <= minutes <= 1440:
                self.wrong("ladder", f"Write '{part[:60]}' as who and minutes up to 1,440: Shift lead, 10 minutes.")
            elif holder is None and _TELEPHONE.fullmatch(who) is None:
                self.wrong("ladder", f"No duty role, team or telephone number here is called {who[:60]}.")
            else:
                yield step_of(holder, minutes, who)
