"""The decisions' entries of the main navigation."""

from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse

from nhc import clock
from nhc.access import Permission
from nhc.models import User
from nhc.navigation import Item
from partners.permissions import CentreAccess, NotVisible, Viewer, get_centre_for
from partners.permissions.viewers import standing_of

_OF_THE_GRID = ("grid", "finder")
_OF_FORUMS = ("forums", "issues", "risks", "priorities")


def items(request: HttpRequest) -> list[Item]:
    """Return the ways that the person has here: "May I?" from every page, the rest within the centre that is open.

    At a centre where they do not work "May I?" leads to those where they do.
    """
    user, match = request.user, request.resolver_match
    if not isinstance(user, User):
        return []
    viewer, at = Viewer.user(user), clock.now()
    standing = standing_of(viewer, at)
    slug = match.kwargs.get("slug") if match is not None and request.path.startswith("/centres/") else None
    access = _access(viewer, slug, at) if slug else None
    works = access is not None and Permission.ASK in access.permissions
    reads = access is not None and Permission.READ_DIRECTORY in access.permissions
    entries: list[Item] = []
    if standing.placements:
        asked = reverse("decisions:may-i", args=[slug]) if works else reverse("decisions:may-i-anywhere")
        entries.append(Item("May I?", asked, current=request.path.startswith(asked), place=0))
    if access is not None and (reads or standing.administers & access.organisations):
        grid = tuple(reverse(f"decisions:{name}", args=[slug]) for name in _OF_THE_GRID)
        entries.append(Item("Grid", grid[0], current=request.path.startswith(grid)))
    if reads:
        within = tuple(reverse(f"decisions:{name}", args=[slug]) for name in _OF_FORUMS)
        entries.append(Item("Forums", within[0], current=request.path.startswith(within)))
    return entries


def _access(viewer: Viewer, slug: str, at: datetime) -> CentreAccess | None:
    """Return what the person sees of the centre that is open, which its page has read already."""
    try:
        return get_centre_for(viewer, slug, at)
    except NotVisible:
        return None
