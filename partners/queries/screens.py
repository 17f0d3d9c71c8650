"""Reads of wall screens."""

from partners.models import Centre, WallScreen


def of(centre: Centre) -> list[WallScreen]:
    """Return a centre's screens in use, by name, with who paired them. There are never many."""
    found = WallScreen.objects.filter(centre=centre, revoked_at__isnull=True).select_related("paired_by")
    return list(found.order_by("name"))


def by_id(centre: Centre, screen_id: int) -> WallScreen | None:
    """Return one of a centre's screens in use."""
    return WallScreen.objects.filter(centre=centre, pk=screen_id, revoked_at__isnull=True).first()
