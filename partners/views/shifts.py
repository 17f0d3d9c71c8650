"""Shifts of a centre's rota: added, corrected, covered, cancelled."""

from collections.abc import Mapping
from datetime import date, datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from nhc.actors import Actor
from partners import permissions
from partners.forms.people import refuse
from partners.forms.rota import CancelForm, CoverForm, ShiftForm, clocks_of, wall
from partners.hours import LONDON, operational_date
from partners.models import Centre, DutyRole, Shift
from partners.permissions import RotaAccess
from partners.queries import rota as queries
from partners.queries import swaps as swap_queries
from partners.queries.swaps import Available
from partners.services import shifts
from partners.services.shifts import Duty, StaleShiftError
from partners.views.access import visit
from partners.views.rota_wording import shift_words, times


def rota_address(centre: Centre, at: datetime) -> str:
    """Return the address of the week of the rota in which an instant lies."""
    year, number, _ = operational_date(at, centre.day_starts).isocalendar()
    return f"{reverse('partners:rota', args=[centre.slug])}?week={year}-W{number:02}"


def version_of(data: Mapping[str, object]) -> int:
    """Return the version that a form was made from; 0, which nothing has, where it names none."""
    text = str(data.get("version", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


class RotaPage(View):
    """A page about the rota of one centre, for those who may change some of it; the base of every one here."""

    http_method_names = ["get", "head", "post"]
    access: RotaAccess

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load what the address names, for those who may change it."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.load(kwargs)

    def load(self, named: Mapping[str, str]) -> None:
        """Load the rota."""
        self.access = permissions.get_rota_to_change(self.seen.viewer, named["slug"], self.seen.at)

    @property
    def by(self) -> Actor:
        """Return the person as services know them."""
        return Actor.user(self.seen.user)

    def people(self) -> list[Available]:
        """Return those whom the person may put on."""
        only = None if self.access.manages else self.access.organisations
        return swap_queries.available(self.access.centre, self.seen.at, organisations=only)

    def roles(self) -> list[DutyRole]:
        """Return the duty roles in use."""
        return queries.duty_roles(self.access.centre, self.seen.at)

    def show(self, template: str, *, status: int = 200, **context: object) -> HttpResponse:
        """Render a page of this centre."""
        words = {"shift_words": shift_words, "times": times, "at": self.seen.at}
        return render(self.request, template, words | {"centre": self.access.centre} | context, status=status)


class AddShift(RotaPage):
    """Put somebody on. With `starts` and `ends` in the address it fills a gap, and asks why."""

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form, with what the address names filled in."""
        return self.page(self.form())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Add the shift."""
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        duty = duty_typed(form, self.roles())
        try:
            if self.covering():
                shifts.cover_gap(duty=duty, reason=form.cleaned_data["reason"], by=self.by, at=self.seen.at)
            else:
                shifts.add_shift(duty=duty, by=self.by, at=self.seen.at)
        except ValidationError as error:
            refuse_shift(form, error)
            return self.page(form, status=422)
        messages.success(request, f"{duty.user.name} is on the rota")
        return redirect(rota_address(self.access.centre, duty.starts_at))

    def covering(self) -> bool:
        """Whether the shift fills a gap."""
        return "ends" in self.request.GET

    def form(self, data: Mapping[str, object] | None = None) -> ShiftForm:
        """Return the form; unknown or unreadable parts of the address are passed over."""
        asked = self.request.GET
        initial: dict[str, object] = {"duty_role": asked.get("duty", "")}
        for name in ("starts", "ends"):
            at = _instant(asked.get(name, ""))
            if at is not None:
                initial |= {name: wall(at), f"{name}_clocks": clocks_of(at)}
                initial |= {"day": at.astimezone(LONDON).date()} if name == "starts" else {}
        day = _day(asked.get("day", ""))
        initial |= {"day": day} if day else {}
        return ShiftForm(data, people=self.people(), roles=self.roles(), initial=initial, covering=self.covering())

    def page(self, form: ShiftForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        return self.show("partners/rota/shift-add.jinja", form=form, covering=self.covering(), status=status)


class OneShift(RotaPage):
    """One shift of the rota that is neither cancelled nor over."""

    shift: Shift

    def load(self, named: Mapping[str, str]) -> None:
        """Load the shift."""
        self.access, self.shift = permissions.get_shift_to_change(
            self.seen.viewer, named["slug"], int(named["shift_id"]), self.seen.at
        )

    def closed(self) -> HttpResponse | None:
        """Return the page that says why nothing can be changed any more, if so."""
        if self.shift.cancelled_at is None and self.shift.ends_at > self.seen.at:
            return None
        return self.show("partners/rota/shift-closed.jinja", shift=self.shift, status=409)

    def stale(self, template: str, form: forms.Form, current: Shift) -> HttpResponse:
        """Show the shift as it is now beside what was typed, which stays; saving again is then a choice."""
        return self.show(template, form=form, shift=current, version=current.version, changed=current, status=409)

    def back(self) -> HttpResponse:
        """Return to the shift's week."""
        return redirect(rota_address(self.access.centre, self.shift.starts_at))

    def version(self) -> int:
        """Return the version that the page was made from."""
        return version_of(self.request.POST) if self.request.method == "POST" else self.shift.version


class EditShift(OneShift):
    """Correct a shift."""

    template = "partners/rota/shift-edit.jinja"

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.closed() or self.page(self.form())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the correction."""
        if (closed := self.closed()) is not None:
            return closed
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        duty = duty_typed(form, self.roles())
        try:
            self.shift = shifts.edit_shift(
                shift=self.shift, version=self.version(), duty=duty, by=self.by, at=self.seen.at
            )
        except StaleShiftError as error:
            return self.stale(self.template, form, error.current)
        except ValidationError as error:
            refuse_shift(form, error)
            return self.page(form, status=422)
        messages.success(request, "The shift is up to date")
        return self.back()

    def form(self, data: Mapping[str, object] | None = None) -> ShiftForm:
        """Return the form."""
        people = self.people()
        own = Available(self.shift.user, self.shift.team)
        # Whoever has the shift stays a choice, even where their placement has ended.
        if own not in people:
            people = [own, *people]
        return ShiftForm(data, people=people, roles=self.roles(), shift=self.shift)

    def page(self, form: ShiftForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        return self.show(self.template, form=form, shift=self.shift, version=self.version(), status=status)


class CoverShift(OneShift):
    """Let somebody else take the shift, or a part of it."""

    template = "partners/rota/shift-cover.jinja"

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.closed() or self.page(CoverForm(people=self.people(), shift=self.shift))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store who covers."""
        if (closed := self.closed()) is not None:
            return closed
        form = CoverForm(request.POST, people=self.people(), shift=self.shift)
        if not form.is_valid():
            return self.page(form, status=422)
        placed = form.placed()
        try:
            shifts.cover_shift(
                shift=self.shift,
                version=self.version(),
                user=placed.user,
                team=placed.team,
                starts_at=form.cleaned_data["starts_at"],
                ends_at=form.cleaned_data["ends_at"],
                reason=form.cleaned_data["reason"],
                by=self.by,
                at=self.seen.at,
            )
        except StaleShiftError as error:
            return self.stale(self.template, form, error.current)
        except ValidationError as error:
            refuse_shift(form, error)
            return self.page(form, status=422)
        messages.success(request, f"{placed.user.name} covers")
        return self.back()

    def page(self, form: CoverForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        return self.show(self.template, form=form, shift=self.shift, version=self.version(), status=status)


class CancelShift(OneShift):
    """Take a shift off the rota."""

    template = "partners/rota/shift-cancel.jinja"

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask why."""
        return self.closed() or self.page(CancelForm())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Cancel it."""
        if (closed := self.closed()) is not None:
            return closed
        form = CancelForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            shifts.cancel_shift(
                shift=self.shift,
                version=self.version(),
                why=form.cleaned_data["why"],
                by=self.by,
                at=self.seen.at,
            )
        except StaleShiftError as error:
            return self.stale(self.template, form, error.current)
        except ValidationError as error:
            refuse_shift(form, error)
            return self.page(form, status=422)
        messages.success(request, f"{self.shift.user.name} is off the rota for that time")
        return self.back()

    def page(self, form: CancelForm, *, status: int = 200) -> HttpResponse:
        """Render the question."""
        return self.show(self.template, form=form, shift=self.shift, version=self.version(), status=status)


def duty_typed(form: ShiftForm, roles: list[DutyRole]) -> Duty:
    """Return the duty that a valid form describes."""
    placed = form.placed()
    role = next(each for each in roles if each.code == form.cleaned_data["duty_role"])
    return Duty(placed.team, placed.user, role, form.cleaned_data["starts_at"], form.cleaned_data["ends_at"])


def refuse_shift(form: forms.Form, error: ValidationError) -> None:
    """Show what a service refused at the box that the page has for it."""
    if hasattr(error, "error_dict"):
        boxes = {"user": "person", "team": "person", "starts_at": "starts", "ends_at": "ends"}
        error = ValidationError({boxes.get(name, name): said for name, said in error.message_dict.items()})
    refuse(form, error)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return found if found.tzinfo is not None and 2000 <= found.year <= 2200 else None


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None
