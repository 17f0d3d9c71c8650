"""The dashboard's entries of the main navigation."""

from django.http import HttpRequest
from django.urls import reverse

from nhc.navigation import Item


def items(request: HttpRequest) -> list[Item]:
    """Return the way to outcomes and to all centres; within a centre, `Outcomes` is that centre's."""
    path = request.path
    match = request.resolver_match
    slug = match.kwargs.get("slug") if match is not None and path.startswith("/centres/") else None
    entries = [Item("Centres", reverse("centres"), current=path == reverse("centres"), place=2)]
    if match is not None and slug:
        outcomes = reverse("dashboard:overview", args=[slug])
        entries.append(Item("Outcomes", outcomes, current=match.namespace == "dashboard", place=0))
    return entries
