"""Writing a centre's inductions."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from nhc.actors import Actor
from partners.forms.induction import EditionForm, OpenPackForm, WriteStepForm
from partners.forms.people import refuse
from partners.models import InductionPack, InductionPackVersion
from partners.permissions import NotVisible
from partners.permissions import induction as permissions
from partners.queries import induction as queries
from partners.services import induction_packs
from partners.views.access import visit


@require_safe
def pack(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Show what people go through now and the draft, if there is one."""
    seen = visit(request)
    _, found = permissions.get_pack_to_write(seen.viewer, slug, kind, seen.at)
    draft = None if found is None else queries.draft_of(found)
    return _page(request, slug, kind, form=None if draft is None else _open_form(draft))


def _open_form(draft: InductionPackVersion) -> OpenPackForm:
    return OpenPackForm(initial={"edition": draft.edition, "valid_for_days": draft.valid_for_days})


def _page(
    request: HttpRequest, slug: str, kind: str, *, form: OpenPackForm | None, problem: str = "", status: int = 200
) -> HttpResponse:
    seen = visit(request)
    centre, found = permissions.get_pack_to_write(seen.viewer, slug, kind, seen.at)
    draft = None if found is None else queries.draft_of(found)
    shown = None if found is None else queries.version_open(found)
    context = {
        "centre": centre,
        "kind": InductionPack.Kind(kind),
        "draft": draft,
        "draft_steps": [] if draft is None else queries.steps_of(draft),
        "shown": shown,
        "shown_steps": [] if shown is None else queries.steps_of(shown),
        "form": form,
        "problem": problem,
    }
    return render(request, "partners/induction/pack.jinja", context, status=status)


@require_POST
def draft_pack(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Begin a draft from what is open now."""
    seen = visit(request)
    centre, _ = permissions.get_pack_to_write(seen.viewer, slug, kind, seen.at)
    induction_packs.draft_pack(centre=centre, kind=kind, by=Actor.user(seen.user), at=seen.at)
    return redirect("partners:induction-pack", slug, kind)


class OpenPack(View):
    """Let people go through the draft."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, kind: str) -> HttpResponse:
        """Open it."""
        seen = visit(request)
        _, found = permissions.get_pack_to_write(seen.viewer, slug, kind, seen.at)
        draft = None if found is None else queries.draft_of(found)
        if draft is None:
            return redirect("partners:induction-pack", slug, kind)
        form = OpenPackForm(request.POST)
        if not form.is_valid():
            return _page(request, slug, kind, form=form, status=422)
        try:
            induction_packs.open_pack(version=draft, **form.cleaned_data, by=Actor.user(seen.user), at=seen.at)
        except induction_packs.Clash as clash:
            sentence = " ".join(clash.messages)
            return _page(request, slug, kind, form=_open_form(clash.version), problem=sentence, status=409)
        except ValidationError as error:
            refuse(form, error)
            return _page(request, slug, kind, form=form, status=422)
        messages.success(request, "People go through this version from now on")
        return redirect("partners:induction-pack", slug, kind)


class AddStep(View):
    """Add a step to the draft."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the draft, for those who write it."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.centre, found = permissions.get_pack_to_write(
            self.seen.viewer, kwargs["slug"], kwargs["kind"], self.seen.at
        )
        draft = None if found is None else queries.draft_of(found)
        if draft is None:
            raise NotVisible
        self.draft = draft

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(WriteStepForm(initial={"edition": self.draft.edition}))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the step."""
        form = WriteStepForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            self.store(form)
        except induction_packs.Clash as clash:
            again = WriteStepForm({**request.POST.dict(), "edition": clash.version.edition})
            again.is_valid()
            refuse(again, clash)
            return self.page(again, status=409)
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=422)
        messages.success(request, "The step is stored")
        return redirect("partners:induction-pack", self.centre.slug, self.draft.pack.kind)

    def store(self, form: WriteStepForm) -> None:
        """Raises Clash and ValidationError."""
        induction_packs.add_step(
            version=self.draft,
            step=form.step(),
            edition=form.cleaned_data["edition"],
            by=Actor.user(self.seen.user),
            at=self.seen.at,
        )

    def page(self, form: WriteStepForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        context = {"centre": self.centre, "kind": InductionPack.Kind(self.draft.pack.kind), "form": form}
        return render(self.request, "partners/induction/write-step.jinja", context, status=status)


class EditStep(AddStep):
    """Write a step of the draft anew."""

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the step, for those who write it."""
        View.setup(self, request, *args, **kwargs)
        self.seen = visit(request)
        self.row = permissions.get_draft_step(self.seen.viewer, kwargs["slug"], int(kwargs["step_id"]), self.seen.at)
        self.draft, self.centre = self.row.version, self.row.version.pack.centre

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form with the step in it."""
        return self.page(WriteStepForm.of(self.row))

    def store(self, form: WriteStepForm) -> None:
        """Raises Clash and ValidationError."""
        induction_packs.edit_step(
            row=self.row,
            step=form.step(),
            edition=form.cleaned_data["edition"],
            by=Actor.user(self.seen.user),
            at=self.seen.at,
        )


@require_POST
def change_step(request: HttpRequest, slug: str, step_id: int) -> HttpResponse:
    """Move a step of the draft up, or remove it, as the button says."""
    seen = visit(request)
    row = permissions.get_draft_step(seen.viewer, slug, step_id, seen.at)
    kind = row.version.pack.kind
    form = EditionForm(request.POST)
    act = induction_packs.remove_step if request.POST.get("act") == "remove" else induction_packs.move_up
    try:
        edition = form.cleaned_data["edition"] if form.is_valid() else 0
        act(row=row, edition=edition, by=Actor.user(seen.user), at=seen.at)
    except ValidationError as error:
        sentence = " ".join(error.messages)
        return _page(request, slug, kind, form=_open_form(row.version), problem=sentence, status=409)
    return redirect("partners:induction-pack", slug, kind)
