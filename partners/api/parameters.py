"""Query parameters: read once, refused with a sentence. Unknown ones are passed over."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from rest_framework.request import Request

from nhc.problems import Problem

LONGEST = 200
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_SPACE_FOR_PLUS = re.compile(r"(?<=\d) (?=\d{2}:\d{2}\Z)", re.ASCII)

LONGEST_KEY = 255
KEY_PATTERN = r'^ *("[ !#-~]{1,253}"|[!#-~][ !#-~]*) *$'
"""An Idempotency-Key: quoted, as its draft standard writes it, or bare."""


def invalid(name: str, sentence: str) -> Problem:
    """Return the 400 for a parameter that cannot be read."""
    return Problem(400, "invalid-parameter", "Invalid parameter", sentence, parameter=name)


def text(request: Request, name: str) -> str | None:
    """Return a parameter, None where it is absent. Raises Problem for what no value could be."""
    value = request.query_params.get(name)
    if value is None:
        return None
    if not value:
        raise invalid(name, f"{name} is empty. Give it a value, or leave it out.")
    if len(value) > LONGEST or not value.isprintable():
        raise invalid(name, f"{name} is not readable. Use at most {LONGEST} printable characters.")
    return value


def needed(request: Request, name: str) -> str:
    """Return a parameter that the endpoint cannot do without."""
    value = text(request, name)
    if value is None:
        raise invalid(name, f"Add ?{name}= to the address.")
    return value


def slug(request: Request, name: str) -> str | None:
    """Return a parameter that names something as addresses do."""
    value = text(request, name)
    if value is not None and not _SLUG.fullmatch(value):
        raise invalid(name, f"{name} is a name as in addresses: small letters, digits and hyphens, at most 64.")
    return value


def choice(request: Request, name: str, options: Iterable[str]) -> str | None:
    """Return a parameter that is one of a few words."""
    value = text(request, name)
    if value is not None and value not in set(options):
        raise invalid(name, f"{name} is one of: {', '.join(options)}.")
    return value


def instant(request: Request, name: str) -> datetime | None:
    """Return an instant in RFC 3339 with offset. A plus sign that arrived as a space is read as the plus it was."""
    value = text(request, name)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(_SPACE_FOR_PLUS.sub("+", value))
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise invalid(name, f"{name} is an instant with offset, like 2026-03-01T00:00:00+00:00.")
