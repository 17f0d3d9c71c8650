"""An organisation's own people, for its administrators: who they are, where they work, and when that ends."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View
from django.views.decorators.http import require_http_methods, require_safe

from nhc import searches
from nhc.access import EMPLOYERS_GIVE, ROLES
from nhc.models import User
from partners import permissions
from partners.forms import EndForm, LineManagerForm, PlaceForm
from partners.forms.people import end_of, refuse, start_of
from partners.models import Employment, Organisation
from partners.permissions import NotVisible
from partners.queries import staff
from partners.services import accounts, people
from partners.views.access import visit

PER_PAGE = 50


@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """Lead to the people of the one organisation, or list those whose people the person looks after."""
    seen = visit(request)
    found = permissions.administered_organisations(seen.viewer, seen.at)
    if len(found) == 1:
        return redirect("partners:people", found[0].code)
    return render(request, "partners/organisations.jinja", {"organisations": found})


@require_http_methods(["GET", "HEAD", "POST"])
def people_list(request: HttpRequest, code: str) -> HttpResponse:
    """List the organisation's people by name, with a search over names and addresses."""
    seen = visit(request)
    organisation = permissions.get_administered_organisation(seen.viewer, code, seen.at)
    search = f"people {organisation.pk}"
    if request.method == "POST":
        searches.keep_words(request, search)
        return redirect("partners:people", organisation.code)
    sought = searches.words(request, search)
    found = staff.people_of(organisation, seen.at, sought=sought)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "organisation": organisation,
        "colleagues": staff.colleagues(organisation, page.object_list, seen.at),
        "page": page,
        "sought": sought,
        "roles": ROLES,
        "at": seen.at,
    }
    return render(request, "partners/people.jinja", context)


class OnColleague(View):
    """A page about one of the organisation's own people; of anybody else's it is absent."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the person, for the organisation's administrators."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.organisation, self.colleague = permissions.get_colleague_for(
            self.seen.viewer, kwargs["code"], int(kwargs["user_id"]), self.seen.at
        )

    @property
    def user(self) -> User:
        """Return the person whom the page is about."""
        return self.colleague.user

    def employment(self) -> Employment:
        """Return the person's employment; NotVisible for a volunteer."""
        if self.colleague.employment is None:
            raise NotVisible
        return self.colleague.employment

    def page(self, template: str, form: Form | None = None, *, status: int = 200, **more: object) -> HttpResponse:
        """Render a page about the person."""
        context = {
            "organisation": self.organisation,
            "colleague": self.colleague,
            "form": form,
            "roles": ROLES,
            "at": self.seen.at,
        }
        return render(self.request, template, context | more, status=status)

    def done(self, message: str) -> HttpResponse:
        """Go back to the person's page, or to the list where they are not one of the organisation's people any more."""
        messages.success(self.request, message)
        return back_to(self.organisation, self.user, self.seen.at)


def back_to(organisation: Organisation, user: User, at: datetime) -> HttpResponse:
    """Lead to the person's page while they are one of the organisation's people, else to the list."""
    if staff.person_of(organisation, user.pk, at) is None:
        return redirect("partners:people", organisation.code)
    return redirect("partners:person", organisation.code, user.pk)


def manager_named(email: str, organisation: Organisation, at: datetime) -> User | None:
    """Return the employee with an address; None for no address.

    ValidationError for an address of nobody here, which says nothing of whether it is somebody's elsewhere.
    """
    if not email:
        return None
    found = staff.employee_by_email(email, organisation, at)
    if found is None:
        raise ValidationError({"line_manager": f"Enter the email address of someone {organisation.name} employs"})
    return found


class PersonPage(OnColleague):
    """What the organisation knows of one of its people."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show employment and placements."""
        return self.page("partners/person.jinja")


class PlacePerson(OnColleague):
    """Give someone a role in one of the organisation's teams."""

    def form(self, data: object = None) -> PlaceForm:
        """Return the form with the organisation's teams."""
        return PlaceForm(data, teams=self.teams, today=self.seen.today)  # type: ignore[arg-type]  # a QueryDict

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the teams."""
        super().setup(request, *args, **kwargs)
        self.teams = staff.teams_of(self.organisation, self.seen.at)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.ask(self.form())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the placement."""
        form = self.form(request.POST)
        if form.is_valid():
            try:
                return self.place(form)
            except ValidationError as error:
                refuse(form, error)
        return self.ask(form, status=422)

    def ask(self, form: PlaceForm, *, status: int = 200) -> HttpResponse:
        """Show the form, with what each role that an administrator gives may do."""
        given = {code: role for code, role in ROLES.items() if code in EMPLOYERS_GIVE}
        return self.page("partners/person-place.jinja", form, teams=self.teams, roles=given, status=status)

    def place(self, form: PlaceForm) -> HttpResponse:
        """Raises ValidationError where the placement is refused."""
        data = form.cleaned_data
        team = next(team for team in self.teams if str(team.pk) == data["team"])
        people.add_membership(
            user=self.user,
            team=team,
            role=data["role"],
            starts_at=start_of(data["starts"], self.seen.at),
            ends_at=end_of(data["until"]),
            line_manager=manager_named(data["line_manager"], self.organisation, self.seen.at),
            by=self.seen.by(self.organisation),
            at=self.seen.at,
        )
        return self.done(f"{self.user.name} is placed in {team.name}")


class EndEmployment(OnColleague):
    """End someone's employment, and their placements in the organisation's teams with it."""

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask, naming what follows."""
        return self.ask(EndForm(today=self.seen.today))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """End it."""
        form = EndForm(request.POST, today=self.seen.today)
        if form.is_valid():
            try:
                people.end_employment(
                    employment=self.employment(),
                    ends_at=end_of(form.cleaned_data["last_day"]) or self.seen.at,
                    by=self.seen.by(self.organisation),
                    at=self.seen.at,
                )
            except ValidationError as error:
                refuse(form, error)
            else:
                return self.done(f"The employment of {self.user.name} ends as you said")
        return self.ask(form, status=422)

    def ask(self, form: EndForm, *, status: int = 200) -> HttpResponse:
        """Show which placements end and which stay."""
        placements = self.colleague.placements
        ours = [each for each in placements if each.team.organisation_id == self.organisation.pk]
        stay = [each for each in placements if each.team.organisation_id != self.organisation.pk]
        self.employment()
        return self.page("partners/employment-end.jinja", form, ours=ours, stay=stay, status=status)


class Administer(OnColleague):
    """Make someone an administrator of the organisation, or no more."""

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask."""
        return self.page("partners/administrator.jinja", Form(), employment=self.employment())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Do what the page asked, which may have been done already."""
        make = request.POST.get("administrator") == "1"
        form = Form(request.POST)
        try:
            people.set_administrator(
                employment=self.employment(),
                administrator=make,
                by=self.seen.by(self.organisation),
                at=self.seen.at,
            )
        except ValidationError as error:
            refuse(form, error)
            return self.page("partners/administrator.jinja", form, employment=self.employment(), status=422)
        if self.user.pk == self.seen.user.pk and not make:
            messages.success(request, f"You are no longer an administrator of {self.organisation.name}")
            return redirect("home")
        return self.done(f"{self.user.name} is {'now' if make else 'no longer'} an administrator")


class EndSessions(OnColleague):
    """Sign someone out everywhere, as when a device of theirs is lost."""

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask."""
        return self.page("partners/sessions-end.jinja", Form())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Do it; asked twice, nobody is signed in to be signed out."""
        accounts.end_sessions(user=self.user, by=self.seen.by(self.organisation), at=self.seen.at)
        return self.done(f"{self.user.name} is signed out everywhere")


class SetLineManager(OnColleague):
    """Say who someone's home line manager is."""

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form with who it is now."""
        manager = self.employment().line_manager
        form = LineManagerForm(initial={"line_manager": "" if manager is None else manager.email})
        return self.page("partners/line-manager.jinja", form)

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store it."""
        form = LineManagerForm(request.POST)
        if form.is_valid():
            try:
                people.set_line_manager(
                    employment=self.employment(),
                    line_manager=manager_named(form.cleaned_data["line_manager"], self.organisation, self.seen.at),
                    by=self.seen.by(self.organisation),
                    at=self.seen.at,
                )
            except ValidationError as error:
                refuse(form, error)
            else:
                return self.done(f"The line manager of {self.user.name} is changed")
        return self.page("partners/line-manager.jinja", form, status=422)


class EndPlacement(View):
    """End someone's placement, after asking."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the placement, for administrators of the team's organisation or of the employer."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.organisation, self.placement = permissions.get_placement_for(
            self.seen.viewer, kwargs["code"], int(kwargs["placement_id"]), self.seen.at
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask, naming what follows."""
        return self.page(EndForm(today=self.seen.today))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """End it."""
        form = EndForm(request.POST, today=self.seen.today)
        if form.is_valid():
            try:
                people.end_membership(
                    membership=self.placement,
                    ends_at=end_of(form.cleaned_data["last_day"]) or self.seen.at,
                    by=self.seen.by(self.organisation),
                    at=self.seen.at,
                )
            except ValidationError as error:
                refuse(form, error)
            else:
                name, team = self.placement.user.name, self.placement.team.name
                messages.success(request, f"The placement of {name} in {team} ends as you said")
                return back_to(self.organisation, self.placement.user, self.seen.at)
        return self.page(form, status=422)

    def page(self, form: EndForm, *, status: int = 200) -> HttpResponse:
        """Render the question."""
        context = {
            "organisation": self.organisation,
            "placement": self.placement,
            "held": ROLES[self.placement.role],
            "form": form,
            "back": reverse("partners:person", args=[self.organisation.code, self.placement.user_id]),
        }
        return render(self.request, "partners/placement-end.jinja", context, status=status)
