"""Roles of the whole centre: listed, given and ended by its manager."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_safe

from nhc.access import CENTRES_GIVE, ROLES
from nhc.actors import Actor
from nhc.models import User
from partners.forms.centre_roles import CentreRoleForm
from partners.forms.people import end_of, refuse
from partners.models import Team
from partners.permissions.centre_roles import get_centre_with_roles, get_role_to_end
from partners.queries import centre_roles as queries
from partners.queries import directory
from partners.services import centre_roles
from partners.views.access import visit

PER_PAGE = 50


@require_safe
def role_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List who holds a role of the whole centre."""
    seen = visit(request)
    centre = get_centre_with_roles(seen.viewer, slug, seen.at)
    page = Paginator(queries.held_at(centre, seen.at), PER_PAGE).get_page(request.GET.get("page"))
    context = {"centre": centre, "page": page, "roles": ROLES, "at": seen.at}
    return render(request, "partners/centre-roles.jinja", context)


class GiveRole(View):
    """Give somebody who works at the centre a role of the whole of it."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the centre and its teams, for its manager."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.centre = get_centre_with_roles(self.seen.viewer, kwargs["slug"], self.seen.at)
        self.teams = list(directory.teams_at(self.centre, self.seen.at))

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(CentreRoleForm(teams=self.teams, today=self.seen.today))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Give it."""
        form = CentreRoleForm(request.POST, teams=self.teams, today=self.seen.today)
        if not form.is_valid():
            return self.page(form, status=422)
        user = queries.person_at(self.centre, form.cleaned_data["email"], self.seen.at)
        if user is None:
            form.add_error(
                "email", "Nobody with this address works here. Check it, or ask their employer to place them"
            )
            return self.page(form, status=422)
        team = self.team_of(user, form)
        if team is None:
            return self.page(form, status=422)
        try:
            centre_roles.give_centre_role(
                user=user,
                team=team,
                role=form.cleaned_data["role"],
                starts_at=self.seen.at,
                ends_at=end_of(form.cleaned_data["until"]),
                by=Actor.user(self.seen.user),
                at=self.seen.at,
            )
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=422)
        messages.success(request, f"{user.name} is now {ROLES[form.cleaned_data['role']].name.lower()}")
        return redirect("partners:centre-roles", self.centre.slug)

    def team_of(self, user: User, form: CentreRoleForm) -> Team | None:
        """Return the team for which a person gets the role; None where the form has to say which, or says another's."""
        own = queries.teams_of(user, self.centre, self.seen.at)
        chosen = form.cleaned_data["team"]
        found = [team for team in own if str(team.pk) == chosen] if chosen else own
        if len(found) == 1:
            return found[0]
        names = ", ".join(team.name for team in own)
        form.add_error("team", f"Select one of the teams in which {user.name} works: {names}")
        return None

    def page(self, form: CentreRoleForm, *, status: int = 200) -> HttpResponse:
        """Render the form, with what each role may do."""
        context = {"centre": self.centre, "form": form, "roles": [ROLES[code] for code in CENTRES_GIVE]}
        return render(self.request, "partners/centre-role-give.jinja", context, status=status)


class EndRole(View):
    """End somebody's role of the whole centre, after asking."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load who holds which role, for the centre's manager."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.holding = get_role_to_end(self.seen.viewer, kwargs["slug"], int(kwargs["holding_id"]), self.seen.at)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask."""
        return self.page()

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """End it, or say what has to come first."""
        try:
            centre_roles.end_centre_role(placement=self.holding, by=Actor.user(self.seen.user), at=self.seen.at)
        except ValidationError as error:
            return self.page(problem=error.messages[0], status=409)
        name, role = self.holding.user.name, ROLES[self.holding.role].name.lower()
        messages.success(request, f"{name} is no longer {role}")
        if self.holding.user_id == self.seen.user.pk:
            return redirect("home")
        return redirect("partners:centre-roles", self.holding.team.centre.slug)

    def page(self, *, problem: str = "", status: int = 200) -> HttpResponse:
        """Render the question."""
        context = {
            "centre": self.holding.team.centre,
            "holding": self.holding,
            "held": ROLES[self.holding.role],
            "problem": problem,
        }
        return render(self.request, "partners/centre-role-end.jinja", context, status=status)
