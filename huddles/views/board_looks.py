"""Looks at the rows of a board: whoever is sent them leaves an event, and a page that goes on by itself no more."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from huddles.services import looks_at_board

if TYPE_CHECKING:
    from huddles.permissions.huddles import HuddleAccess
    from huddles.views.access import Visit

_OPENED = "boards_opened"


def opened(request: HttpRequest, access: "HuddleAccess", seen: "Visit") -> None:
    """Record that somebody on duty opened the board with its rows."""
    if access.on_duty_since is None:
        return
    looks_at_board.opened(centre=access.centre, by=seen.by, at=seen.at)
    if not _known(request, access):
        began = {**request.session.get(_OPENED, {}), str(access.centre.pk): access.on_duty_since.isoformat()}
        request.session[_OPENED] = began


def refreshed(request: HttpRequest, access: "HuddleAccess", seen: "Visit") -> None:
    """Record it where the rows go out without a page that said so: this session has no event since the shift began."""
    if not _known(request, access):
        opened(request, access, seen)


def _known(request: HttpRequest, access: "HuddleAccess") -> bool:
    if access.on_duty_since is None:
        return True
    began: dict[str, str] = request.session.get(_OPENED, {})
    return began.get(str(access.centre.pk)) == access.on_duty_since.isoformat()
