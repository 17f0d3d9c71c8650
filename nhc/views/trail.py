"""Pages of the audit trail, for those who may read it. Every look is an event of the trail itself."""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import cast
from urllib.parse import urlencode

import msgspec
from asgiref.sync import sync_to_async
from defusedcsv import csv as safe_csv
from django import forms
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from nhc import clock, searches, trail
from nhc.actors import Actor
from nhc.clock import LONDON
from nhc.forms import DateField, SelectField, TextField
from nhc.models import User
from nhc.navigation import Item
from nhc.trail import Entry, Filters, Place, Scope

EXPORTED = 100_000
"""Rows of one export; narrower dates lead to older ones."""

_COLUMNS = ("event", "at", "who", "verb", "subject", "identifier", "centre", "organisation", "details", "request")
_FIRST, _LAST = date(2000, 1, 1), date(2100, 12, 31)
_SEARCH = "audit"
_TOO_SLOW = "This takes too long to find. Choose dates that are closer together, or a centre."


class FilterForm(forms.Form):
    """What to show of the trail. Every field may stay empty."""

    who = TextField(
        label="Who",
        hint="An email address, the first 8 characters of an API key, or a part of the system",
        max_length=254,
        required=False,
    )
    verb = TextField(label="What was done", hint="For example figure.corrected", max_length=60, required=False)
    subject = TextField(label="Kind of record", hint="For example submission", max_length=60, required=False)
    subject_id = TextField(label="Identifier of the record", max_length=64, required=False)
    organisation = TextField(label="Organisation's code", max_length=16, required=False)
    since = DateField(label="From", named="the first day", required=False, earliest=_FIRST, latest=_LAST)
    until = DateField(
        label="Until, that day included", named="the last day", required=False, earliest=_FIRST, latest=_LAST
    )

    def __init__(self, data: Mapping[str, object], *, scope: Scope) -> None:
        super().__init__(data)
        if len(scope.centres) > 1:
            choices = [("", "All that you may see"), *((slug, slug) for slug in sorted(scope.centres))]
            self.fields["centre"] = SelectField(label="Centre", choices=choices, required=False)

    def clean(self) -> dict[str, object]:
        """Refuse days in the wrong order, and text that no record can hold."""
        given: dict[str, object] = super().clean() or self.cleaned_data
        since, until = given.get("since"), given.get("until")
        if since and until and cast("datetime", since) > cast("datetime", until):
            self.add_error("until", "The last day must be the first day or later")
        return given

    def parts(self) -> list[str]:
        """Return the names of what a browser sends: a date has three parts."""
        dates = {name for name, field in self.fields.items() if isinstance(field, DateField)}
        whole = [name for name in self.fields if name not in dates]
        return whole + [f"{name}-{part}" for name in sorted(dates) for part in ("day", "month", "year")]

    def filters(self) -> Filters:
        """Return what was asked for; days are those of Europe/London."""
        given = self.cleaned_data
        words = {name: given.get(name) or "" for name in ("who", "verb", "subject", "subject_id", "organisation")}
        until = given.get("until")
        return Filters(
            **words,
            centre=given.get("centre") or "",
            since=datetime.combine(given["since"], time(), LONDON) if given.get("since") else None,
            until=datetime.combine(until + timedelta(days=1), time(), LONDON) if until else None,
        )


@require_http_methods(["GET", "HEAD", "POST"])
def trail_page(request: HttpRequest) -> HttpResponse:
    """Show the newest events that the filters leave; POST sets the filters, which the session keeps."""
    user, at, scope = _reader(request)
    form = FilterForm(searches.kept(request, _SEARCH), scope=scope)
    if request.method == "POST":
        sent = searches.given(request, form.parts())
        form = FilterForm(sent, scope=scope)
        if form.is_valid():
            searches.keep(request, _SEARCH, sent)
            return redirect("audit")
    if not form.is_valid():
        return render(request, "nhc/trail.jinja", {"form": form, "entries": []}, status=422)
    filters = form.filters()
    trail.record_look(scope=scope, filters=filters, verb="audit.read", by=Actor.user(user), at=at)
    return _page(request, scope, filters, "nhc/trail.jinja", form=form, filtered=filters != Filters())


@require_safe
def record_page(request: HttpRequest, subject: str, subject_id: str) -> HttpResponse:
    """Show who looked at one record and who changed it, newest first."""
    user, at, scope = _reader(request)
    if "\0" in subject + subject_id:
        raise Http404
    filters = Filters(subject=subject, subject_id=subject_id)
    trail.record_look(scope=scope, filters=filters, verb="audit.read-record", by=Actor.user(user), at=at)
    return _page(request, scope, filters, "nhc/trail-record.jinja", subject=subject, subject_id=subject_id)


@require_safe
def trail_export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Send what the filters leave as a table, newest first, as it is read."""
    user, at, scope = _reader(request)
    form = FilterForm(searches.kept(request, _SEARCH), scope=scope)
    if not form.is_valid():
        return render(request, "nhc/trail.jinja", {"form": form, "entries": []}, status=422)
    filters = form.filters()
    trail.record_look(scope=scope, filters=filters, verb="audit.exported", by=Actor.user(user), at=at)
    name = f"audit-{clock.london_date(at).isoformat()}.csv"
    lines = _lines(scope, filters)
    return StreamingHttpResponse(
        _awaited(lines) if isinstance(request, ASGIRequest) else lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def items(request: HttpRequest) -> list[Item]:
    """Return the way to the trail, for those whom an app above says that they may read it."""
    if not trail.may_read(cast("User", request.user), clock.now()):
        return []
    address = reverse("audit")
    return [Item("Audit", address, current=request.path.startswith(address))]


def _reader(request: HttpRequest) -> tuple[User, datetime, Scope]:
    """Return who reads, when, and what; PermissionDenied for those who may read nothing of it."""
    user, at = cast("User", request.user), clock.now()
    scope = trail.scope_of(user, at)
    if not scope:
        raise PermissionDenied
    return user, at, scope


def _page(request: HttpRequest, scope: Scope, filters: Filters, template: str, **context: object) -> HttpResponse:
    before = Place.parse(request.GET.get("before", ""))
    try:
        found = trail.page(scope, filters, before=before)
    except trail.TooSlow:
        return render(request, template, {**context, "entries": [], "problem": _TOO_SLOW}, status=422)
    older = "?" + urlencode({"before": found.older}) if found.older else ""
    links = {"older": older, "newest": request.path if before else ""}
    return render(request, template, {**context, **links, "entries": found.entries, "limit": EXPORTED})


def _lines(scope: Scope, filters: Filters) -> Iterator[bytes]:
    """Yield the table in pieces of a few hundred rows. Cells that a spreadsheet would calculate are defused."""
    buffer = io.StringIO()
    writer = safe_csv.writer(buffer, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(_COLUMNS)
    try:
        for number, entry in enumerate(trail.every(scope, filters, limit=EXPORTED), start=1):
            writer.writerow(_cells(entry))
            if number % 500 == 0:
                yield _emptied(buffer)
    except trail.TooSlow:
        writer.writerow([f"This export is not complete. {_TOO_SLOW}"])
    yield _emptied(buffer) or b"\n"


async def _awaited(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the same pieces to an asynchronous server, which would otherwise hold all of them before it sends one."""

    def following() -> bytes:
        return next(lines, b"")

    while piece := await sync_to_async(following)():
        yield piece


def _emptied(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return text


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        str(entry.place.event_id),
        entry.place.at.astimezone(UTC).isoformat(timespec="seconds"),
        entry.who,
        entry.verb,
        entry.subject,
        entry.subject_id,
        entry.centre,
        entry.organisation,
        msgspec.json.encode(entry.details).decode(),
        entry.request_id,
    )
