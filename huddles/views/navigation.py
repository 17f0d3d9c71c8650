"""The day's entries of the main navigation."""

from django.http import HttpRequest
from django.urls import reverse

from nhc import clock
from nhc.access import ROLES, Permission
from nhc.models import User
from nhc.navigation import Item
from partners.permissions.viewers import Viewer, standing_of


def items(request: HttpRequest) -> list[Item]:
    """Return the ways to today and to the huddle, within the centre that is open, for those who take part there."""
    user, match = request.user, request.resolver_match
    slug = match.kwargs.get("slug") if match is not None and request.path.startswith("/centres/") else None
    if not isinstance(user, User) or not slug:
        return []
    placed = standing_of(Viewer.user(user), clock.now()).placements
    if not any(Permission.JOIN_HUDDLE in ROLES[each.role].permissions for each in placed if each.role in ROLES):
        return []
    today, huddle = reverse("huddles:today", args=[slug]), reverse("huddles:huddle", args=[slug])
    return [
        Item("Today", today, current=request.path.startswith(today), place=0),
        Item("Huddle", huddle, current=request.path.startswith(huddle), place=0),
    ]
