"""Broken glass and grants of a centre: the privacy officers' queue."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import F, QuerySet

from huddles.models import BreakGlass, RecordGrant

if TYPE_CHECKING:
    from partners.models import Centre


def of_centre(centre: "Centre") -> QuerySet[BreakGlass]:
    """Return every time a glass was broken at a centre: those that wait for a review first, then the newest."""
    found = BreakGlass.objects.filter(person__centre=centre).select_related("person", "user", "reviewed_by")
    return found.order_by(F("reviewed_at").asc(nulls_first=True), "-at", "-pk")


def to_review(centre: "Centre") -> int:
    """Return how many wait for a review."""
    return BreakGlass.objects.filter(person__centre=centre, reviewed_at__isnull=True).count()


def by_id(centre: "Centre", glass_id: int) -> BreakGlass | None:
    """Return one broken glass of a centre."""
    found = BreakGlass.objects.filter(person__centre=centre, pk=glass_id)
    return found.select_related("person__centre", "user", "reviewed_by").first()


def open_to(user_id: int, person_id: int, at: datetime) -> BreakGlass | None:
    """Return the breaking that still opens a record to somebody."""
    return BreakGlass.objects.filter(user_id=user_id, person_id=person_id, at__lte=at, until_at__gt=at).first()


def grants_of(centre: "Centre") -> QuerySet[RecordGrant]:
    """Return a centre's grants on records with whom they are for, newest first; those that have ended too."""
    found = RecordGrant.objects.filter(content_object__centre=centre)
    return found.select_related("content_object", "user", "granted_by").order_by("-granted_at", "-pk")


def grant_by_id(centre: "Centre", grant_id: int) -> RecordGrant | None:
    """Return one grant of a centre."""
    found = RecordGrant.objects.filter(content_object__centre=centre, pk=grant_id)
    return found.select_related("content_object__centre", "user").first()
