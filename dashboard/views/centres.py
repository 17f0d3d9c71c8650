"""The centres that a person may see."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from nhc import clock
from partners import permissions
from partners.permissions import Viewer

PER_PAGE = 50


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Go to the one centre, or to the list where there are several or none."""
    centres = permissions.centres_for(Viewer.user(request.user), clock.now())  # type: ignore[arg-type]  # signed in
    if len(centres) == 1:
        return redirect("dashboard:overview", centres[0].centre.slug)
    return redirect("centres")


@require_safe
def centres(request: HttpRequest) -> HttpResponse:
    """List them by name, with a search over name and code."""
    viewer, at = Viewer.user(request.user), clock.now()  # type: ignore[arg-type]  # signed in
    found = permissions.centres_for(viewer, at)
    sought = request.GET.get("q", "").strip()[:100]
    words = sought.casefold().split()
    matching = [
        access
        for access in found
        if all(word in f"{access.centre.name} {access.centre.slug}".casefold() for word in words)
    ]
    page = Paginator(matching, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "sought": sought,
        "of": len(found),
        "matching": len(matching),
        "areas": permissions.areas_for(viewer, at),
    }
    return render(request, "dashboard/centres.jinja", context)
