"""A centre's rota: the week, the month, who is on now, and files of it for other calendars."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from io import StringIO

from defusedcsv import csv as safe_csv
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from partners import hours, permissions
from partners.formats.calendars import Written, write_calendar
from partners.models import Centre, Shift
from partners.queries import rota as queries
from partners.queries import rota_pages as pages
from partners.queries import swaps as swap_queries
from partners.views.access import visit
from partners.views.rota_wording import clock_time, shift_words, times, until_words

_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_EXPORTED = timedelta(days=56)
_BEFORE = timedelta(days=7)
WORDS = {"times": times, "clock_time": clock_time, "until_words": until_words, "shift_words": shift_words}


@require_safe
def week(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a week of the rota, with what needs somebody on top and, in the present week, who is on now."""
    seen = visit(request)
    access = permissions.get_rota_for(seen.viewer, slug, seen.at)
    today = hours.operational_date(seen.at, access.centre.day_starts)
    this = today - timedelta(days=today.weekday())
    monday = _monday(request.GET.get("week", "")) or this
    by_team = request.GET.get("by") == "team"
    shown = pages.span(access.centre, monday, 7, by_team=by_team, at=seen.at)
    context = WORDS | {
        "centre": access.centre,
        "access": access,
        "span": shown,
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "current": monday == this,
        "today": today,
        "at": seen.at,
        "by_team": by_team,
        "previous": _week_address(monday - timedelta(days=7), by_team=by_team),
        "next": _week_address(monday + timedelta(days=7), by_team=by_team),
        "other": _week_address(monday, by_team=not by_team),
        "duties": pages.duties(access.centre, seen.at) if monday == this else [],
    }
    return render(request, "partners/rota/week.jinja", context)


@require_safe
def month(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a month of the rota, day under day."""
    seen = visit(request)
    access = permissions.get_rota_for(seen.viewer, slug, seen.at)
    today = hours.operational_date(seen.at, access.centre.day_starts)
    first = _first_of_month(request.GET.get("month", "")) or today.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    previous = (first - timedelta(days=1)).replace(day=1)
    by_team = request.GET.get("by") == "team"
    context = WORDS | {
        "centre": access.centre,
        "access": access,
        "span": pages.span(access.centre, first, (following - first).days, by_team=by_team, at=seen.at),
        "first": first,
        "today": today,
        "at": seen.at,
        "by_team": by_team,
        "previous": _month_address(previous, by_team=by_team),
        "next": _month_address(following, by_team=by_team),
        "other": _month_address(first, by_team=not by_team),
    }
    return render(request, "partners/rota/month.jinja", context)


@require_safe
def now(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who is on for every duty now and who is next, and how to reach them."""
    seen = visit(request)
    access = permissions.get_rota_for(seen.viewer, slug, seen.at)
    context = WORDS | {"centre": access.centre, "duties": pages.duties(access.centre, seen.at), "at": seen.at}
    return render(request, "partners/rota/now.jinja", context)


@require_safe
def csv_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the centre's shifts of a week ago until eight weeks ahead, in the columns that an import takes."""
    seen = visit(request)
    access = permissions.get_rota_for(seen.viewer, slug, seen.at)
    text = StringIO()
    writer = safe_csv.writer(text)
    writer.writerow(
        ["team", "duty role", "person", "starts", "ends", "reference", "operational date", "name", "came by"]
    )
    for shift in queries.shifts_between(access.centre, seen.at - _BEFORE, seen.at + _EXPORTED):
        local = (shift.starts_at.astimezone(hours.LONDON), shift.ends_at.astimezone(hours.LONDON))
        writer.writerow(
            [
                shift.team.name,
                shift.duty_role.code,
                shift.user.email,
                *(each.isoformat(timespec="minutes") for each in local),
                shift.external_id if shift.source == Shift.Source.CSV else "",
                shift.operational_date.isoformat(),
                shift.user.name,
                Shift.Source(shift.source).label,
            ]
        )
    return _file(text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"rota-{access.centre.slug}.csv")


@require_safe
def team_calendar(request: HttpRequest, slug: str, team_id: int) -> HttpResponse:
    """Return a team's shifts as a calendar."""
    seen = visit(request)
    found = permissions.get_team_for(seen.viewer, slug, team_id, seen.at)
    shifts = queries.shifts_between(found.access.centre, seen.at - _BEFORE, seen.at + _EXPORTED)
    written = _written((each for each in shifts if each.team_id == found.team.pk), found.access.centre, named=True)
    body = write_calendar(written, title=f"{found.team.name}, {found.access.centre.name}", at=seen.at)
    return _file(body, "text/calendar; charset=utf-8", f"rota-{slugify(found.team.name)}.ics")


@require_safe
def own_calendar(request: HttpRequest) -> HttpResponse:
    """Return the person's own shifts at every centre as a calendar."""
    seen = visit(request)
    shifts = swap_queries.shifts_ahead(seen.user.pk, seen.at - _BEFORE).filter(starts_at__lt=seen.at + _EXPORTED)
    body = write_calendar(_written(shifts, None, named=False), title="My shifts", at=seen.at)
    return _file(body, "text/calendar; charset=utf-8", "my-shifts.ics")


def _written(shifts: Iterable[Shift], centre: Centre | None, *, named: bool) -> Iterable[Written]:
    for shift in shifts:
        title = f"{shift.duty_role.name}: {shift.user.name}" if named else shift.duty_role.name
        where = (centre or shift.duty_role.centre).name
        name = f"shift-{shift.pk}@rota"
        yield Written(name, title, where, shift.starts_at, shift.ends_at, shift.version - 1)


def _file(body: bytes, media_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _monday(text: str) -> date | None:
    """Return the Monday of an ISO week like 2026-W48; None for no text. Http404 for any other."""
    if not text:
        return None
    match = _WEEK.fullmatch(text)
    try:
        if match is None or not 2000 <= int(match[1]) <= 2200:
            raise Http404
        return date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError as error:
        raise Http404 from error


def _first_of_month(text: str) -> date | None:
    if not text:
        return None
    match = _MONTH.fullmatch(text)
    if match is None or not 2000 <= int(match[1]) <= 2200 or not 1 <= int(match[2]) <= 12:
        raise Http404
    return date(int(match[1]), int(match[2]), 1)


def _week_address(monday: date, *, by_team: bool) -> str:
    year, number, _ = monday.isocalendar()
    return f"?week={year}-W{number:02}" + ("&by=team" if by_team else "")


def _month_address(first: date, *, by_team: bool) -> str:
    return f"?month={first:%Y-%m}" + ("&by=team" if by_team else "")
