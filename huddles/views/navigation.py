"""The day's entries of the main navigation."""

from django.http import HttpRequest
from django.urls import reverse

from nhc import clock
from nhc.access import ROLES, Permission
from nhc.models import User
from nhc.navigation import Item
from partners.permissions.viewers import Viewer, standing_of


def items(request: HttpRequest) -> list[Item]:
    """Return the ways to the day within the centre that is open: today and the huddle for those who take part there,
    people and referrals for those who see records, referring for whoever may, rooms for those who work there, and
    opened records for privacy officers."""
    user, match = request.user, request.resolver_match
    slug = match.kwargs.get("slug") if match is not None and request.path.startswith("/centres/") else None
    if not isinstance(user, User) or not slug:
        return []
    standing = standing_of(Viewer.user(user), clock.now())
    may = {
        permission for each in standing.placements if each.role in ROLES for permission in ROLES[each.role].permissions
    }
    today, huddle = reverse("huddles:today", args=[slug]), reverse("huddles:huddle", args=[slug])
    referrals, rooms = reverse("huddles:referrals", args=[slug]), reverse("huddles:spaces", args=[slug])
    entries: list[Item] = []
    if Permission.JOIN_HUDDLE in may:
        entries.append(Item("Today", today, current=request.path.startswith(today), place=0))
        entries.append(Item("Huddle", huddle, current=request.path.startswith(huddle), place=0))
    if Permission.SEE_RECORDS in may:
        entries.append(Item("Referrals", referrals, current=request.path.startswith(referrals), place=0))
        people = reverse("huddles:people", args=[slug])
        within = (people, people.replace("/people/", "/episodes/"))
        entries.append(Item("People", people, current=request.path.startswith(within), place=0))
    elif standing.placements or standing.employers:
        made = reverse("huddles:referrals-made", args=[slug])
        entries.append(Item("Refer somebody", made, current=request.path.startswith(referrals)))
    if Permission.GRANT_EXCEPTIONS in may:
        opened = reverse("huddles:glass-queue", args=[slug])
        entries.append(Item("Opened records", opened, current=request.path.startswith(opened)))
    if standing.placements:
        entries.append(Item("Rooms", rooms, current=request.path.startswith(rooms)))
    return entries
