"""What somebody looks for in a list, kept in their session: names and addresses do not belong in a URL.

A search is sent by POST, kept, and answered with the way back to the list, whose pages and exports read it from here.
"""

from collections.abc import Iterable

from django.http import HttpRequest

_PLACE = "searches"
_MOST = 20
"""Lists of which a session keeps a search; the oldest goes first."""
_LONGEST = 300
"""Characters of one field that are kept."""

CLEAR = "clear"
"""The name of the button that ends a search."""


def given(request: HttpRequest, names: Iterable[str]) -> dict[str, str]:
    """Return the fields of a search that was sent; none where it is to end."""
    if CLEAR in request.POST:
        return {}
    sent = {name: request.POST.get(name, "").strip()[:_LONGEST] for name in names}
    return {name: value for name, value in sent.items() if value}


def keep(request: HttpRequest, about: str, search: dict[str, str]) -> None:
    """Keep a search of one list in place of the one before; an empty one ends it."""
    others = {name: kept for name, kept in request.session.get(_PLACE, {}).items() if name != about}
    kept = {**others, about: search} if search else others
    request.session[_PLACE] = dict(list(kept.items())[-_MOST:])


def kept(request: HttpRequest, about: str) -> dict[str, str]:
    """Return the search of a list that the session keeps."""
    found: dict[str, str] = request.session.get(_PLACE, {}).get(about, {})
    return found


def keep_words(request: HttpRequest, about: str) -> None:
    """Keep the words of a list with a single search box."""
    words = given(request, ["q"]).get("q", "").replace("\0", "").strip()[:100]
    keep(request, about, {"q": words} if words else {})


def words(request: HttpRequest, about: str) -> str:
    """Return the words that a list with a single search box is searched for."""
    return kept(request, about).get("q", "")
