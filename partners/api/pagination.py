"""Pages of a list by key, never by offset: rows that arrive meanwhile neither repeat nor hide any.

A page is fetched one row longer than it is; that row only says that there is a next page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer
from rest_framework.request import Request

from nhc.problems import Problem

MOST = 200
"""Entries on a page, at most and unless fewer are asked for."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a request asks for: at most `limit` entries after the one whose key is `after` (empty at the start)."""

    listing: str
    limit: int
    after: tuple[str, ...]

    @property
    def fetch(self) -> int:
        """How many rows to fetch: one more than are shown."""
        return self.limit + 1


def read(request: Request, *, listing: str, parts: int) -> Page:
    """Read `limit` and `cursor`. `parts` is how many strings the listing's key has. Raises Problem (400)."""
    return Page(listing, _limit(request), _after(request, listing, parts))


def document[Row](
    request: Request,
    page: Page,
    rows: Sequence[Row],
    *,
    key: Callable[[Row], Sequence[str]],
    show: Callable[[Row], Mapping[str, object]],
) -> dict[str, object]:
    """Return `{"results", "next"}` for rows fetched with `page.fetch`."""
    shown = rows[: page.limit]
    address = None
    if len(rows) > page.limit:
        query = {name: request.query_params[name] for name in request.query_params}
        query["cursor"] = _signer(page.listing).sign_object(list(key(shown[-1])))
        address = request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
    return {"results": [show(row) for row in shown], "next": address}


def _limit(request: Request) -> int:
    given = request.query_params.get("limit")
    if given is None:
        return MOST
    if given.isascii() and given.isdigit() and len(given) <= 6 and 1 <= int(given) <= MOST:
        return int(given)
    raise Problem(400, "invalid-limit", "Invalid limit", f"limit is a whole number from 1 to {MOST}.")


def _after(request: Request, listing: str, parts: int) -> tuple[str, ...]:
    given = request.query_params.get("cursor")
    if given is None:
        return ()
    try:
        found = _signer(listing).unsign_object(given)
    except (BadSignature, ValueError):
        found = None
    if isinstance(found, list) and len(found) == parts:
        return tuple(str(part) for part in found)
    raise Problem(400, "invalid-cursor", "Invalid cursor", "Start again without cursor, then follow next as it is.")


def _signer(listing: str) -> Signer:
    return Signer(salt=f"cursor:1:{listing}")
