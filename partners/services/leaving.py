"""What else happens in the transaction that ends a placement or closes a team: higher apps contribute it.

They let go of what a person carried, and refuse to let a team close that carries something still.
"""

from datetime import datetime
from typing import Protocol

from nhc.actors import Actor
from partners.models import Membership, Team


class Leaving(Protocol):
    """What happens with the end of a placement at an instant, which may be to come."""

    def __call__(self, *, membership: Membership, ends_at: datetime, by: Actor, at: datetime) -> object: ...


class Closing(Protocol):
    """What happens before a team closes. It raises ValidationError where the team cannot close yet."""

    def __call__(self, *, team: Team, at: datetime) -> object: ...


_leaving: list[Leaving] = []
_closing: list[Closing] = []


def contribute(*, leaving: Leaving | None = None, closing: Closing | None = None) -> None:
    """Let functions take part in every end of a placement, and in every closing of a team."""
    if leaving is not None and leaving not in _leaving:
        _leaving.append(leaving)
    if closing is not None and closing not in _closing:
        _closing.append(closing)


def acts() -> tuple[Leaving, ...]:
    """Return what happens with every end of a placement, in the transaction that ends it."""
    return tuple(_leaving)


def close(*, team: Team, at: datetime) -> None:
    """Let happen what happens before a team closes. Raises ValidationError where it cannot close yet."""
    for act in _closing:
        act(team=team, at=at)
