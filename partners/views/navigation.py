"""The partners' entries of the main navigation."""

from django.http import HttpRequest
from django.urls import reverse

from nhc.navigation import Item
from partners import permissions
from partners.views.access import visit


def items(request: HttpRequest) -> list[Item]:
    """Return the way to returns and receipts, for people who act for an organisation. One query."""
    seen = visit(request)
    if not permissions.acts_for_anyone(seen.viewer, seen.at):
        return []
    returns, receipts = reverse("partners:returns"), reverse("partners:receipts")
    path = request.path
    return [
        Item("Our returns", returns, current=path.startswith((returns, "/sheets/", "/keys/"))),
        Item("Our receipts", receipts, current=path.startswith(receipts)),
    ]
