"""Who looks, and from what their access follows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from django.http import Http404

from nhc.access import ROLES, Permission
from nhc.models import User
from nhc.requests import read_once
from partners.models import ApiKey
from partners.queries import people as people_queries
from partners.queries.people import Standing


class NotVisible(Http404):
    """Absent, or not for this viewer: the answer is the same."""


class Audience(StrEnum):
    """How much of a centre's figures a viewer sees.

    `MEMBER`: exact totals. `OUTSIDE`: the small-number rule on everything. Breakdowns are under the rule for both; an
    organisation's own figures are always exact to it.
    """

    MEMBER = "member"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a signed-in person, or an organisation by its API key. Exactly one of the two identifiers is set."""

    user_id: int | None
    organisation_id: int | None

    @classmethod
    def user(cls, user: User) -> Self:
        """Return the viewer for a signed-in person."""
        return cls(user_id=user.pk, organisation_id=None)

    @classmethod
    def key(cls, key: ApiKey) -> Self:
        """Return the viewer for an API key: its organisation."""
        return cls(user_id=None, organisation_id=key.organisation_id)


def standing_of(viewer: Viewer, at: datetime) -> Standing:
    """Return a viewer's employers and placements at an instant: of a key, its organisation.

    One query for a person, and one a request however many ask.
    """
    user_id = viewer.user_id
    if user_id is not None:
        return read_once(("standing", user_id, at), lambda: people_queries.standing(user_id, at))
    if viewer.organisation_id is None:
        raise ValueError("A viewer is a person or an organisation.")
    return Standing(employers=frozenset({viewer.organisation_id}), placements=())


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Return everything that some roles together let a person do."""
    return frozenset().union(*(ROLES[role].permissions for role in roles if role in ROLES))
