"""The directory of a centre: every team, who runs it, what it does and how to reach it now."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_http_methods, require_safe

from nhc import searches
from nhc.access import ROLES, Permission
from nhc.actors import Actor
from partners import permissions
from partners.forms import TeamForm
from partners.forms.people import refuse
from partners.models import Centre, Team
from partners.queries import directory as queries
from partners.queries import rota
from partners.services import teams
from partners.views.access import visit

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Reachable:
    """Someone on duty now: who, for what, and until when."""

    name: str
    duty_role: str
    until: datetime


def reachable(centre: Centre, at: datetime) -> dict[int, list[Reachable]]:
    """Return who is on duty at a centre now, by team."""
    found: dict[int, list[Reachable]] = {}
    for duty_role, on_duty in rota.on_duty(centre, at).items():
        for each in on_duty:
            row = Reachable(each.shift.user.name, duty_role.name, each.shift.ends_at)
            found.setdefault(each.shift.team_id, []).append(row)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def directory(request: HttpRequest, slug: str) -> HttpResponse:
    """List the centre's teams by name, with a search."""
    seen = visit(request)
    access = permissions.get_directory_for(seen.viewer, slug, seen.at)
    search = f"directory {access.centre.pk}"
    if request.method == "POST":
        searches.keep_words(request, search)
        return redirect("partners:directory", slug)
    sought = searches.words(request, search)
    found = queries.teams_at(access.centre, seen.at, sought=sought)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "centre": access.centre,
        "page": page,
        "sought": sought,
        "on_duty": reachable(access.centre, seen.at),
        "may_manage": Permission.MANAGE_CENTRE in access.permissions,
        "may_give_roles": Permission.GIVE_ROLES in access.permissions,
        "may_make_exceptions": Permission.GRANT_EXCEPTIONS in access.permissions,
    }
    return render(request, "partners/directory.jinja", context)


@require_safe
def team(request: HttpRequest, slug: str, team_id: int) -> HttpResponse:
    """Show one team and who works in it."""
    seen = visit(request)
    found = permissions.get_team_for(seen.viewer, slug, team_id, seen.at)
    page = Paginator(queries.members_of(found.team, seen.at), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "centre": found.access.centre,
        "team": found.team,
        "may_edit": found.may_edit,
        "may_close": found.may_close,
        "administered": found.team.organisation in permissions.administered_organisations(seen.viewer, seen.at),
        "page": page,
        "roles": ROLES,
        "on_duty": reachable(found.access.centre, seen.at),
    }
    return render(request, "partners/team.jinja", context)


class EditTeam(View):
    """Edit a team's entry. Where somebody else changed it meanwhile, both stand side by side."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the team, for those who may edit its entry."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        found = permissions.get_team_to_edit(self.seen.viewer, kwargs["slug"], int(kwargs["team_id"]), self.seen.at)
        self.centre, self.team = found.access.centre, found.team
        self.leads = queries.may_lead(self.team, self.seen.at)
        if self.team.lead is not None and self.team.lead not in self.leads:
            # Whoever ran the team and left stays until somebody else is chosen, rather than vanish unseen.
            self.leads = [*self.leads, self.team.lead]

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(TeamForm(entry=teams.entry_of(self.team), leads=self.leads))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the entry, or show both where it was changed meanwhile."""
        form = TeamForm(request.POST, leads=self.leads)
        version = request.POST.get("version", "")
        if not form.is_valid():
            return self.page(form, version=version, status=422)
        try:
            saved = teams.edit(
                team=self.team,
                entry=form.entry(),
                version=int(version) if version.isascii() and version.isdigit() else 0,
                by=Actor.user(self.seen.user),
                at=self.seen.at,
            )
        except teams.Clash as clash:
            return self.clash(form, clash.team)
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, version=version, status=422)
        messages.success(request, f"{saved.name} is up to date")
        return redirect("partners:team", self.centre.slug, saved.pk)

    def clash(self, form: TeamForm, now: Team) -> HttpResponse:
        """Show what stands now beside what was typed; saving again is a choice made with both in view."""
        names = {user.pk: user.name for user in self.leads}
        entry, typed = teams.entry_of(now), form.entry()
        differences = [
            (str(form.fields[field].label), _shown(theirs, names), _shown(mine, names))
            for field in teams.Entry.__slots__
            if (theirs := getattr(entry, field)) != (mine := getattr(typed, field))
        ]
        return self.page(form, version=str(now.version), differences=differences, status=409)

    def page(self, form: TeamForm, *, version: str = "", status: int = 200, **more: object) -> HttpResponse:
        """Render the form with the version it was made from."""
        context = {
            "centre": self.centre,
            "team": self.team,
            "form": form,
            "version": version or str(self.team.version),
        }
        return render(self.request, "partners/team-edit.jinja", context | more, status=status)


def _shown(value: object, names: dict[int, str]) -> str:
    return names.get(value, "") if isinstance(value, int) else str(value or "")
