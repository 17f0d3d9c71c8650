"""One scenario of a draft: added, changed, moved, taken out, and talked about."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views import View

from decisions.forms.grids import CellCommentForm, ScenarioForm
from decisions.forms.refusals import refuse
from decisions.models import Scenario
from decisions.permissions import grids as permissions
from decisions.queries import grid_pages
from decisions.queries import grids as queries
from decisions.queries import scenarios as scenario_queries
from decisions.queries.grid_pages import Column
from decisions.services import grids, scenarios
from decisions.services.scenarios import ScenarioClash
from decisions.views.access import visit
from decisions.views.acts import Press, Way
from decisions.views.difference_wording import Field, fields_between
from decisions.views.grid_wording import WORDS
from nhc.access import Permission
from partners.lifecycle import IllegalMoveError

if TYPE_CHECKING:
    from decisions.permissions.grids import GridAccess


class ScenarioPage(View):
    """What the pages of scenarios have in common."""

    http_method_names = ["get", "head", "post"]
    found: "GridAccess"

    def columns(self) -> list[Column]:
        """Return what the grid may name."""
        return grid_pages.holders_at(self.found.centre, self.seen.at)

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load what the address names."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.load(kwargs)

    def load(self, named: Mapping[str, str]) -> None:
        """Load what the address names."""
        raise NotImplementedError


class AddScenario(ScenarioPage):
    """Put a scenario at the end of the draft."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the draft, for those who change it."""
        self.found, self.draft = permissions.get_draft_for(
            self.seen.viewer, named["slug"], self.seen.at, permission=Permission.EDIT_GRID
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(ScenarioForm(columns=self.columns()))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the scenario."""
        form = ScenarioForm(request.POST, columns=self.columns())
        if form.is_valid():
            content = form.content(slugify(form.cleaned_data["title"])[:60].strip("-_") or "scenario")
            try:
                scenarios.add_scenario(version=self.draft, content=content, by=self.seen.by, at=self.seen.at)
            except (IllegalMoveError, ValidationError) as error:
                refuse(form, error if isinstance(error, ValidationError) else ValidationError(str(error)))
            else:
                messages.success(request, f"{content.title} is in the draft")
                return redirect("decisions:grid-draft", self.found.centre.slug)
        return self.page(form, status=422)

    def page(self, form: ScenarioForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        context = {"centre": self.found.centre, "form": form, "version": self.draft}
        return render(self.request, "decisions/grids/scenario-add.jinja", context, status=status)


class EditScenario(ScenarioPage):
    """Change a scenario whole, for those who change the grid; read it and comment on its cells, for the others."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the scenario."""
        wanted = Permission.EDIT_GRID if self.request.method == "POST" else None
        self.found, self.scenario = permissions.get_scenario_in_work(
            self.seen.viewer, named["slug"], named["code"], self.seen.at, permission=wanted
        )
        self.version = queries.version_in_work(self.found.centre) or self.scenario.grid_version

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the scenario."""
        return self.page(self.form())

    def form(self, data: Mapping[str, object] | None = None) -> ScenarioForm:
        """Return the form."""
        codes = list(self.version.scenarios.order_by("position", "pk").values_list("code", flat=True))
        return ScenarioForm(
            data,
            columns=self.columns(),
            content=scenario_queries.content_of(self.scenario),
            version=self.scenario.version,
            place=codes.index(self.scenario.code) + 1,
            places=len(codes),
        )

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the scenario, or show what somebody else wrote meanwhile."""
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        content = form.content(self.scenario.code)
        try:
            scenarios.edit_scenario(
                scenario=self.scenario,
                version=form.cleaned_data["version"],
                content=content,
                place=form.cleaned_data["place"] - 1 if "place" in form.changed_data else None,
                by=self.seen.by,
                at=self.seen.at,
            )
        except ScenarioClash as clash:
            names = {column.holder: column.name for column in self.columns()}
            theirs = list(fields_between(content, scenario_queries.content_of(clash.scenario), names))
            again = self.form({**request.POST.dict(), "version": str(clash.scenario.version)})
            return self.page(again, theirs=theirs, status=409)
        except (IllegalMoveError, ValidationError) as error:
            refuse(form, error if isinstance(error, ValidationError) else ValidationError(str(error)))
            return self.page(form, status=422)
        messages.success(request, f"{content.title} is saved")
        return redirect("decisions:grid-draft", self.found.centre.slug)

    def page(
        self,
        form: ScenarioForm,
        *,
        comment: CellCommentForm | None = None,
        theirs: list[Field] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Render the scenario."""
        said = [each for each in queries.comments_of(self.version) if each.scenario_code == self.scenario.code]
        about = str(self.request.GET.get("about", ""))
        context = WORDS | {
            "centre": self.found.centre,
            "access": self.found,
            "version": self.version,
            "scenario": self.scenario,
            "form": form,
            "comment_form": comment or CellCommentForm(columns=self.columns(), about=about),
            "comments": said,
            "theirs": theirs,
            "editing": self.found.may_edit and self.version.state == "draft",
            "user": self.seen.user,
            "has_errors": comment is not None,
        }
        return render(self.request, "decisions/grids/scenario.jinja", context, status=status)


class CommentOnScenario(EditScenario):
    """Say something about a scenario or one of its cells."""

    http_method_names = ["post"]

    def load(self, named: Mapping[str, str]) -> None:
        """Load the scenario, for those who may speak about it."""
        self.found, self.scenario = permissions.get_scenario_in_work(
            self.seen.viewer, named["slug"], named["code"], self.seen.at
        )
        self.version = queries.version_in_work(self.found.centre) or self.scenario.grid_version
        self.organisation = permissions.organisation_of(self.found, self.seen.viewer, self.seen.at)

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the comment."""
        form = CellCommentForm(request.POST, columns=self.columns())
        if form.is_valid():
            column = next((each for each in self.columns() if each.key == form.cleaned_data["about"]), None)
            holder = (None, None) if column is None else column.holder
            try:
                grids.comment(
                    version=self.version,
                    scenario_code=self.scenario.code,
                    text=form.cleaned_data["text"],
                    organisation=self.organisation,
                    duty_role=holder[1] if holder[0] == "duty_role" else None,
                    team=holder[1] if holder[0] == "team" else None,
                    by=self.seen.by,
                    at=self.seen.at,
                )
            except (IllegalMoveError, ValidationError) as error:
                refuse(form, error if isinstance(error, ValidationError) else ValidationError(str(error)))
            else:
                messages.success(request, "Your comment is stored")
                return redirect(_address(self.found, self.scenario))
        return self.page(self.form(), comment=form, status=422)


class ResolveComment(Press):
    """Say that a comment is settled."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the comment."""
        found, self.comment = permissions.get_comment_to_resolve(
            self.seen.viewer, named["slug"], int(named["comment_id"]), self.seen.at
        )
        self.centre = found.centre
        self.back = Way(reverse("decisions:grid-draft", args=[found.centre.slug]), "The draft")

    def press(self) -> str:
        """Settle it."""
        grids.resolve_comment(comment=self.comment, by=self.seen.by, at=self.seen.at)
        return "The comment is settled"


class RemoveScenario(Press):
    """Take a scenario out of the draft. It stays in every version that was published with it."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the scenario, for those who change the grid."""
        found, self.scenario = permissions.get_scenario_in_work(
            self.seen.viewer, named["slug"], named["code"], self.seen.at, permission=Permission.EDIT_GRID
        )
        self.centre = found.centre
        self.back = Way(reverse("decisions:grid-draft", args=[found.centre.slug]), "The draft")

    def press(self) -> str:
        """Take it out, unless somebody changed it since the page was made."""
        text = str(self.request.POST.get("version", ""))
        version = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
        scenarios.remove_scenario(scenario=self.scenario, version=version, by=self.seen.by, at=self.seen.at)
        return f"{self.scenario.title} is out of the draft"


def _address(found: "GridAccess", scenario: Scenario) -> str:
    return reverse("decisions:scenario", args=[found.centre.slug, scenario.code]) + "#comments"
