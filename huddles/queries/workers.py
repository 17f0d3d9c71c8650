"""Who works with the people of a centre: those whose role there sees records."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import OuterRef, QuerySet

from huddles.models import Episode
from nhc.access import Permission
from nhc.models import User
from partners.queries import placements

if TYPE_CHECKING:
    from partners.models import Centre


def of_centre(centre: "Centre", at: datetime) -> list[int]:
    """Return the keys of those who see records at a centre."""
    return placements.holders(Permission.SEE_RECORDS, centre, at)


def of_team(centre: "Centre", team_id: int, at: datetime) -> list[int]:
    """Return the keys of those who see records in a team of a centre."""
    return placements.holders(Permission.SEE_RECORDS, centre, at, teams=[team_id])


def people_of(keys: Collection[int]) -> list[User]:
    """Return who some keys are, by name."""
    return list(User.objects.filter(pk__in=keys).order_by("name", "pk"))


def without_their_key_worker(at: datetime) -> QuerySet[Episode]:
    """Return the open episodes whose key worker does not see records in the responsible team any more. One query."""
    there = placements.place_in(
        Permission.SEE_RECORDS, at, user=OuterRef("key_worker"), team=OuterRef("responsible_team")
    )
    return Episode.objects.filter(~there, closed_at__isnull=True, key_worker__isnull=False)
