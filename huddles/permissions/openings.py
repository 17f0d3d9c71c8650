"""What else opens a record while it is open: an offer to take somebody over, the rung an escalation stands on.

Whoever has such things contributes a condition; it counts everywhere at once, and ends by itself.
"""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q

type Opening = Callable[[int, datetime], Q]

_openings: dict[str, Opening] = {}


def contribute(name: str, opening: Opening) -> None:
    """Let a function say which open episodes something opens to a person at an instant, from the user's key and it."""
    _openings[name] = opening


def conditions(user_id: int, at: datetime) -> dict[str, Q]:
    """Return the conditions on open episodes under which something else opens a record to a person, by name."""
    return {name: opening(user_id, at) for name, opening in _openings.items()}
