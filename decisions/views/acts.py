"""What the pages of forums have in common: a form that does one thing, a button that does one, a page of a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views import View

from decisions.forms.refusals import refuse
from decisions.views.access import visit
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
    """How a thing stands after somebody else changed it: its version, and its parts as (name, words) pairs."""

    field: str
    version: int
    parts: Sequence[tuple[str, object]]


class Act[Form: forms.Form](View):
    """A form that does one thing. Its parts are properties and methods of the acts below."""

    http_method_names = ["get", "head", "post"]
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

    def load(self, named: Mapping[str, str]) -> None:
        """Load what the address names; set `centre` and `back`."""
        raise NotImplementedError

    def form(self, data: Mapping[str, object] | None = None) -> Form:
        """Return the form, empty or with what was typed."""
        raise NotImplementedError

    def act(self, form: Form) -> str:
        """Do it and return what was done, in a sentence."""
        raise NotImplementedError

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Return how things stand where an error says that somebody else has changed them."""
        return None

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(self.form())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Do it, or show the form with what was typed and what is in the way."""
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            sentence = self.act(form)
        except (IllegalMoveError, ValidationError) as raised:
            error = raised if isinstance(raised, ValidationError) else ValidationError(str(raised))
            theirs = self.theirs(error)
            if theirs is not None:
                again = self.form({**_last(request.POST), theirs.field: theirs.version})
                return self.page(again, status=409, theirs=theirs)
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
        return render(self.request, "decisions/forums/act.jinja", context, status=status)

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
            return render(request, "decisions/forums/refused.jinja", context, status=409)
        messages.success(request, sentence)
        return redirect(self.done())


def paged[Row: Model](request: HttpRequest, rows: QuerySet[Row]) -> Page[Row]:
    """Return the page of a list that the address asks for, or the nearest that there is."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def ways(path: str, kept: Mapping[str, str], name: str, choices: Sequence[tuple[str, str]]) -> list[Way]:
    """Return links that show a list by one of some choices, the other filters kept; the first stands for no filter."""
    chosen = kept.get(name, "")
    found = []
    for value, words in choices:
        query = urlencode({key: each for key, each in {**kept, name: value}.items() if each})
        found.append(Way(f"{path}?{query}" if query else path, words, current=value == chosen))
    return found


def _last(data: Mapping[str, object]) -> dict[str, object]:
    """Return what was posted, several values of one box kept."""
    get_list = getattr(data, "getlist", None)
    return (
        {} if get_list is None else {name: get_list(name) if len(get_list(name)) > 1 else data[name] for name in data}
    )
