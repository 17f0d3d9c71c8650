"""Where the grid leaves people alone in the next four weeks: a list, and the hours of the week."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.finder import Finding, Hour, Kind, week
from decisions.permissions import grids as permissions
from decisions.queries import finder as queries
from decisions.queries import grids as grid_queries
from decisions.views.access import visit
from decisions.views.grid_wording import WEEKDAYS, WORDS
from nhc.access import Permission
from nhc.formats import counted

_WEEKS = 4
WIDE, HIGH, LEFT, TOP = 34, 32, 96, 24
"""Of the heat map: an hour's width and height, and what its words take at its left and top."""


@require_safe
def finder(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what is found for the grid in force; of the draft with `?of=draft`, so that gaps close before consent."""
    seen = visit(request)
    found = permissions.get_grid_for(seen.viewer, slug, seen.at)
    in_work = grid_queries.version_in_work(found.centre)
    drafting = request.GET.get("of") == "draft" and in_work is not None
    version = in_work if drafting else grid_queries.version_in_force(found.centre, seen.at)
    context: dict[str, object] = {"centre": found.centre, "in_work": in_work, "drafting": drafting, "version": version}
    if version is None:
        return render(request, "decisions/finder/finder.jinja", context)
    searched = queries.search(version, seen.at)
    manages = Permission.MANAGE_ROTA in found.access.permissions
    context |= WORDS | {
        "search": searched,
        "rows": [Line(each, _way(each, searched, slug, manages=manages)) for each in searched.findings],
        "days": [heat_day(number, hours) for number, hours in enumerate(week(searched.findings))],
        "hours": [(hour, LEFT + hour * WIDE) for hour in range(0, 24, 2)],
        "size": (LEFT + 24 * WIDE + 8, TOP + 7 * HIGH + 8),
        "summary": summary(searched.findings),
    }
    return render(request, "decisions/finder/finder.jinja", context)


@dataclass(frozen=True, slots=True)
class Line:
    """A finding, and where somebody can be put on; an empty address where that closes nothing or is not theirs."""

    finding: Finding
    cover: str


@dataclass(frozen=True, slots=True)
class Square:
    """An hour of the heat map: where it stands, its class, and on how many dates something is found in it."""

    x: int
    y: int
    middle: int
    base: int
    shade: str
    days: int


@dataclass(frozen=True, slots=True)
class HeatDay:
    """A weekday of the heat map."""

    name: str
    base: int
    squares: list[Square]


def heat_day(number: int, hours: list[Hour]) -> HeatDay:
    """Return a weekday's squares."""
    y = TOP + number * HIGH
    squares = []
    for each in hours:
        x = LEFT + each.hour * WIDE
        shade = "" if not each.days else "one" if each.days == 1 else "all" if each.days >= _WEEKS else "some"
        squares.append(Square(x, y, x + WIDE // 2, y + HIGH // 2 + 5, shade, each.days))
    return HeatDay(WEEKDAYS[number], y + HIGH // 2 + 5, squares)


def summary(findings: list[Finding]) -> str:
    """Return what the heat map shows, for those who do not see it."""
    hours = [hour for day in week(findings) for hour in day if hour.days]
    if not hours:
        return "Heat map of the hours of a week: nothing is found in any of them."
    days = dict.fromkeys(WEEKDAYS[hour.weekday] for hour in hours)
    return (
        f"Heat map of the hours of a week: something is found in {counted(len(hours), 'hour')}, "
        f"on {', '.join(days)}. The table lists each finding."
    )


def _way(finding: Finding, searched: queries.Search, slug: str, *, manages: bool) -> str:
    """Return the address at which somebody is put on for what lacks somebody."""
    codes = [searched.duty_roles[each.key] for each in finding.holders if each.key in searched.duty_roles]
    if not manages or finding.kind is Kind.TWO_DECIDE or finding.always or not codes:
        return ""
    asked = {"duty": codes[0], "starts": finding.starts_at.isoformat(), "ends": finding.ends_at.isoformat()}
    return f"{reverse('partners:shift-add', args=[slug])}?{urlencode(asked)}"
