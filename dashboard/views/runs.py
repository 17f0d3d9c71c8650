"""The night run, for operators: what ran, what waits, what the check found."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.queries import runs
from nhc import clock
from nhc.access import Permission
from partners import permissions
from partners.permissions import NotVisible, Viewer


@require_safe
def night_runs(request: HttpRequest) -> HttpResponse:
    """Show the last runs. Open to operators of any centre."""
    found = permissions.centres_for(Viewer.user(request.user), clock.now())  # type: ignore[arg-type]  # signed in
    if not any(Permission.OPERATE in access.permissions for access in found):
        raise NotVisible
    return render(request, "dashboard/runs.jinja", {"status": runs.night_status(), "runs": runs.recent_runs()})
