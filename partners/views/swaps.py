"""A person's own shifts, and swaps of them."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_safe

from nhc.actors import Actor
from nhc.models import User
from partners import permissions
from partners.forms.people import refuse
from partners.forms.rota import SwapForm
from partners.lifecycle import IllegalMoveError, SwapState
from partners.models import Swap
from partners.permissions import NotVisible
from partners.queries import swaps as queries
from partners.services import swaps
from partners.views.access import visit
from partners.views.rota_wording import shift_words, times, until_words

PER_PAGE = 50


@require_safe
def my_shifts(request: HttpRequest) -> HttpResponse:
    """List the person's shifts that are not over, at every centre, and the swaps that wait for an answer."""
    seen = visit(request)
    page = Paginator(queries.shifts_ahead(seen.user.pk, seen.at), PER_PAGE).get_page(request.GET.get("page"))
    workplaces = permissions.get_workplaces(seen.viewer, seen.at)
    waiting = [
        swap for swap in queries.waiting_for(seen.user.pk, seen.at) if swap.shift.duty_role.centre_id in workplaces
    ]
    context = {
        "page": page,
        "at": seen.at,
        "workplaces": workplaces,
        "asked_of_me": [swap for swap in waiting if swap.asked_of_id == seen.user.pk],
        "asked_by_me": {swap.shift_id: swap for swap in waiting if swap.asked_by_id == seen.user.pk},
        "shift_words": shift_words,
        "times": times,
        "until_words": until_words,
    }
    return render(request, "partners/rota/my-shifts.jinja", context)


class AskSwap(View):
    """Ask a colleague to take one's own shift: choose whom, then for what."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: int) -> None:
        """Load the shift, for the person who is on it, and the colleague that the address names."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.shift = permissions.get_own_shift(self.seen.viewer, kwargs["shift_id"], self.seen.at)
        self.colleagues = queries.colleagues(
            self.shift.duty_role.centre, self.shift.starts_at, besides=self.seen.user.pk
        )
        named = request.GET.get("with", "")
        self.asked_of: User | None = next((each for each in self.colleagues if str(each.pk) == named), None)
        if named and self.asked_of is None:
            raise NotVisible

    def get(self, request: HttpRequest, **_: int) -> HttpResponse:
        """Show the colleagues, or the form for one of them."""
        if self.asked_of is None:
            context = {"shift": self.shift, "colleagues": self.colleagues, "shift_words": shift_words}
            return render(request, "partners/rota/swap-with.jinja", context)
        return self.page(self.form(self.asked_of))

    def post(self, request: HttpRequest, **_: int) -> HttpResponse:
        """Ask."""
        if self.asked_of is None:
            raise NotVisible
        form = self.form(self.asked_of, bound=True)
        if not form.is_valid():
            return self.page(form, status=422)
        offered = next((each for each in self.offers if str(each.pk) == form.cleaned_data["offered"]), None)
        try:
            swaps.ask_swap(
                shift=self.shift,
                offered=offered,
                asked_of=self.asked_of,
                note=form.cleaned_data["note"],
                by=Actor.user(self.seen.user),
                at=self.seen.at,
            )
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=422)
        messages.success(request, f"{self.asked_of.name} is asked. The rota changes when they agree")
        return redirect("partners:my-shifts")

    def form(self, asked_of: User, *, bound: bool = False) -> SwapForm:
        """Return the form, with the colleague's shifts at the centre that have not begun."""
        ahead = queries.shifts_ahead(asked_of.pk, self.seen.at).filter(
            starts_at__gt=self.seen.at, duty_role__centre=self.shift.duty_role.centre
        )
        self.offers = list(ahead[:PER_PAGE])
        choices = [(str(each.pk), shift_words(each)) for each in self.offers]
        return SwapForm(self.request.POST if bound else None, offers=choices)

    def page(self, form: SwapForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        context = {"form": form, "shift": self.shift, "asked_of": self.asked_of, "shift_words": shift_words}
        return render(self.request, "partners/rota/swap-ask.jinja", context, status=status)


class AnswerSwap(View):
    """One swap: the person asked agrees or declines, the person who asked may withdraw."""

    http_method_names = ["get", "head", "post"]
    answers = {"agree": swaps.agree_swap, "decline": swaps.decline_swap, "withdraw": swaps.withdraw_swap}
    done = {
        "agree": "The rota is changed as you both agreed",
        "decline": "Nothing on the rota is changed",
        "withdraw": "You no longer ask for this swap",
    }

    def setup(self, request: HttpRequest, *args: object, **kwargs: int) -> None:
        """Load the swap, for the two people whom it concerns."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.swap = permissions.get_swap_for(self.seen.viewer, kwargs["swap_id"], self.seen.at)

    def get(self, request: HttpRequest, **_: int) -> HttpResponse:
        """Show what is asked."""
        return self.page(self.swap)

    def post(self, request: HttpRequest, **_: int) -> HttpResponse:
        """Take the answer."""
        answer = request.POST.get("answer", "")
        mine = {"withdraw"} if self.swap.asked_by_id == self.seen.user.pk else {"agree", "decline"}
        if answer not in mine:
            return self.page(self.swap, said="Choose one of the answers below.", status=422)
        try:
            self.answers[answer](swap=self.swap, by=Actor.user(self.seen.user), at=self.seen.at)
        except (IllegalMoveError, ValidationError) as error:
            said = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            return self.page(
                permissions.get_swap_for(self.seen.viewer, self.swap.pk, self.seen.at), said=said, status=409
            )
        messages.success(request, self.done[answer])
        return redirect("partners:my-shifts")

    def page(self, swap: Swap, *, said: str = "", status: int = 200) -> HttpResponse:
        """Render the swap."""
        context = {
            "swap": swap,
            "said": said,
            "mine": swap.asked_by_id == self.seen.user.pk,
            "open": swap.state == SwapState.ASKED and swap.shift.starts_at > self.seen.at,
            "shift_words": shift_words,
        }
        return render(self.request, "partners/rota/swap.jinja", context, status=status)
