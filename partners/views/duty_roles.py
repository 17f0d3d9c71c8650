"""The duty roles of a centre, for those who look after its rota."""

from collections.abc import Callable, Mapping

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify

from partners import permissions
from partners.forms.people import refuse
from partners.forms.rota import WEEKDAYS, CoverHoursForm, DutyRoleForm
from partners.models import DutyRole
from partners.queries import rota as queries
from partners.services import duty_roles
from partners.services.duty_roles import StaleDutyRoleError
from partners.views.shifts import RotaPage, version_of


class DutyRoles(RotaPage):
    """The list, with the form that adds one."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the rota, for those who manage all of it."""
        self.access = permissions.get_rota_to_manage(self.seen.viewer, named["slug"], self.seen.at)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """List the duty roles in use."""
        return self.page(DutyRoleForm(others=self.roles()))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Add one, and go on to its hours."""
        form = DutyRoleForm(request.POST, others=self.roles())
        if not form.is_valid():
            return self.page(form, status=422)
        code = slugify(form.cleaned_data["name"])[:40].strip("-")
        if not code:
            form.add_error("name", "The name must have letters or digits")
            return self.page(form, status=422)
        try:
            role = duty_roles.add_duty_role(
                centre=self.access.centre,
                code=code,
                name=form.cleaned_data["name"],
                what_for=form.cleaned_data["what_for"],
                deputy=form.deputy(),
                position=form.cleaned_data["position"],
                by=self.by,
                at=self.seen.at,
            )
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=422)
        messages.success(request, f"{role.name} is a duty role. Say when somebody must be on")
        return redirect("partners:duty-role-hours", self.access.centre.slug, role.code)

    def page(self, form: DutyRoleForm, *, status: int = 200) -> HttpResponse:
        """Render the list."""
        listed = [(role, hours_words(role)) for role in queries.duty_roles(self.access.centre, self.seen.at)]
        return self.show("partners/rota/duty-roles.jinja", form=form, roles=listed, status=status)


class OneDutyRole(RotaPage):
    """A duty role in use; the base of the pages that change it."""

    role: DutyRole
    template: str

    def load(self, named: Mapping[str, str]) -> None:
        """Load the duty role."""
        self.access, self.role = permissions.get_duty_role_to_change(
            self.seen.viewer, named["slug"], named["code"], self.seen.at
        )

    def page(self, form: forms.Form, *, status: int = 200) -> HttpResponse:
        """Render the form with the version it was made from."""
        version = version_of(self.request.POST) if self.request.method == "POST" else self.role.version
        return self.show(self.template, form=form, role=self.role, version=version, status=status)

    def stale(self, form: forms.Form, current: DutyRole) -> HttpResponse:
        """Show what stands now beside what was typed."""
        return self.show(
            self.template,
            form=form,
            role=current,
            version=current.version,
            changed=current,
            hours=hours_words(current),
            status=409,
        )

    def change(self, form: forms.Form, act: Callable[[], DutyRole], words: str) -> HttpResponse:
        """Do what was asked and return to the list; show the form again where somebody was first or a rule refuses.

        `words` say what was done; `{}` in them is the duty role.
        """
        try:
            role = act()
        except StaleDutyRoleError as error:
            return self.stale(form, error.current)
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=422)
        messages.success(self.request, words.format(role.name))
        return redirect("partners:duty-roles", self.access.centre.slug)


class EditDutyRole(OneDutyRole):
    """The words about a duty role, and its deputy."""

    template = "partners/rota/duty-role-edit.jinja"

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(DutyRoleForm(others=self.roles(), role=self.role))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store it."""
        form = DutyRoleForm(request.POST, others=self.roles(), role=self.role)
        if not form.is_valid():
            return self.page(form, status=422)
        return self.change(
            form,
            lambda: duty_roles.edit_duty_role(
                duty_role=self.role,
                version=version_of(request.POST),
                name=form.cleaned_data["name"],
                what_for=form.cleaned_data["what_for"],
                deputy=form.deputy(),
                position=form.cleaned_data["position"],
                by=self.by,
                at=self.seen.at,
            ),
            "{} is up to date",
        )


class CoverHours(OneDutyRole):
    """When somebody must be on."""

    template = "partners/rota/duty-role-hours.jinja"

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the hours."""
        return self.page(CoverHoursForm(role=self.role))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the hours."""
        form = CoverHoursForm(request.POST, role=self.role)
        cover = form.hours() if form.is_valid() else []
        if form.errors:
            return self.page(form, status=422)
        return self.change(
            form,
            lambda: duty_roles.set_cover(
                duty_role=self.role,
                version=version_of(request.POST),
                round_the_clock=form.cleaned_data["round_the_clock"],
                cover=cover,
                by=self.by,
                at=self.seen.at,
            ),
            "The hours of {} are up to date",
        )


class RetireDutyRole(OneDutyRole):
    """End a duty role, after asking."""

    template = "partners/rota/duty-role-retire.jinja"

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask."""
        return self.page(forms.Form())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Retire it."""
        form = forms.Form(request.POST)
        return self.change(
            form,
            lambda: duty_roles.retire_duty_role(
                duty_role=self.role, version=version_of(request.POST), by=self.by, at=self.seen.at
            ),
            "{} is retired",
        )


def hours_words(role: DutyRole) -> list[str]:
    """Return when somebody must be on, a line a weekday."""
    if role.round_the_clock:
        return ["Round the clock"]
    found: dict[int, list[str]] = {}
    for each in role.cover.all():
        found.setdefault(each.weekday, []).append(f"{each.starts:%H:%M} to {each.ends:%H:%M}")
    return [f"{WEEKDAYS[number]} {', '.join(found[number])}" for number in sorted(found)] or ["No set hours"]
