"""Teams of a centre: added for a partner, and closed."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from nhc.actors import Actor
from partners import permissions
from partners.forms import AddTeamForm
from partners.forms.people import refuse
from partners.queries import directory as queries
from partners.services import organisations, teams
from partners.views.access import visit


class AddTeam(View):
    """Add a team of a partner to the centre."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the centre, for those who look after its teams."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.centre = permissions.get_directory_to_manage(self.seen.viewer, kwargs["slug"], self.seen.at)
        self.partners = queries.partners_at(self.centre, self.seen.at)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(AddTeamForm(organisations=self.partners))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Add it."""
        form = AddTeamForm(request.POST, organisations=self.partners)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            team = organisations.add_team(
                organisation=form.organisation(),
                centre=self.centre,
                name=form.cleaned_data["name"],
                purpose=form.cleaned_data["purpose"],
                telephone=form.cleaned_data["telephone"],
                email=form.cleaned_data["email"],
                place=form.cleaned_data["place"],
                hours=form.cleaned_data["hours"],
                by=Actor.user(self.seen.user),
                at=self.seen.at,
            )
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=422)
        messages.success(request, f"{team.name} is in the directory")
        return redirect("partners:team", self.centre.slug, team.pk)

    def page(self, form: AddTeamForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        return render(self.request, "partners/team-add.jinja", {"centre": self.centre, "form": form}, status=status)


class CloseTeam(View):
    """Close a team, after asking."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the team, for those who look after the centre's teams."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.team = permissions.get_team_to_close(
            self.seen.viewer, kwargs["slug"], int(kwargs["team_id"]), self.seen.at
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask."""
        return self.page()

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Close it, or say what has to come first."""
        try:
            teams.close(team=self.team, by=Actor.user(self.seen.user), at=self.seen.at)
        except ValidationError as error:
            return self.page(problem=error.messages[0], status=409)
        messages.success(request, f"{self.team.name} is closed")
        return redirect("partners:directory", self.team.centre.slug)

    def page(self, *, problem: str = "", status: int = 200) -> HttpResponse:
        """Render the question, with what is in the way."""
        context = {"centre": self.team.centre, "team": self.team, "problem": problem}
        return render(self.request, "partners/team-close.jinja", context, status=status)
