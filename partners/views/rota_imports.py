"""Rotas from employers' own systems: files with a preview, and calendars that are read by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from nhc.formats import counted
from partners import permissions
from partners.formats.calendars import read_calendar
from partners.formats.rotas import COLUMNS, Entry, Finding, UnreadableRotaError, read_rota
from partners.forms.rota import FeedForm, ImportForm
from partners.models import DutyRole, Shift, Team
from partners.queries import directory, rota_sources
from partners.services import calendar_feeds, rota_imports
from partners.services.rota_imports import Origin, Plan
from partners.views.shifts import RotaPage, refuse_shift

_SALT = "rota import:1"
_WAITS = 3600
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file that was read: what it asks for, and for which team and duty role where it does not say."""

    source: str
    team: int | None
    duty_role: str
    entries: list[Entry]
    seen: str = ""


class ImportRota(RotaPage):
    """Choose a file, see what it would change, make it so. What was chosen travels signed in the page itself."""

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(self.form())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show what a chosen file would change, or carry out what was shown."""
        if "chosen" in request.POST:
            return self.confirm(str(request.POST["chosen"]))
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            chosen, findings = self.read(form)
        except UnreadableRotaError as error:
            form.add_error("file", str(error))
        if form.errors:
            return self.page(form, status=422)
        return self.preview(chosen, findings)

    def read(self, form: ImportForm) -> tuple[Chosen, list[Finding]]:
        """Return what the file asks for; a calendar needs a team and a duty role."""
        file: UploadedFile[bytes] = form.cleaned_data["file"]
        body = file.read()
        if not body.lstrip(b"\xef\xbb\xbf \r\n").upper().startswith(b"BEGIN:VCALENDAR"):
            entries, findings = read_rota(body)
            return Chosen(Shift.Source.CSV, None, "", entries), findings
        team, role = form.cleaned_data["team"], form.cleaned_data["duty_role"]
        if not team:
            form.add_error("team", "Select the team whose calendar this is")
        if not role:
            form.add_error("duty_role", "Select the duty role that the calendar is for")
        ahead = self.seen.at + calendar_feeds.AHEAD
        entries, findings = read_calendar(body, start=self.seen.at, end=ahead)
        return Chosen(Shift.Source.ICALENDAR, int(team) if team else None, role, entries), findings

    def origin(self, chosen: Chosen) -> Origin | None:
        """Return where the entries come from; None where its team or duty role is there no more."""
        team = next((each for each in self.teams() if each.pk == chosen.team), None)
        role = next((each for each in self.roles() if each.code == chosen.duty_role), None)
        if chosen.source == Shift.Source.ICALENDAR and (team is None or role is None):
            return None
        allowed = None if self.access.manages else frozenset(each.pk for each in self.teams())
        return Origin(self.access.centre, Shift.Source(chosen.source), team, role, teams=allowed)

    def preview(
        self, chosen: Chosen, findings: list[Finding], *, said: str = "", status: int | None = None
    ) -> HttpResponse:
        """Show what would change, and everything that is wrong."""
        origin = self.origin(chosen)
        if origin is None:
            return self.page(self.form(), status=409)
        made = rota_imports.plan(origin=origin, entries=chosen.entries, findings=findings, at=self.seen.at)
        seen = Chosen(chosen.source, chosen.team, chosen.duty_role, chosen.entries, made.fingerprint)
        ready = not made.refused and made.changes > 0
        return self.show(
            "partners/rota/import-preview.jinja",
            plan=made,
            shown=_SHOWN,
            said=said,
            chosen=_sealed(seen) if ready else "",
            status=status or (422 if made.refused else 200),
        )

    def confirm(self, sealed: str) -> HttpResponse:
        """Carry out what was shown; show it again where the rota would change otherwise by now."""
        chosen = _opened(sealed)
        origin = None if chosen is None else self.origin(chosen)
        if chosen is None or origin is None:
            form = self.form()
            messages.error(self.request, "That preview is too old. Choose the file again")
            return self.page(form, status=409)
        made = rota_imports.plan(origin=origin, entries=chosen.entries, findings=[], at=self.seen.at)
        if made.fingerprint != chosen.seen:
            said = "The rota was changed meanwhile. This is what the file would change now."
            return self.preview(chosen, [], said=said, status=409)
        try:
            rota_imports.carry_out(origin=origin, made=made, by=self.by, at=self.seen.at)
        except ValidationError as error:
            return self.preview(chosen, [], said=" ".join(error.messages), status=409)
        messages.success(self.request, _done(made))
        return redirect("partners:rota", self.access.centre.slug)

    def teams(self) -> list[Team]:
        """Return the open teams whose shifts the person may change."""
        found = directory.teams_at(self.access.centre, self.seen.at)
        return [team for team in found if self.access.may_change(team)]

    def form(
        self, data: Mapping[str, object] | None = None, files: "Mapping[str, UploadedFile[bytes]] | None" = None
    ) -> ImportForm:
        """Return the form."""
        return ImportForm(data, files, teams=self.teams(), roles=self.roles())

    def page(self, form: ImportForm, *, status: int = 200) -> HttpResponse:
        """Render the form, with an example."""
        feeds = [each for each in rota_sources.feeds_of(self.access.centre) if self.access.may_change(each.team)]
        return self.show("partners/rota/import.jinja", form=form, columns=COLUMNS, feeds=feeds, status=status)


class AddFeed(ImportRota):
    """Read a calendar by itself from now on."""

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.feed_page(FeedForm(teams=self.teams(), roles=self.roles()))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Add it. The next round of reading takes it, within 15 minutes."""
        form = FeedForm(request.POST, teams=self.teams(), roles=self.roles())
        if not form.is_valid():
            return self.feed_page(form, status=422)
        team = next(each for each in self.teams() if str(each.pk) == form.cleaned_data["team"])
        role = _role(self.roles(), form.cleaned_data["duty_role"])
        try:
            calendar_feeds.add_feed(
                team=team, duty_role=role, url=form.cleaned_data["url"], by=self.by, at=self.seen.at
            )
        except ValidationError as error:
            refuse_shift(form, error)
            return self.feed_page(form, status=422)
        messages.success(request, f"The calendar of {team.name} is read within 15 minutes")
        return redirect("partners:rota-import", self.access.centre.slug)

    def feed_page(self, form: FeedForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        return self.show("partners/rota/feed-add.jinja", form=form, status=status)


class EndFeed(RotaPage):
    """Read a calendar no more, after asking."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the calendar."""
        self.access, self.feed = permissions.get_feed_to_change(
            self.seen.viewer, named["slug"], int(named["feed_id"]), self.seen.at
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask."""
        return self.show("partners/rota/feed-end.jinja", feed=self.feed)

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """End it."""
        calendar_feeds.end_feed(feed=self.feed, by=self.by, at=self.seen.at)
        messages.success(request, "The calendar is read no more. Its shifts stay on the rota")
        return redirect(reverse("partners:rota-import", args=[self.access.centre.slug]))


def _role(roles: list[DutyRole], code: str) -> DutyRole:
    return next(each for each in roles if each.code == code)


def _sealed(chosen: Chosen) -> str:
    return signing.dumps(msgspec.json.encode(chosen).decode(), salt=_SALT, compress=True)


def _opened(sealed: str) -> Chosen | None:
    try:
        return msgspec.json.decode(signing.loads(sealed, salt=_SALT, max_age=_WAITS), type=Chosen)
    except (signing.BadSignature, msgspec.DecodeError, ValueError, TypeError):
        return None


def _done(made: Plan) -> str:
    said = f"{counted(len(made.add), 'shift')} added, {len(made.change)} changed, {made.unchanged} as before"
    return f"{said}, {len(made.kept)} left as changed here" if made.kept else said
