"""A sheet that was uploaded: check it, correct it at its cells, send it, or throw it away."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from nhc.encryption import UnreadableError
from partners import periods, permissions
from partners.formats.files import UnreadableFileError
from partners.formats.grids import Grid, address, position
from partners.forms import UploadForm
from partners.models import SheetDraft
from partners.periods import Period
from partners.permissions import NotVisible
from partners.queries import contract
from partners.services import checks, drafts
from partners.services.answers import Answer
from partners.services.drafts import Corrections, DiscardedDraftError, NotReadyError, SentDraftError, StaleDraftError
from partners.views import checking
from partners.views.access import visit
from partners.views.figures import counts_words
from partners.views.wording import Sheet

ANSWERS = (
    (Answer.NONE, "None to report", "We offered it and had 0"),
    (Answer.NOT_OFFERED, "Not offered", "We do not run it"),
    (Answer.NOT_COLLECTED, "Not collected", "We ran it but did not count"),
    (Answer.WITHHELD, "Withheld", "We counted but may not share"),
    (Answer.LATER, "Will send later", "Shown as not sent until then"),
)
_CHANGE = re.compile(r"(cell-|leave-column-|leave-|back-|why-)([A-Z]{0,3})(\d{0,7})", re.ASCII)


class Draft(View):
    """A sheet, for those who send its organisation's figures. One that was sent leads to its receipt."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: UUID) -> None:
        """Load the sheet."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.draft: SheetDraft = permissions.get_draft_for(self.seen.viewer, kwargs["draft_id"], self.seen.at)
        self.by = self.seen.by(self.draft.organisation)
        self.period = _period(self.draft)

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Answer for a sheet that someone else sent, threw away or changed meanwhile, and for one nobody can read."""
        if self.draft.submission_id is not None:
            return redirect("partners:receipt", self.draft.submission_id)
        try:
            answer = super().dispatch(request, *args, **kwargs)
        except SentDraftError as sent:
            return redirect("partners:receipt", sent.submission.pk)
        except DiscardedDraftError as error:
            raise NotVisible from error
        except StaleDraftError as stale:
            return self.clash(request, stale.current)
        except UnreadableError:
            return render(request, "partners/sheet-unreadable.jinja", self.context(), status=410)
        assert isinstance(answer, HttpResponse)  # noqa: S101  (these views never stream; tells the type checker)
        return answer

    def context(self) -> dict[str, object]:
        """Return what every page about a sheet shows."""
        return {
            "draft": self.draft,
            "centre": self.draft.centre,
            "organisation": self.draft.organisation,
            "period": self.period,
        }

    def version(self) -> int:
        """Return the version that the page was made from; 0, which is none, for anything else."""
        given = self.request.POST.get("version", "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0

    def clash(self, request: HttpRequest, current: SheetDraft) -> HttpResponse:
        """Show what the person typed beside what the sheet says now; nothing of either is lost."""
        grid = drafts.grid_of(current)
        typed = list(_typed(request.POST, grid))
        context = self.context() | {"current": current, "typed": typed}
        return render(request, "partners/sheet-clash.jinja", context, status=409)


class CheckSheet(Draft):
    """The sheet with what is wrong at its cells; or, where nothing is, what sending it would change."""

    def get(self, request: HttpRequest, **_: object) -> HttpResponse:
        """Check the sheet against the contract as it stands now."""
        grid = drafts.grid_of(self.draft)
        check = checks.check(
            organisation=self.draft.organisation, centre=self.draft.centre, grid=grid, by=self.by, at=self.seen.at
        )
        sheet = _sheet(self.draft, self.period)
        context = self.context() | {"check": check, "answers": ANSWERS}
        if check.ready:
            lines = checking.lines(check, sheet)
            context |= {"lines": lines, "counts": counts_words(check.counts), "unfinished": checking.unfinished(check)}
            return render(request, "partners/sheet-ready.jinja", context)
        shown = checking.shown(check, sheet)
        context |= {"shown": shown, "has_errors": True}
        return render(request, "partners/sheet.jinja", context)

    def post(self, request: HttpRequest, **_: object) -> HttpResponse:
        """Keep what was corrected, then check again."""
        drafts.correct(
            draft=self.draft,
            version=self.version(),
            corrections=corrections(request.POST, drafts.grid_of(self.draft)),
            by=self.by,
            at=self.seen.at,
        )
        return redirect("partners:sheet", self.draft.pk)


class SendSheet(Draft):
    """Send the sheet as it was shown."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: object) -> HttpResponse:
        """Send, and lead to the receipt; back to the check where the contract changed meanwhile."""
        try:
            submission = drafts.send(draft=self.draft, version=self.version(), by=self.by, at=self.seen.at)
        except NotReadyError:
            return redirect("partners:sheet", self.draft.pk)
        return redirect("partners:receipt", submission.pk)


class ReplaceSheet(Draft):
    """Upload a corrected file in the place of this one."""

    def get(self, request: HttpRequest, **_: object) -> HttpResponse:
        """Ask for the file."""
        return render(request, "partners/sheet-upload.jinja", self.context() | {"form": UploadForm()})

    def post(self, request: HttpRequest, **_: object) -> HttpResponse:
        """Put the file in its place, or say what is wrong with it."""
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            chosen = form.cleaned_data["file"]
            file = drafts.File(chosen.name or "", chosen.read(), self.draft.period, self.period.kind)
            try:
                made = drafts.replace_file(
                    draft=self.draft, version=self.version(), file=file, by=self.by, at=self.seen.at
                )
                return redirect("partners:sheet" if isinstance(made, SheetDraft) else "partners:receipt", made.pk)
            except UnreadableFileError as error:
                form.add_error("file", str(error))
        return render(request, "partners/sheet-upload.jinja", self.context() | {"form": form}, status=422)


class DiscardSheet(Draft):
    """Throw the sheet away, after asking."""

    def get(self, request: HttpRequest, **_: object) -> HttpResponse:
        """Ask."""
        return render(request, "partners/sheet-discard.jinja", self.context())

    def post(self, request: HttpRequest, **_: object) -> HttpResponse:
        """Throw it away."""
        drafts.discard(draft=self.draft, by=self.by, at=self.seen.at)
        messages.success(request, f"{self.draft.file_name} was thrown away. Nothing was sent")
        place = [self.draft.organisation.code, self.draft.centre.slug, self.draft.period]
        return redirect(reverse("partners:return", args=place))


@dataclass(frozen=True, slots=True)
class Typed:
    """One thing that a person changed on a page that was out of date: as a field, theirs and the sheet's."""

    name: str
    label: str
    yours: str
    now: str
    words: str = ""


def corrections(data: QueryDict, grid: Grid) -> Corrections:
    """Read a posted page. What names no place of the sheet is passed over."""
    cells: dict[tuple[int, int], str] = {}
    answers: dict[int, Answer] = {}
    left_out, back, columns = set(), set(), set()
    for name in data:
        value = str(data.get(name, ""))
        match = _CHANGE.fullmatch(name)
        if match is None:
            continue
        kind, letters, digits = match.groups()
        place = position(f"{letters or 'A'}{digits or 1}")
        if place is None:
            continue
        if kind == "cell-" and letters and digits and value.strip() != grid.text(*place):
            cells[place] = value
        elif kind == "leave-column-":
            columns.add(place[1])
        elif kind == "leave-":
            left_out.add(place[0])
        elif kind == "back-":
            back.add(place[0])
        elif kind == "why-" and value in Answer:
            answers[place[0]] = Answer(value)
    everyone = data.get("same-answer", "")
    if everyone in Answer:
        answers = dict.fromkeys(grid.unanswered_rows(), Answer(everyone)) | answers
    return Corrections(
        cells=cells, answers=answers, rows_left_out=left_out, rows_put_back=back, columns_left_out=columns
    )


def _typed(data: QueryDict, grid: Grid) -> "list[Typed]":
    found = corrections(data, grid)
    typed = [
        Typed(f"cell-{address(*place)}", f"Cell {address(*place)}", text, grid.text(*place))
        for place, text in sorted(found.cells.items())
    ]
    words = {answer: label for answer, label, _ in ANSWERS}
    typed += [
        Typed(f"why-{row + 1}", f"Row {row + 1}", answer.value, _row_now(grid, row), words[answer])
        for row, answer in sorted(found.answers.items())
    ]
    typed += [
        Typed(f"leave-{row + 1}", f"Row {row + 1}", "1", _row_now(grid, row), "Leave the row out")
        for row in sorted(found.rows_left_out)
    ]
    return typed


def _row_now(grid: Grid, row: int) -> str:
    if row in grid.left_out:
        return "Left out"
    cells = grid.rows[row] if row < len(grid.rows) else []
    return ", ".join(cell for cell in cells if cell.strip())


def _period(draft: SheetDraft) -> Period:
    for kind in periods.EXAMPLES:
        try:
            return periods.parse(draft.period, kind)
        except (periods.WrongPeriodTypeError, periods.InvalidPeriodError):
            continue
    raise NotVisible


def _sheet(draft: SheetDraft, period: Period) -> Sheet:
    collected = contract.collected_versions(draft.centre, period.start)
    return Sheet(draft.centre, draft.period, {each.measure.code: each for each in collected.values()})
