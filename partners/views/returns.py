"""What an organisation owes, and one return of it: answer in one click, upload a sheet, or type the figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_safe

from nhc.access import Permission
from partners import periods, permissions
from partners.formats.files import UnreadableFileError
from partners.forms import TypedForm, UploadForm
from partners.models import SheetDraft, Submission
from partners.periods import Period
from partners.permissions import NotVisible
from partners.queries import answers as queries
from partners.queries import drafts as draft_queries
from partners.queries import organisations as organisation_queries
from partners.queries import returns as owed_queries
from partners.queries.answers import Answered, OwedReturn
from partners.services import answers, drafts
from partners.services.answers import Answer, ChangedMeanwhileError
from partners.services.checks import Check
from partners.views import wording
from partners.views.access import choose, visit
from partners.views.figures import observation_words
from partners.views.wording import Cell, Sheet

if TYPE_CHECKING:
    from partners.models import Centre, Organisation

_cursor = Signer(salt="returns:1")


@dataclass(frozen=True, slots=True)
class Line:
    """One return in the list. `tags` are its states in words, with how many figures are in each."""

    owed: OwedReturn
    centre: str
    tags: list[tuple[str, int]]


@require_safe
def returns(request: HttpRequest) -> HttpResponse:
    """List what an organisation owes by centre and period, newest period first."""
    seen = visit(request)
    choice = choose(request, seen)
    if choice.chosen is None:
        return render(request, "partners/no-organisation.jinja", {"heading": "Our returns"})
    found = organisation_queries.centres_of([choice.chosen.pk], seen.at)
    centres = {each.centre.slug: each.centre.name for each in found}
    centre = _one_of(request.GET.get("centre"), centres)
    state = _one_of(request.GET.get("state"), owed_queries.STATES)
    page = queries.page_of_returns(
        choice.chosen, today=seen.today, centre=centre, state=state, after=_after(request.GET.get("after"))
    )
    context = {
        "choice": choice,
        "centres": centres,
        "centre_chosen": centre or "",
        "states": {name: wording.STATES[name] for name in owed_queries.STATES},
        "state_chosen": state or "",
        "lines": [_line(each, centres) for each in page.returns],
        "older": _older(choice.chosen, centre, state, page.following),
        "first": "after" not in request.GET,
        "manages_keys": seen.may(Permission.MANAGE_KEYS, choice.chosen),
    }
    return render(request, "partners/returns.jinja", context)


def _one_of(given: str | None, known: "dict[str, str] | tuple[str, ...]") -> str | None:
    return given if given and given in known else None


def _line(owed: OwedReturn, centres: dict[str, str]) -> Line:
    tags = [(wording.STATES[state], count) for state, count in owed.states.items()]
    return Line(owed, centres.get(owed.centre, owed.centre), tags)


def _after(given: str | None) -> tuple[str, ...]:
    """Return the place to go on from; the start for anything that this page did not write itself."""
    try:
        found = _cursor.unsign_object(given) if given else []
    except (BadSignature, ValueError):
        return ()
    return tuple(str(part) for part in found)


def _older(organisation: "Organisation", centre: str | None, state: str | None, after: tuple[str, ...]) -> str:
    if not after:
        return ""
    query = {"organisation": organisation.code, "centre": centre, "state": state}
    query["after"] = _cursor.sign_object(list(after))
    return "?" + urlencode({name: value for name, value in query.items() if value})


class OneReturn(View):
    """A return of one organisation to one centre for one period; the base of every page about one."""

    http_method_names = ["get", "head", "post"]
    sends = True

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load what was asked for, for those who act for the organisation; to send needs the permission."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        place = permissions.get_place_for(self.seen.viewer, kwargs["code"], kwargs["slug"], self.seen.at)
        self.organisation: Organisation = place[0]
        self.centre: Centre = place[1]
        self.may_send = self.seen.may(Permission.SUBMIT_FIGURES, self.organisation)
        if self.sends and not self.may_send:
            raise NotVisible
        self.name = kwargs["period"]
        self.figures = _figures(self.organisation, self.centre, self.name, self.seen.today)
        self.period = self.figures[0].owed.period if self.figures else _any_period(self.name)
        if self.period.start > self.seen.today:
            raise NotVisible

    def context(self) -> dict[str, object]:
        """Return what every page about a return shows."""
        return {
            "organisation": self.organisation,
            "centre": self.centre,
            "period": self.period,
            "may_send": self.may_send,
        }

    def back(self) -> HttpResponse:
        """Return to the return's own page."""
        return redirect("partners:return", self.organisation.code, self.centre.slug, self.name)

    def figure(self, code: str) -> Answered:
        """Return the figure of a measure that is owed; else NotVisible."""
        for each in self.figures:
            if each.owed.measure == code:
                return each
        raise NotVisible

    def answer(self, submission: Submission, done: str) -> HttpResponse:
        """Say what was stored, or show what was refused."""
        if submission.state != Submission.State.ACCEPTED:
            return redirect("partners:receipt", submission.pk)
        messages.success(self.request, done)
        return self.back()


def _figures(organisation: "Organisation", centre: "Centre", period: str, today: date) -> list[Answered]:
    try:
        return queries.answered(organisation, centre, period, today=today)
    except periods.InvalidPeriodError as error:
        raise NotVisible from error


def _standing(figures: Iterable[Answered]) -> dict[tuple[int, date], int | None]:
    return {
        (each.owed.measure_id, each.owed.period.start): None if each.current is None else each.current.pk
        for each in figures
    }


def _any_period(name: str) -> Period:
    for kind in periods.EXAMPLES:
        try:
            return periods.parse(name, kind)
        except (periods.WrongPeriodTypeError, periods.InvalidPeriodError):
            continue
    raise NotVisible


class ReturnPage(OneReturn):
    """The return itself, with the form to upload a sheet."""

    sends = False

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show what is owed, what was sent, and the ways to send."""
        return self.page(request, UploadForm())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Take the sheet and lead to its check; a very long one is sent, and leads to its receipt."""
        if not self.may_send:
            raise NotVisible
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            chosen = form.cleaned_data["file"]
            file = drafts.File(chosen.name or "", chosen.read(), self.name, self.period.kind)
            try:
                made = drafts.upload(
                    organisation=self.organisation,
                    centre=self.centre,
                    file=file,
                    by=self.seen.by(self.organisation),
                    at=self.seen.at,
                )
                return redirect("partners:sheet" if isinstance(made, SheetDraft) else "partners:receipt", made.pk)
            except UnreadableFileError as error:
                form.add_error("file", str(error))
        return self.page(request, form)

    def page(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        """Render the page; 422 where the form has errors."""
        waiting = draft_queries.waiting(self.organisation, self.centre, self.name) if self.may_send else []
        context = self.context() | {
            "form": form,
            "figures": [
                (each, observation_words(each.current), wording.STATES[each.owed.state]) for each in self.figures
            ],
            "closed": all(each.owed.closes and each.owed.closes < self.seen.today for each in self.figures)
            if self.figures
            else False,
            "due": min((each.owed.due for each in self.figures), default=None),
            "waiting": waiting,
            "earlier": {each.owed.measure_id: _earlier(each) for each in self.figures if each.earlier is not None},
        }
        return render(request, "partners/return.jinja", context, status=422 if form.errors else 200)


def _earlier(each: Answered) -> tuple[str, str]:
    """Return the last figure of an earlier period, and that period, in words."""
    assert each.earlier is not None  # noqa: S101  (the caller looked; tells the type checker)
    period = periods.containing(each.earlier.period_start, each.earlier.version.period_type)
    return observation_words(each.earlier), period.words


class AnswerOne(OneReturn):
    """Say of one figure, in one click, that there was none or that it was not collected."""

    http_method_names = ["post"]
    offered = {"none": (Answer.NONE, "none to report"), "not_collected": (Answer.NOT_COLLECTED, "not collected")}

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the answer. What has an answer already is left as it is: withdraw it first, or type another."""
        each = self.figure(request.POST.get("measure", ""))
        answer, words = self.offered.get(request.POST.get("answer", ""), (None, ""))
        if answer is None:
            raise NotVisible
        if each.current is not None:
            return self.back()
        try:
            submission = answers.send_answer(
                organisation=self.organisation,
                centre=self.centre,
                measure=each.owed.measure,
                period=each.owed.period.name,
                answer=answer,
                pair=each.version.has_denominator,
                standing=_standing([each]),
                by=self.seen.by(self.organisation),
                at=self.seen.at,
            )
        except ChangedMeanwhileError:
            return self.back()
        return self.answer(submission, f"{each.version.title}, {each.owed.period.words}: {words}")


class Withdraw(OneReturn):
    """Take back what was sent of one figure, after asking."""

    def get(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        """Ask."""
        each = self.answered(kwargs["measure"])
        context = self.context() | {"each": each, "sent": observation_words(each.current)}
        return render(request, "partners/withdraw.jinja", context)

    def post(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        """Withdraw it."""
        each = self.answered(kwargs["measure"])
        submission = answers.withdraw(
            organisation=self.organisation,
            centre=self.centre,
            measure=each.owed.measure,
            period=each.owed.period.name,
            by=self.seen.by(self.organisation),
            at=self.seen.at,
        )
        return self.answer(submission, f"{each.version.title}, {each.owed.period.words}: withdrawn")

    def answered(self, code: str) -> Answered:
        """Return a figure that was sent; else NotVisible."""
        each = self.figure(code)
        if each.current is None:
            raise NotVisible
        return each


class TypeFigures(OneReturn):
    """The figures of a return as a form, for those without a spreadsheet."""

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form with what was sent."""
        return self.page(request, TypedForm(None, figures=self.figures))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Send what was typed, or show what is wrong and everything that was typed."""
        form = self.typed(request)
        if form.is_valid():
            self.show_clashes(form)
            for row in form.grid().unanswered_rows():
                if self.figures[row - 1].current is not None:
                    form.add_error(form.name_of(row, 2), "Enter a figure, or say why there is none")
            try:
                made = None if form.errors else self.send(form)
            except ChangedMeanwhileError:
                made, form = None, self.tried_again(request)
            if made is not None:
                return redirect("partners:receipt", made.pk)
            form.catch_up()
        return self.page(request, form)

    def typed(self, request: HttpRequest) -> TypedForm:
        """Return the form with what was typed, and what its boxes showed before."""
        given = (request.POST.get(f"shown-{place}", "") for place in range(len(self.figures)))
        ids = [int(text) for text in given if text.isascii() and text.isdigit() and len(text) < 19]
        shown = queries.totals_of(self.organisation, self.centre, ids)
        return TypedForm(request.POST, figures=self.figures, shown=shown)

    def tried_again(self, request: HttpRequest) -> TypedForm:
        """Return the form beside the figures as they are now; they changed in the very moment of sending."""
        self.figures = _figures(self.organisation, self.centre, self.name, self.seen.today)
        form = self.typed(request)
        form.is_valid()
        self.show_clashes(form)
        form.add_error(None, "Someone else sent figures at the same time. Check yours and send them again")
        return form

    def show_clashes(self, form: TypedForm) -> None:
        """Say at each figure that someone else changed too what stands there now; what was typed stays in its box."""
        for place in form.clashes():
            now = observation_words(self.figures[place].current)
            said = f"Someone else changed this figure since you opened the page. It is now: {now}. Check what you typed"
            form.add_error(f"numerator-{place}", said)

    def send(self, form: TypedForm) -> Submission | None:
        """Call the one service; put what it refuses at the boxes. Raises ChangedMeanwhileError."""
        made = answers.send_typed(
            organisation=self.organisation,
            centre=self.centre,
            grid=form.grid(),
            standing=_standing(self.figures[place] for place in form.changed),
            by=self.seen.by(self.organisation),
            at=self.seen.at,
        )
        if isinstance(made, Submission):
            return made
        self.show_errors(form, made)
        return None

    def show_errors(self, form: TypedForm, check: Check) -> None:
        """Put each finding at its box, in words."""
        sheet = Sheet(self.centre, self.name, {each.owed.measure: each.version for each in self.figures})
        names = {column: name for name, column in check.grid.columns().items()}
        for said in check.general:
            form.add_error(None, said)
        for finding in check.errors:
            values = {name: check.grid.text(finding.row, column) for column, name in names.items()}
            cell = Cell(names.get(finding.column, ""), finding.row, values)
            form.add_error(form.name_of(finding.row, finding.column), wording.sentence(finding, cell, sheet))

    def page(self, request: HttpRequest, form: TypedForm) -> HttpResponse:
        """Render the form; 422 where it has errors."""
        rows = [
            (
                each,
                [form[name] for name in (f"numerator-{place}", f"denominator-{place}") if name in form.fields],
                form[f"state-{place}"],
                form[f"shown-{place}"],
            )
            for place, each in enumerate(self.figures)
        ]
        context = self.context() | {"form": form, "rows": rows}
        return render(request, "partners/type.jinja", context, status=422 if form.errors else 200)
