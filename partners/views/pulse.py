"""The norms pulse of a centre."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from nhc.actors import Actor
from partners.forms.people import refuse
from partners.forms.pulse import PulseForm
from partners.permissions import induction as permissions
from partners.queries import pulse as queries
from partners.services import pulse
from partners.services.pulse_measure import LEAST_PEOPLE
from partners.views.access import visit


class Pulse(View):
    """Answer this month's three questions, once."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the round, for those who work at the centre."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.centre = permissions.get_workplace_for(self.seen.viewer, kwargs["slug"], self.seen.at)
        self.shown = queries.open_round(self.centre, self.seen.at)
        self.answered = self.shown is not None and queries.has_answered(self.shown, self.seen.user.pk)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the questions, or that there is nothing to answer."""
        return self.page(PulseForm())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Count the answers."""
        if self.shown is None or self.answered:
            return redirect("partners:pulse", self.centre.slug)
        form = PulseForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            pulse.answer(
                shown=self.shown,
                user=self.seen.user,
                choices=form.choices(),
                by=Actor.user(self.seen.user),
                at=self.seen.at,
            )
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=409)
        messages.success(request, "Thank you. Your answers are counted")
        return redirect("partners:pulse", self.centre.slug)

    def page(self, form: PulseForm, *, status: int = 200) -> HttpResponse:
        """Render the page."""
        context = {
            "centre": self.centre,
            "shown": self.shown,
            "answered": self.answered,
            "form": form,
            "least": LEAST_PEOPLE,
        }
        return render(self.request, "partners/induction/pulse.jinja", context, status=status)
