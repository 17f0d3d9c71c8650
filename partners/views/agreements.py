"""A centre's agreements: what they say, what changed between versions, who has signed, and opening a new version."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_safe

from nhc import comparison
from nhc.access import Permission
from nhc.actors import Actor
from nhc.markdown import to_html
from partners.forms.agreements import BeginForm, OpenForm
from partners.forms.people import refuse
from partners.models import Agreement, AgreementVersion
from partners.permissions import agreements as permissions
from partners.queries import agreements as queries
from partners.services import agreements
from partners.views.access import visit

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of agreement on the list."""

    kind: Agreement.Kind
    begun: bool
    in_force: AgreementVersion | None
    signed: int
    of: int


@require_safe
def agreement_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List the three agreements with how many partners have signed each."""
    seen = visit(request)
    access = permissions.get_agreements_for(seen.viewer, slug, seen.at)
    begun = queries.agreements_of(access.centre)
    in_force = queries.in_force_at(access.centre, seen.at)
    counts = queries.counts_signed(in_force.values(), seen.today)
    rows = []
    for kind in Agreement.Kind:
        version = in_force.get(kind)
        signed, of = (0, 0) if version is None else counts[version.pk]
        rows.append(Row(kind, kind in begun, version, signed, of))
    context = {
        "centre": access.centre,
        "rows": rows,
        "may_begin": Permission.OPEN_AGREEMENTS in access.permissions,
    }
    return render(request, "partners/agreements/list.jinja", context)


@require_safe
def agreement(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Show what is in force, who has signed it, what not signing changes, and what is proposed."""
    seen = visit(request)
    found = permissions.get_agreement_for(seen.viewer, slug, kind, seen.at)
    version = queries.version_in_force(found.agreement, seen.at)
    page = Paginator(queries.proposals_of(found.agreement), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "centre": found.centre.centre,
        "agreement": found.agreement,
        "may_draft": found.may_draft,
        "may_open": found.may_open,
        "version": version,
        "text": None if version is None else to_html(version.text),
        "draft": queries.draft_of(found.agreement),
        "signings": [] if version is None else queries.signings(version, seen.at),
        "powers": [] if version is None else queries.may_sign_for(seen.user.pk, version, seen.at),
        "versions": queries.versions_of(found.agreement),
        "page": page,
        "today": seen.today,
    }
    return render(request, "partners/agreements/agreement.jinja", context)


@require_safe
def version(request: HttpRequest, slug: str, kind: str, number: int) -> HttpResponse:
    """Show one version, the draft included, who signed it, and what differs from the one before."""
    seen = visit(request)
    found, shown = permissions.get_version_for(seen.viewer, slug, kind, number, seen.at)
    before = queries.version_by_number(found.agreement, number - 1)
    context = {
        "centre": found.centre.centre,
        "agreement": found.agreement,
        "version": shown,
        "text": to_html(shown.text),
        "before": before,
        "changes": None if before is None else comparison.compare(before.text, shown.text),
        "signatures": queries.signatures_of(shown),
    }
    return render(request, "partners/agreements/version.jinja", context)


class BeginAgreement(View):
    """Begin an agreement that the centre does not have yet."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the centre, for those who open agreements."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        access = permissions.get_centre_to_begin(self.seen.viewer, kwargs["slug"], kwargs["kind"], self.seen.at)
        self.centre, self.kind = access.centre, Agreement.Kind(kwargs["kind"])

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form, or the agreement where it was begun already."""
        if queries.by_kind(self.centre, self.kind) is not None:
            return redirect("partners:agreement", self.centre.slug, self.kind)
        return self.page(BeginForm())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the first draft."""
        form = BeginForm(request.POST)
        if form.is_valid():
            try:
                agreements.start_agreement(
                    centre=self.centre,
                    kind=self.kind,
                    text=form.cleaned_data["text"],
                    by=Actor.user(self.seen.user),
                    at=self.seen.at,
                )
            except ValidationError as error:
                refuse(form, error)
            else:
                messages.success(request, "The first draft is stored. Others can propose changes")
                return redirect("partners:agreement", self.centre.slug, self.kind)
        return self.page(form, status=422)

    def page(self, form: BeginForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        context = {"centre": self.centre, "kind": self.kind, "form": form}
        return render(self.request, "partners/agreements/begin.jinja", context, status=status)


class OpenAgreement(View):
    """Open the draft for signature. From then on nothing of it changes."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the agreement and its draft, for those who open agreements."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.found = permissions.get_agreement_for(
            self.seen.viewer, kwargs["slug"], kwargs["kind"], self.seen.at, permission=Permission.OPEN_AGREEMENTS
        )
        self.draft = queries.draft_of(self.found.agreement)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the draft and the form; without a draft, lead back to the agreement."""
        if self.draft is None:
            return self.back()
        return self.page(OpenForm(text=self.draft.text, today=self.seen.today))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Open it, or show what differs where the draft was changed meanwhile."""
        if self.draft is None:
            return self.back()
        form = OpenForm(request.POST, text=self.draft.text, today=self.seen.today)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            opened = agreements.open_for_signature(
                agreement=self.found.agreement, **form.cleaned_data, by=Actor.user(self.seen.user), at=self.seen.at
            )
        except agreements.Clash as clash:
            read = form.cleaned_data["text"]
            again = OpenForm({**request.POST.dict(), "text": clash.version.text}, text="", today=self.seen.today)
            return self.page(again, status=409, changes=comparison.compare(read, clash.version.text))
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=422)
        messages.success(request, f"Version {opened.number} is open for signature")
        return self.back()

    def back(self) -> HttpResponse:
        """Lead to the agreement."""
        return redirect("partners:agreement", self.found.centre.centre.slug, self.found.agreement.kind)

    def page(self, form: OpenForm, *, status: int = 200, **more: object) -> HttpResponse:
        """Render the draft with the form."""
        context = {
            "centre": self.found.centre.centre,
            "agreement": self.found.agreement,
            "draft": self.draft,
            "text": to_html(self.draft.text if self.draft else ""),
            "form": form,
        }
        return render(self.request, "partners/agreements/open.jinja", context | more, status=status)
