"""Marks on a chart: a new step that was agreed, or a note of what happened."""

from datetime import date
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views import View

from dashboard.forms import AnnotationForm, RebaseForm
from dashboard.models import Annotation, Rebase
from dashboard.queries import charts
from dashboard.services import charts as services
from dashboard.views.access import Visit, measure_at, visit
from nhc.access import Permission
from partners.permissions import NotVisible

if TYPE_CHECKING:
    from partners.models import Measure


class _Mark(View):
    """Add one kind of mark. `get_form` and `save` say which."""

    template = ""
    done = ""

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the centre and measure, for those who may mark charts there."""
        super().setup(request, *args, **kwargs)
        self.seen: Visit = visit(request, kwargs["slug"])
        self.measure: Measure = measure_at(kwargs["code"], self.seen.access)
        if not self.seen.allows(Permission.REBASE_CHART):
            raise NotVisible

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(request, self.get_form(None))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Save, or show what is wrong and everything that was typed."""
        form = self.get_form(request.POST)
        if form.is_valid():
            try:
                self.save(form)
            except ValidationError as error:
                for name, sentences in _by_field(error, form).items():
                    form.add_error(name, sentences)
            else:
                messages.success(request, self.done)
                return redirect("dashboard:measure", self.seen.access.centre.slug, self.measure.code)
        return self.page(request, form)

    def page(self, request: HttpRequest, form: Form) -> HttpResponse:
        """Render the form; 422 where it has errors."""
        found = charts.one(
            self.seen.access.centre, self.measure, audience=self.seen.access.audience, today=self.seen.today
        )
        context = {"centre": self.seen.access.centre, "measure": self.measure, "form": form, "found": found}
        return render(request, self.template, context, status=422 if form.errors else 200)

    def get_form(self, data: QueryDict | None) -> Form:
        """Return the form for this kind of mark."""
        raise NotImplementedError

    def save(self, form: Form) -> None:
        """Call the one service."""
        raise NotImplementedError


def _by_field(error: ValidationError, form: Form) -> dict[str | None, list[str]]:
    if hasattr(error, "error_dict"):
        return {name if name in form.fields else None: each for name, each in error.message_dict.items()}
    return {None: error.messages}


class AddRebase(_Mark):
    """Start a new step of the chart."""

    template = "dashboard/rebase.jinja"
    done = "The chart starts a new step."

    def get_form(self, data: QueryDict | None) -> Form:
        """Offer the chart's own periods."""
        found = charts.one(
            self.seen.access.centre, self.measure, audience=self.seen.access.audience, today=self.seen.today
        )
        periods = [] if found is None else [each.period for each in found.shown]
        return RebaseForm(data, periods=periods)

    def save(self, form: Form) -> None:
        """Rebase at the first day of the chosen period."""
        services.rebase(
            centre=self.seen.access.centre,
            measure=self.measure,
            date=date.fromisoformat(form.cleaned_data["period"]),
            reason=form.cleaned_data["reason"],
            agreed_by=form.cleaned_data["agreed_by"],
            by=self.seen.by,
            at=self.seen.at,
        )


class AddAnnotation(_Mark):
    """Note what happened."""

    template = "dashboard/annotation.jinja"
    done = "The note is on the chart."

    def get_form(self, data: QueryDict | None) -> Form:
        """Return the form."""
        return AnnotationForm(data)

    def save(self, form: Form) -> None:
        """Annotate."""
        services.annotate(
            centre=self.seen.access.centre,
            measure=self.measure,
            date=form.cleaned_data["date"],
            text=form.cleaned_data["text"],
            by=self.seen.by,
            at=self.seen.at,
        )


class Withdraw(View):
    """Take a mark off the chart, after asking. `kind` is `rebases` or `notes`."""

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the mark, for those who may mark charts there."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request, kwargs["slug"])
        self.measure = measure_at(kwargs["code"], self.seen.access)
        if not self.seen.allows(Permission.REBASE_CHART):
            raise NotVisible
        kind: type[Rebase] | type[Annotation] = Rebase if kwargs["kind"] == "rebases" else Annotation
        found = kind.objects.filter(
            pk=kwargs["mark"], centre=self.seen.access.centre, measure=self.measure, withdrawn_at__isnull=True
        ).first()
        if found is None:
            raise NotVisible
        self.mark: Rebase | Annotation = found

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask."""
        context = {"centre": self.seen.access.centre, "measure": self.measure, "mark": self.mark}
        return render(request, "dashboard/withdraw.jinja", context)

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Withdraw it."""
        if isinstance(self.mark, Rebase):
            services.withdraw_rebase(rebase=self.mark, by=self.seen.by, at=self.seen.at)
        else:
            services.withdraw_annotation(annotation=self.mark, by=self.seen.by, at=self.seen.at)
        messages.success(request, "It is off the chart. The record of it stays.")
        return redirect("dashboard:measure", self.seen.access.centre.slug, self.measure.code)
