"""Going through a centre's induction, where one stands with it, and who is inducted."""

import csv
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from nhc import comparison, formats
from nhc.access import Permission
from nhc.actors import Actor
from nhc.markdown import to_html
from partners.formats.formulas import harmless
from partners.forms.induction import NormsForm, StepForm
from partners.forms.people import refuse
from partners.models import Agreement, AgreementVersion, Centre, Organisation
from partners.permissions import NotVisible
from partners.permissions import induction as permissions
from partners.queries import agreements as agreement_queries
from partners.queries import induction as queries
from partners.queries import standing
from partners.services import inductions
from partners.views.access import Visit, visit

PER_PAGE = 50


@require_safe
def induction(request: HttpRequest, slug: str) -> HttpResponse:
    """Show where one stands at a centre, what one may begin, and what one has completed."""
    seen = visit(request)
    centre = permissions.get_workplace_for(seen.viewer, slug, seen.at)
    charter = _charter(centre, seen)
    mine = queries.inductions_of(seen.user.pk, centre)
    under_way = {each.version_id: each for each in mine if each.completed_at is None}
    context = {
        "centre": centre,
        "standing": standing.deciding_alone(seen.user.pk, centre.pk, seen.at),
        "offers": [(version, under_way.get(version.pk)) for version in queries.open_versions(centre)],
        "completed": [each for each in mine if each.completed_at is not None],
        "charter": charter,
        "confirmed": charter is None or queries.has_confirmed(seen.user.pk, charter),
        "at": seen.at,
    }
    return render(request, "partners/induction/induction.jinja", context)


@require_POST
def begin(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Begin a pack, or go on with it, at its first step that is not done."""
    seen = visit(request)
    centre, version = permissions.get_version_to_begin(seen.viewer, slug, kind, seen.at)
    try:
        begun = inductions.begin(user=seen.user, version=version, by=Actor.user(seen.user), at=seen.at)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("partners:induction", centre.slug)
    following = next((each.step.position for each in queries.steps_seen(begun) if not each.done), 1)
    return redirect("partners:induction-step", centre.slug, begun.pk, following)


class DoStep(View):
    """One step of one's own induction."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the induction and the step."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.centre, self.induction = permissions.get_induction_for(
            self.seen.viewer, kwargs["slug"], int(kwargs["induction_id"]), self.seen.at
        )
        self.steps = queries.steps_seen(self.induction)
        position = int(kwargs["position"])
        found = next((each for each in self.steps if each.step.position == position), None)
        if found is None:
            raise NotVisible
        self.step, self.done = found.step, found.done
        self.charter = _charter(self.centre, self.seen) if self.step.norms else None

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the step."""
        return self.page(StepForm(step=self.step, norms=self.charter))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store that it is done and go on to the next; a wrong answer is told why."""
        form = StepForm(request.POST, step=self.step, norms=self.charter)
        if not form.is_valid():
            return self.page(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        typed = form.cleaned_data
        try:
            progress = inductions.do_step(
                induction=self.induction,
                step=self.step,
                confirmed=bool(typed.get("confirmed")),
                choice=int(typed["choice"]) if "choice" in typed else None,
                norms=typed.get("norms"),
                by=Actor.user(self.seen.user),
                at=self.seen.at,
            )
        except ValidationError as error:
            fresh = StepForm(request.POST.dict() | {"norms": self.charter and self.charter.pk}, step=self.step)
            fresh.is_valid()
            refuse(fresh, error)
            return self.page(fresh, status=HTTPStatus.CONFLICT)
        if not progress.right:
            form.add_error("choice", f"Not quite. {progress.feedback}")
            return self.page(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return self.onward(progress)

    def onward(self, progress: inductions.Progress) -> HttpResponse:
        """Lead to the next step that is not done, or back where all are."""
        if progress.induction.completed_at is not None:
            messages.success(self.request, f"You are inducted at {self.centre.name}")
            return redirect("partners:induction", self.centre.slug)
        if progress.feedback:
            messages.success(self.request, f"Right. {progress.feedback}")
        left = [each.step.position for each in queries.steps_seen(self.induction) if not each.done]
        following = next((place for place in left if place > self.step.position), left[0])
        return redirect("partners:induction-step", self.centre.slug, self.induction.pk, following)

    def page(self, form: StepForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
        """Render the step with its place among the others."""
        context = {
            "centre": self.centre,
            "induction": self.induction,
            "steps": self.steps,
            "step": self.step,
            "done": self.done,
            "body": to_html(self.step.body),
            "charter": self.charter,
            "charter_text": None if self.charter is None else to_html(self.charter.text),
            "form": form,
        }
        return render(self.request, "partners/induction/step.jinja", context, status=status)


class ConfirmNorms(View):
    """Read what is new in the norms charter and confirm it."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the charter in force, for those who work at the centre."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.centre = permissions.get_workplace_for(self.seen.viewer, kwargs["slug"], self.seen.at)
        charter = _charter(self.centre, self.seen)
        if charter is None:
            raise NotVisible
        self.charter = charter

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the charter."""
        return self.page(NormsForm(initial={"version": self.charter.pk}))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the confirmation of the version that was shown."""
        form = NormsForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if form.cleaned_data["version"] != self.charter.pk:
            return self.page(NormsForm(initial={"version": self.charter.pk}), replaced=True, status=HTTPStatus.CONFLICT)
        try:
            inductions.confirm_norms(
                user=self.seen.user, version=self.charter, by=Actor.user(self.seen.user), at=self.seen.at
            )
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=HTTPStatus.CONFLICT)
        messages.success(request, "You have confirmed the norms charter")
        return redirect("partners:induction", self.centre.slug)

    def page(self, form: NormsForm, *, replaced: bool = False, status: int = HTTPStatus.OK) -> HttpResponse:
        """Render the charter, what differs from the one before, and the form."""
        before = self.charter.predecessor
        context = {
            "centre": self.centre,
            "charter": self.charter,
            "text": to_html(self.charter.text),
            "changes": None if before is None else comparison.compare(before.text, self.charter.text),
            "replaced": replaced,
            "form": form,
        }
        return render(self.request, "partners/induction/norms.jinja", context, status=status)


@require_safe
def inducted(request: HttpRequest, slug: str) -> HttpResponse:
    """List who works at a centre and where they stand, by organisation and state."""
    seen = visit(request)
    access = permissions.get_inducted_for(seen.viewer, slug, seen.at)
    tally = queries.tally(access.centre, seen.at)
    chosen, state = _chosen(request, access.centre, seen)
    found = queries.people(access.centre, seen.at, organisation=chosen, state=state)
    context = {
        "centre": access.centre,
        "tally": tally,
        "organisations": queries.organisations_at(access.centre, seen.at),
        "states": [each.value for each in queries.State],
        "chosen": chosen,
        "state": state,
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "may_write": Permission.MANAGE_INDUCTION in access.permissions,
    }
    return render(request, "partners/induction/people.jinja", context)


@require_safe
def inducted_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the same list as a file, filtered in the same way."""
    seen = visit(request)
    access = permissions.get_inducted_for(seen.viewer, slug, seen.at)
    chosen, state = _chosen(request, access.centre, seen)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="induction-{access.centre.slug}.csv"'
    writer = csv.writer(response)
    writer.writerow(["Name", "Organisation", "State", "Last day"])
    for name, organisation, where, last in queries.rows(access.centre, seen.at, organisation=chosen, state=state):
        writer.writerow([harmless(name), harmless(organisation), where, formats.full_date(last) if last else ""])
    return response


def _chosen(request: HttpRequest, centre: Centre, seen: Visit) -> tuple[Organisation | None, str]:
    """Return the organisation and state that the address names; what does not exist filters nothing."""
    code = request.GET.get("organisation", "")
    organisations = queries.organisations_at(centre, seen.at) if code else []
    state = request.GET.get("state", "")
    return next((each for each in organisations if each.code == code), None), state if state in set(
        queries.State
    ) else ""


def _charter(centre: Centre, seen: Visit) -> AgreementVersion | None:
    return agreement_queries.in_force_at(centre, seen.at).get(Agreement.Kind.NORMS)
