"""What else happens in the transaction that moves an issue: higher apps contribute it, to show where it stands."""

from datetime import datetime
from typing import Protocol

from decisions.models import Issue


class Following(Protocol):
    """What happens with every move of an issue: taken up, answered, passed on, closed or raised again."""

    def __call__(self, *, issue: Issue, at: datetime) -> object: ...


_following: list[Following] = []


def contribute(follows: Following) -> None:
    """Let a function take part in every move of an issue."""
    if follows not in _following:
        _following.append(follows)


def moved(issue: Issue, at: datetime) -> None:
    """Let happen what happens with a move of an issue."""
    for follows in _following:
        follows(issue=issue, at=at)
