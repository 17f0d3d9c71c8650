"""Areas above the centres: their own read of the dashboard, under the small-number rule."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from nhc import clock
from partners import permissions
from partners.permissions import Viewer
from partners.queries import areas as queries

PER_PAGE = 50


@require_safe
def area(request: HttpRequest, code: str) -> HttpResponse:
    """Show an area's parts and centres, each leading to its overview."""
    at = clock.now()
    found = permissions.get_area_for(Viewer.user(request.user), code, at)  # type: ignore[arg-type]  # signed in
    page = Paginator(queries.centres_in(found, clock.london_date(at)), PER_PAGE).get_page(request.GET.get("page"))
    context = {"area": found, "parts": queries.parts_of(found), "page": page}
    return render(request, "dashboard/area.jinja", context)
