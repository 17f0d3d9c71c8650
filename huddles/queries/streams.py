"""Streams of a centre, and who is at its front door."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, QuerySet

from huddles.models import FrontDoor, Stream
from partners.queries.organisations import partnership

if TYPE_CHECKING:
    from partners.models import Centre, Team


def streams_of(centre: "Centre", *, retired: bool = False) -> list[Stream]:
    """Return a centre's streams in its order: those that take referrals, or with `retired` all."""
    found = Stream.objects.filter(centre=centre).order_by("-active", "position", "name", "pk")
    return list(found if retired else found.filter(active=True))


def stream_by_code(centre: "Centre", code: str) -> Stream | None:
    """Return the centre's stream with a code, retired or not."""
    return Stream.objects.filter(centre=centre, code=code).first()


def front_door(centre: "Centre", at: datetime) -> FrontDoor | None:
    """Return the front door at an instant with its team and the team's organisation; None where it is closed."""
    return _open(at).filter(centre=centre).select_related("team__organisation").first()


def open_to_everybody(slug: str, at: datetime) -> FrontDoor | None:
    """Return the front door of a centre where people and carers may refer themselves; None where they may not."""
    found = _open(at).filter(centre__slug=slug, self_referral=True)
    return found.select_related("centre", "team__organisation").first()


def receives(team: "Team", at: datetime) -> bool:
    """Whether a team is a front door, now or later."""
    return FrontDoor.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), team=team).exists()


def _open(at: datetime) -> QuerySet[FrontDoor]:
    """Return the front doors behind which somebody works: an open team of an organisation that is a partner."""
    return FrontDoor.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        Q(team__closed_at__isnull=True) | Q(team__closed_at__gt=at),
        partnership(at, centre=OuterRef("centre"), organisation=OuterRef("team__organisation")),
        starts_at__lte=at,
    )
