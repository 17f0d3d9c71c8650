"""Streams of a centre, and who is at its front door."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from huddles.models import FrontDoor, Stream

if TYPE_CHECKING:
    from partners.models import Centre


def streams_of(centre: "Centre", *, retired: bool = False) -> list[Stream]:
    """Return a centre's streams in its order: those that take referrals, or with `retired` all."""
    found = Stream.objects.filter(centre=centre).order_by("-active", "position", "name", "pk")
    return list(found if retired else found.filter(active=True))


def stream_by_code(centre: "Centre", code: str) -> Stream | None:
    """Return the centre's stream with a code, retired or not."""
    return Stream.objects.filter(centre=centre, code=code).first()


def front_door(centre: "Centre", at: datetime) -> FrontDoor | None:
    """Return the front door at an instant with its team and the team's organisation; None where it is closed."""
    holds = Q(ends_at__isnull=True) | Q(ends_at__gt=at)
    return (
        FrontDoor.objects.filter(holds, centre=centre, starts_at__lte=at).select_related("team__organisation").first()
    )


def open_to_everybody(slug: str, at: datetime) -> FrontDoor | None:
    """Return the front door of a centre where people and carers may refer themselves; None where they may not."""
    holds = Q(ends_at__isnull=True) | Q(ends_at__gt=at)
    found = FrontDoor.objects.filter(holds, centre__slug=slug, starts_at__lte=at, self_referral=True)
    return found.select_related("centre", "team__organisation").first()
