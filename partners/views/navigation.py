"""The partners' entries of the main navigation."""

from django.http import HttpRequest
from django.urls import reverse

from nhc import clock
from nhc.navigation import Item
from partners.navigation import acts_for_an_organisation


def items(request: HttpRequest) -> list[Item]:
    """Return the way to returns and receipts, for those who act for an organisation. One query, their role included."""
    user = request.user
    if not user.is_authenticated or not acts_for_an_organisation(user, clock.now()):
        return []
    returns, receipts = reverse("partners:returns"), reverse("partners:receipts")
    path = request.path
    return [
        Item("Our returns", returns, current=path.startswith((returns, "/sheets/", "/keys/"))),
        Item("Our receipts", receipts, current=path.startswith(receipts)),
    ]
