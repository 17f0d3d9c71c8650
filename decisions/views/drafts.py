"""The version that is worked on, on one page: every cell a list; and a whole version taken from a file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from decisions.contents import Cell
from decisions.formats.grids import Fault, UnreadableGridError, cell_of, read
from decisions.forms.grids import GridFileForm, cell_choices, kinds_of, kinds_value
from decisions.models import GridVersion, Right
from decisions.permissions import grids as permissions
from decisions.queries import grid_pages
from decisions.queries import grids as queries
from decisions.queries.grid_pages import Row, Sheet
from decisions.services import rights, scenarios
from decisions.services.grids import Clash
from decisions.services.rights import Change
from decisions.views.access import visit
from decisions.views.grid_wording import WORDS
from nhc.access import Permission
from nhc.formats import counted
from partners.lifecycle import IllegalMoveError

_BOXES = 900
"""Boxes of one page; more than a thousand in one form are refused."""
_MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class Choice:
    """One list of the page: its name, what it says and what it may say. `limit` is a decider's own, as it is stored."""

    name: str
    label: str
    value: str
    choices: list[tuple[str, str]]
    comments: int
    key: str
    words: str
    limit: Decimal | None


@dataclass(frozen=True, slots=True)
class Line:
    """A scenario of the page. `typed` is the version that the lists were chosen from, `original` what they said then.

    `clash` names what somebody else has written meanwhile.
    """

    row: Row
    typed: int
    original: str
    choices: list[Choice]
    clash: tuple[str, ...] = ()


class EditDraft(View):
    """The draft on one page: every cell a list, one button for all. Others read it, and comment cell by cell."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the version that is worked on."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        wanted = Permission.EDIT_GRID if request.method == "POST" else None
        self.found, self.draft = permissions.get_draft_for(
            self.seen.viewer, kwargs["slug"], self.seen.at, permission=wanted
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the page."""
        sheet = grid_pages.sheet(self.draft, self.seen.at, drafting=True)
        page = self.part(sheet)
        return self.page(sheet, page, [line_of(row) for row in page.object_list])

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store what was changed, all of it or nothing."""
        sheet = grid_pages.sheet(self.draft, self.seen.at, drafting=True)
        page = self.part(sheet)
        lines = [line_of(row, request.POST) for row in page.object_list]
        changed = [line for line in lines if current(line) != line.original]
        try:
            saved = rights.save_rights(
                changes=[Change(line.row.scenario, line.typed, cells_of(line, sheet)) for line in changed],
                by=self.seen.by,
                at=self.seen.at,
            )
        except scenarios.ScenarioClash:
            return self.clash(sheet, page, lines)
        except (IllegalMoveError, ValidationError) as error:
            said = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            return self.page(sheet, page, lines, problem=said, status=409)
        messages.success(request, f"{counted(saved, 'scenario')} saved" if saved else "Nothing was changed")
        number = f"?page={page.number}" if page.number > 1 else ""
        return redirect(f"{request.path}{number}")

    def clash(self, sheet: Sheet, page: "Page[Row]", lines: list[Line]) -> HttpResponse:
        """Show what others wrote beside what was typed, which stays in the lists; saving again takes it."""
        shown = [overtaken(line) if line.typed != line.row.scenario.version else line for line in lines]
        said = "Somebody changed scenarios meanwhile. Your choices stand below; what the others wrote is named beside."
        return self.page(sheet, page, shown, problem=said, status=409)

    def part(self, sheet: Sheet) -> "Page[Row]":
        """Return the rows of one page of the form."""
        rows = max(1, min(_MOST_ROWS, _BOXES // (len(sheet.columns) + 2)))
        return Paginator(sheet.rows, rows).get_page(self.request.GET.get("page"))

    def page(
        self, sheet: Sheet, page: "Page[Row]", lines: list[Line], *, problem: str = "", status: int = 200
    ) -> HttpResponse:
        """Render the page."""
        context = WORDS | {
            "centre": self.found.centre,
            "access": self.found,
            "version": self.draft,
            "sheet": sheet,
            "lines": lines,
            "page": page,
            "editing": self.found.may_edit and self.draft.state == "draft",
            "problem": problem,
        }
        return render(self.request, "decisions/grids/draft.jinja", context, status=status)


def line_of(row: Row, data: Mapping[str, object] | None = None) -> Line:
    """Return a scenario's lists: as it is stored, or as they were typed."""
    scenario = row.scenario
    stored = "|".join(kinds_value(cell.kinds) for cell in row.cells)
    choices = []
    for cell in row.cells:
        name = f"c-{scenario.code}-{cell.column.key}"
        value = kinds_value(cell.kinds)
        typed = value if data is None else str(data.get(name, value))
        typed = value if kinds_of(typed) is None else typed
        choices.append(
            Choice(
                name=name,
                label=f"{scenario.title}, {cell.column.name}",
                value=typed,
                choices=cell_choices(besides=typed or value),
                comments=sum(each.resolved_at is None for each in cell.comments),
                key=cell.column.key,
                words=cell.words,
                limit=cell.limit,
            )
        )
    if data is None:
        return Line(row, scenario.version, stored, choices)
    return Line(row, _number(data.get(f"v-{scenario.code}")), str(data.get(f"o-{scenario.code}", stored)), choices)


def current(line: Line) -> str:
    """Return what the lists of a line say, in the shape of `Line.original`."""
    return "|".join(choice.value for choice in line.choices)


def overtaken(line: Line) -> Line:
    """Return a line that somebody else changed, made from how it stands now; lists that were left alone follow it."""
    before = line.original.split("|")
    choices, said = [], []
    for place, (choice, cell) in enumerate(zip(line.choices, line.row.cells, strict=True)):
        stored = kinds_value(cell.kinds)
        untouched = place < len(before) and choice.value == before[place]
        if stored != choice.value and not untouched:
            said.append(f"{cell.column.name}: {cell.words or 'Not involved'}")
        choices.append(replace(choice, value=stored) if untouched else choice)
    stored_line = "|".join(kinds_value(cell.kinds) for cell in line.row.cells)
    return Line(line.row, line.row.scenario.version, stored_line, choices, tuple(said))


def cells_of(line: Line, sheet: Sheet) -> frozenset[Cell]:
    """Return the rights that the lists of a line name; who goes on deciding keeps the limit of their own."""
    found: set[Cell] = set()
    for column, choice in zip(sheet.columns, line.choices, strict=True):
        for kind in kinds_of(choice.value) or ():
            found.add(cell_of(column.holder, kind, choice.limit if kind == Right.Kind.DECIDES else None))
    return frozenset(found)


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


class ImportGrid(View):
    """Let the draft say what a file says; everything that is wrong with the file is told at once."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the draft, for those who change it."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.found, self.draft = permissions.get_draft_for(
            self.seen.viewer, kwargs["slug"], self.seen.at, permission=Permission.EDIT_GRID
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(GridFileForm())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Take the file."""
        form = GridFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.page(form, status=422)
        holders = {}
        for column in reversed(grid_pages.holders_at(self.found.centre, self.seen.at)):
            holders[column.name.lower()] = column.holder
            if column.code:
                holders[column.code] = column.holder
        try:
            contents, faults = read(form.body(), holders)
            if faults:
                return self.page(form, faults=faults, status=422)
            edition = _number(request.POST.get("edition"))
            scenarios.replace_scenarios(
                version=self.draft, edition=edition, contents=contents, by=self.seen.by, at=self.seen.at
            )
        except UnreadableGridError as error:
            form.add_error("file", str(error))
            return self.page(form, status=422)
        except Clash:
            form.add_error(None, "Somebody changed the draft meanwhile. Look at it again, then choose the file again")
            return self.page(form, status=409)
        except (IllegalMoveError, ValidationError) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else str(error))
            return self.page(form, status=422)
        messages.success(request, f"The draft now has the file's {counted(len(contents), 'scenario')}")
        return redirect("decisions:grid-draft", self.found.centre.slug)

    def page(self, form: GridFileForm, *, faults: list[Fault] | None = None, status: int = 200) -> HttpResponse:
        """Render the form, and what is wrong with the file."""
        now: GridVersion = queries.version_in_work(self.found.centre) or self.draft
        context = {
            "centre": self.found.centre,
            "version": now,
            "form": form,
            "faults": faults or [],
            "has_errors": bool(faults),
            "kinds": Right.Kind,
        }
        return render(self.request, "decisions/grids/import.jinja", context, status=status)
