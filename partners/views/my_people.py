"""A home line manager's own people: placements, inductions and hours. Nothing about anyone they support."""

from datetime import timedelta

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from nhc.access import ROLES
from partners import permissions
from partners.queries import hours, staff, standing
from partners.views.access import visit

PER_PAGE = 50

SPAN = timedelta(days=28)
"""How far back and ahead hours are added up: four weeks, as most rotas repeat within."""


@require_safe
def my_people(request: HttpRequest) -> HttpResponse:
    """List whom the person manages from their own employer, with their placements."""
    seen = visit(request)
    page = Paginator(staff.managed_by(seen.user.pk, seen.at), PER_PAGE).get_page(request.GET.get("page"))
    users = list(page.object_list)
    placements = staff.managed(seen.user.pk, users, seen.at)
    theirs = [placement for user in users for placement in placements[user.pk]]
    before = hours.hours_on_rota(theirs, seen.at - SPAN, seen.at)
    after = hours.hours_on_rota(theirs, seen.at, seen.at + SPAN)
    rows = [(user, placements[user.pk], _words(before.get(user.pk)), _words(after.get(user.pk))) for user in users]
    context = {"rows": rows, "page": page, "roles": ROLES, "at": seen.at, "days": SPAN.days}
    return render(request, "partners/my-people.jinja", context)


@require_safe
def managed_person(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show one person's placements and hours, and at each centre whether they are inducted and may decide alone."""
    seen = visit(request)
    found = permissions.get_managed_for(seen.viewer, user_id, seen.at)
    current = [each for each in found.placements if each.starts_at <= seen.at]
    centres = {each.team.centre_id: each.team.centre for each in current}
    context = {
        "person": found.user,
        "placements": found.placements,
        "standings": [
            (centre, standing.deciding_alone(found.user.pk, centre.pk, seen.at)) for centre in centres.values()
        ],
        "before": _words(hours.hours_on_rota(current, seen.at - SPAN, seen.at).get(found.user.pk)),
        "after": _words(hours.hours_on_rota(found.placements, seen.at, seen.at + SPAN).get(found.user.pk)),
        "days": SPAN.days,
        "roles": ROLES,
    }
    return render(request, "partners/my-person.jinja", context)


def _words(long: timedelta | None) -> str:
    """Return "37 h 30 min"; nothing for none."""
    if not long:
        return ""
    whole, minutes = divmod(round(long.total_seconds() / 60), 60)
    return f"{whole} h {minutes} min" if minutes else f"{whole} h"
