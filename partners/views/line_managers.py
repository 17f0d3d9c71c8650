"""A home line manager's own people: where they are placed. Nothing about anyone they support."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from nhc.access import ROLES
from partners.queries import staff
from partners.views.access import visit

PER_PAGE = 50


@require_safe
def my_people(request: HttpRequest) -> HttpResponse:
    """List whom the person manages from their own employer, with their placements."""
    seen = visit(request)
    page = Paginator(staff.managed_by(seen.user.pk, seen.at), PER_PAGE).get_page(request.GET.get("page"))
    users = list(page.object_list)
    placements = staff.managed(seen.user.pk, users, seen.at)
    rows = [(user, placements[user.pk]) for user in users]
    return render(request, "partners/my-people.jinja", {"rows": rows, "page": page, "roles": ROLES, "at": seen.at})
