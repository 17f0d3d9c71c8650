"""Who works with the people of a centre: those whose role there sees records."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from huddles.models import Episode
from nhc.access import Permission
from nhc.models import User
from partners.queries import placements

if TYPE_CHECKING:
    from partners.models import Centre

type Episodes = QuerySet[Episode]


def of_centre(centre: "Centre", at: datetime) -> list[int]:
    """Return the keys of those who see records at a centre."""
    return placements.holders(Permission.SEE_RECORDS, centre, at)


def of_team(centre: "Centre", team_id: int, at: datetime) -> list[int]:
    """Return the keys of those who see records in a team of a centre."""
    return placements.holders(Permission.SEE_RECORDS, centre, at, teams=[team_id])


def people_of(keys: Collection[int]) -> list[User]:
    """Return who some keys are, by name."""
    return list(User.objects.filter(pk__in=keys).order_by("name", "pk"))


def without_their_key_worker(at: datetime) -> Episodes:
    """Return the open episodes whose key worker does not see records in the responsible team any more."""
    named = Episode.objects.filter(closed_at__isnull=True, key_worker__isnull=False).select_related("centre")
    gone = [each.pk for each in named if not _works_there(each, at)]
    return Episode.objects.filter(pk__in=gone)


def _works_there(episode: Episode, at: datetime) -> bool:
    there: Collection[int] = of_team(episode.centre, episode.responsible_team_id, at)
    return episode.key_worker_id in there
