"""A centre's grid: what is in force, on a desk as a table and on a phone by role; versions and what changed; files."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_safe

from decisions import starters
from decisions.formats.grids import write_csv, write_xlsx
from decisions.forms.rounds import OUTCOMES, SAID
from decisions.models import GridVersion, Right
from decisions.permissions import grids as permissions
from decisions.queries import finder as finder_queries
from decisions.queries import grid_pages
from decisions.queries import grids as queries
from decisions.queries import rounds as round_queries
from decisions.queries import scenarios as scenario_queries
from decisions.queries import starters as starter_queries
from decisions.queries.grid_pages import Column, Sheet
from decisions.services import grids
from decisions.services import starters as starter_services
from decisions.starters import Starter, StarterRole
from decisions.views.access import Visit, visit
from decisions.views.difference_wording import Change, changes
from decisions.views.grid_wording import WORDS
from nhc.access import Permission
from partners.permissions import NotVisible

if TYPE_CHECKING:
    from decisions.permissions.grids import GridAccess

_MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
def grid(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the grid in force, with who is on duty and what the finder found; before there is one, how to begin."""
    seen = visit(request)
    found = permissions.get_grid_for(seen.viewer, slug, seen.at)
    version = queries.version_in_force(found.centre, seen.at)
    context: dict[str, object] = {
        "centre": found.centre,
        "access": found,
        "in_work": queries.version_in_work(found.centre),
    }
    if version is None:
        return render(request, "decisions/grids/none.jinja", context)
    sheet = grid_pages.sheet(version, seen.at)
    context |= WORDS | {
        "version": version,
        "sheet": sheet,
        "chosen": _role(request, sheet, seen),
        "kinds": Right.Kind,
        "findings": finder_queries.search(version, seen.at).findings,
        "next_review": queries.next_review_on(version),
        "at": seen.at,
        "today": seen.today,
    }
    return render(request, "decisions/grids/grid.jinja", context)


def _role(request: HttpRequest, sheet: Sheet, seen: Visit) -> Column | None:
    """Return the column that a phone shows: the one chosen, else that of the person's own shift, else the first."""
    own = (column for column in sheet.columns if any(shift.user_id == seen.user.pk for shift in column.on))
    return sheet.column(request.GET.get("role", "")) or next(own, None) or next(iter(sheet.columns), None)


@require_safe
def versions(request: HttpRequest, slug: str) -> HttpResponse:
    """List every version, newest first."""
    seen = visit(request)
    found = permissions.get_grid_for(seen.viewer, slug, seen.at)
    context = {"centre": found.centre, "access": found, "versions": queries.versions_of(found.centre)}
    return render(request, "decisions/grids/versions.jinja", context)


@require_safe
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show one version as it was: its rows, what partners said, how it came to its state, what reviews learnt of it."""
    seen = visit(request)
    found, shown = permissions.get_version_for(seen.viewer, slug, number, seen.at)
    context = WORDS | {
        "centre": found.centre,
        "access": found,
        "version": shown,
        "sheet": grid_pages.sheet(shown, seen.at),
        "moves": queries.moves_of(shown),
        "reviews": queries.reviews_of(shown),
        "answers": SAID,
        "outcomes": OUTCOMES,
        "rounds": [
            (each, round_queries.stands(each, each.closed_at or seen.at)) for each in round_queries.rounds_of(shown)
        ],
    }
    return render(request, "decisions/grids/version.jinja", context)


@require_safe
def compare(request: HttpRequest, slug: str, before: int, after: int) -> HttpResponse:
    """Show what changed between two versions, scenario by scenario."""
    seen = visit(request)
    found, earlier = permissions.get_version_for(seen.viewer, slug, before, seen.at)
    _, later = permissions.get_version_for(seen.viewer, slug, after, seen.at)
    listed: list[Change] = changes(earlier, later, seen.at)
    context = {"centre": found.centre, "before": earlier, "after": later, "changes": listed}
    return render(request, "decisions/grids/compare.jinja", context)


@require_safe
def export(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Return a version as CSV or spreadsheet: the one in force, or the one that the address names."""
    seen = visit(request)
    found = permissions.get_grid_for(seen.viewer, slug, seen.at)
    if kind not in _MEDIA_TYPES:
        raise NotVisible
    chosen = _chosen(request, found, seen)
    columns = {column.holder: column.name for column in grid_pages.sheet(chosen, seen.at).columns}
    contents = scenario_queries.contents_of(chosen)
    body = write_csv(contents, columns) if kind == "csv" else write_xlsx(contents, columns)
    answer = HttpResponse(body, content_type=_MEDIA_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="grid-{found.centre.slug}-{chosen.number}.{kind}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _chosen(request: HttpRequest, found: "GridAccess", seen: Visit) -> GridVersion:
    asked = request.GET.get("version", "")
    if asked:
        number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 0
        version = queries.version_by_number(found.centre, number)
    else:
        version = queries.version_in_force(found.centre, seen.at) or queries.version_in_work(found.centre)
    if version is None:
        raise NotVisible
    return version


@dataclass(frozen=True, slots=True)
class Offer:
    """A starter, and the duty roles that come with it because the centre has them not."""

    starter: Starter
    lacking: list[StarterRole]


class BeginGrid(View):
    """Begin a draft: from the grid in force, from a starter, or empty."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the grid, for those who change it."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.found = permissions.get_grid_for(
            self.seen.viewer, kwargs["slug"], self.seen.at, permission=Permission.EDIT_GRID
        )
        self.in_work = queries.version_in_work(self.found.centre)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the ways to begin."""
        return self.page()

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Begin the draft, or let the draft there is say what a starter says."""
        code = str(request.POST.get("starter", ""))
        if code and code not in starters.CODES:
            return self.page(problem="Choose one of the starters, or begin without one.", status=422)
        try:
            self.begin(code)
        except ValidationError as error:
            return self.page(problem=" ".join(error.messages), status=422)
        messages.success(request, "The draft is begun. Change it until it fits your centre")
        return redirect("decisions:grid-draft", self.found.centre.slug)

    def begin(self, code: str) -> None:
        """Begin the draft. Raises ValidationError with what is in the way."""
        centre, by, at = self.found.centre, self.seen.by, self.seen.at
        if not code:
            grids.start_draft(centre=centre, by=by, at=at)
            return
        starter = starters.read(code)
        manages = Permission.MANAGE_ROTA in self.found.access.permissions
        if not manages and starter_queries.lacking_duty_roles(starter, centre):
            raise ValidationError("This starter adds duty roles to the rota. Ask the centre manager to begin with it.")
        if self.in_work is not None and self.in_work.scenarios.exists():
            raise ValidationError("A draft is being worked on already. Empty it first, or go on with it.")
        edition = None if self.in_work is None else self.in_work.version
        starter_services.load_starter(starter=starter, centre=centre, edition=edition, by=by, at=at)

    def page(self, *, problem: str = "", status: int = 200) -> HttpResponse:
        """Render the ways to begin."""
        centre = self.found.centre
        context = {
            "centre": centre,
            "in_force": queries.version_in_force(centre, self.seen.at),
            "in_work": self.in_work,
            "offers": [Offer(each, starter_queries.lacking_duty_roles(each, centre)) for each in starters.offered()],
            "problem": problem,
        }
        return render(self.request, "decisions/grids/begin.jinja", context, status=status)
