"""What pages have in common: a form that does one thing, a button that does one, links that filter a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views import View

from huddles.views.access import visit
from partners.lifecycle import IllegalMoveError

if TYPE_CHECKING:
    from partners.models import Centre

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Way:
    """A link: where it leads and what it says. `current` is whether it is what the page shows."""

    address: str
    words: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Theirs:
    """How a thing stands after somebody else changed it: its version, and its parts as (name, words) pairs.

    No parts where the form itself asks between mine and theirs.
    """

    version: int
    parts: Sequence[tuple[str, object]]


class FaultyFormError(Exception):
    """The form says already, at its boxes, what is wrong with it: it is shown as it is."""


def must_be_right(form: forms.Form) -> None:
    """Raise FaultyFormError for what a form found only while it put its fields together."""
    if form.errors:
        raise FaultyFormError


SHOWN = ("GET", "HEAD", "POST")
"""Methods whose answers show what an act is about."""


class Act[Form: forms.Form](View):
    """A form that does one thing. Its parts are properties and methods of the acts below."""

    http_method_names = ["get", "head", "post"]
    template = "huddles/act.jinja"
    title = ""
    introduction = ""
    button = "Save"
    centre: "Centre"
    back: Way

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load what the address names, for those who may act on it."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.load(kwargs)
        if request.method in SHOWN:
            self.look()

    def load(self, named: Mapping[str, str]) -> None:
        """Load what the address names; set `centre` and `back`."""
        raise NotImplementedError

    def look(self) -> None:
        """Record that what is confidential is shown, where anything is: with the form, and with what is wrong in it."""

    def form(self, data: Mapping[str, object] | None = None) -> Form:
        """Return the form, empty or with what was typed."""
        raise NotImplementedError

    def act(self, form: Form) -> str:
        """Do it and return what was done, in a sentence."""
        raise NotImplementedError

    def typed(self) -> QueryDict:
        """Return what was sent, as the form takes it."""
        return self.request.POST

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Return how things stand where an error says that somebody else has changed them."""
        return None

    def form_again(self, theirs: Theirs) -> Form:
        """Return the form with what was typed, to be sent for how things stand now."""
        data = self.typed().copy()
        data["version"] = str(theirs.version)
        return self.form(data)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(self.form())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Do it, or show the form with what was typed and what is in the way."""
        form = self.form(self.typed())
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            sentence = self.act(form)
        except FaultyFormError:
            return self.page(form, status=422)
        except (IllegalMoveError, ValidationError) as raised:
            error = raised if isinstance(raised, ValidationError) else ValidationError(str(raised))
            theirs = self.theirs(error)
            if theirs is not None:
                return self.page(self.form_again(theirs), status=409, theirs=theirs)
            refuse(form, error)
            return self.page(form, status=422)
        messages.success(request, sentence)
        return redirect(self.done())

    def done(self) -> str:
        """Return where to go once it is done: by default where the person came from."""
        return self.back.address

    def page(self, form: forms.Form, *, status: int = 200, theirs: Theirs | None = None) -> HttpResponse:
        """Render the form."""
        context = {
            "centre": self.centre,
            "form": form,
            "title": self.title,
            "introduction": self.introduction,
            "button": self.button,
            "back": self.back,
            "theirs": theirs,
            **self.more(),
        }
        return render(self.request, self.template, context, status=status)

    def more(self) -> dict[str, object]:
        """Return what else the page shows."""
        return {}


class Press(Act[forms.Form]):
    """A button that does one thing, without a form; what is refused gets a page that says why."""

    http_method_names = ["post"]

    def press(self) -> str:
        """Do it and return what was done, in a sentence."""
        raise NotImplementedError

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Do it."""
        try:
            sentence = self.press()
        except (IllegalMoveError, ValidationError) as error:
            problem = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            context = {"centre": self.centre, "problem": problem, "back": self.back}
            return render(request, "huddles/refused.jinja", context, status=409)
        messages.success(request, sentence)
        return redirect(self.done())


def refuse(form: forms.Form, error: ValidationError) -> None:
    """Show a refusal at the field that it names where the form has it, else above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, told in error.message_dict.items():
        form.add_error(name if name in form.fields and name != NON_FIELD_ERRORS else None, told)


def paged[Row: Model](request: HttpRequest, rows: QuerySet[Row], *, per_page: int = PER_PAGE) -> Page[Row]:
    """Return the page of a list that the address asks for, or the nearest that there is."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


def ways(path: str, kept: Mapping[str, str], name: str, choices: Sequence[tuple[str, str]]) -> list[Way]:
    """Return links that show a list by one of some choices, the other filters kept; the first stands for no filter."""
    chosen = kept.get(name, "")
    found = []
    for value, words in choices:
        query = urlencode({key: each for key, each in {**kept, name: value}.items() if each})
        found.append(Way(f"{path}?{query}" if query else path, words, current=value == chosen))
    return found
