"""The partners' entries of the main navigation."""

from django.http import HttpRequest
from django.urls import reverse

from nhc import clock
from nhc.models import User
from nhc.navigation import Item
from partners import navigation


def items(request: HttpRequest) -> list[Item]:
    """Return the ways that the person has here. One query, their role included."""
    user = request.user
    if not isinstance(user, User):
        return []
    at = clock.now()
    entries: list[Item] = []
    if navigation.works_at_a_centre(user, at):
        entries += _of_the_centre(request)
        entries.append(_item(request.path, "My shifts", "partners:my-shifts"))
    if navigation.acts_for_an_organisation(user, at):
        entries.append(_returns(request.path))
    if navigation.looks_after_people(user, at):
        entries.append(_item(request.path, "Our people", "partners:organisations"))
    if navigation.is_line_manager(user, at):
        entries.append(_item(request.path, "My people", "partners:my-people"))
    return entries


def _of_the_centre(request: HttpRequest) -> list[Item]:
    """Return the ways within the centre whose page is open."""
    match = request.resolver_match
    if match is None or "slug" not in match.kwargs or not request.path.startswith("/centres/"):
        return []
    slug = match.kwargs["slug"]
    return [
        _item(request.path, "Directory", "partners:directory", slug),
        _item(request.path, "Rota", "partners:rota", slug),
        _item(request.path, "Agreements", "partners:agreements", slug),
        _item(request.path, "Induction", "partners:induction", slug),
    ]


def _returns(path: str) -> Item:
    returns, receipts = reverse("partners:returns"), reverse("partners:receipts")
    return Item("Our returns", returns, current=path.startswith((returns, receipts, "/sheets/", "/keys/")))


def _item(path: str, label: str, name: str, *arguments: str) -> Item:
    address = reverse(name, args=arguments)
    return Item(label, address, current=path.startswith(address))
