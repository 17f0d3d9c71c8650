"""The decisions' entries of the main navigation."""

from django.http import HttpRequest
from django.urls import reverse

from nhc import clock
from nhc.models import User
from nhc.navigation import Item
from partners.permissions.viewers import Viewer, standing_of

_OF_THE_GRID = ("grid", "finder")
_OF_FORUMS = ("forums", "issues", "risks", "priorities")


def items(request: HttpRequest) -> list[Item]:
    """Return the ways that the person has here: "May I?" from every page, the rest within the centre that is open."""
    user, match = request.user, request.resolver_match
    if not isinstance(user, User):
        return []
    standing = standing_of(Viewer.user(user), clock.now())
    slug = match.kwargs.get("slug") if match is not None and request.path.startswith("/centres/") else None
    entries: list[Item] = []
    if standing.placements:
        asked = reverse("decisions:may-i", args=[slug]) if slug else reverse("decisions:may-i-anywhere")
        entries.append(Item("May I?", asked, current=request.path.startswith(asked), place=0))
    if slug and (standing.placements or standing.administers):
        grid = tuple(reverse(f"decisions:{name}", args=[slug]) for name in _OF_THE_GRID)
        within = tuple(reverse(f"decisions:{name}", args=[slug]) for name in _OF_FORUMS)
        entries.append(Item("Grid", grid[0], current=request.path.startswith(grid)))
        entries.append(Item("Forums", within[0], current=request.path.startswith(within)))
    return entries
