"""Acts outside a guardrail: those that wait for the weekly review, and those that were reviewed."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from decisions.models import Override

if TYPE_CHECKING:
    from partners.models import Centre


def _overrides() -> QuerySet[Override]:
    return Override.objects.select_related(
        "scenario__grid_version__grid__centre", "user", "team", "organisation", "reviewed_by", "proposal"
    )


def to_review(centre: "Centre") -> list[Override]:
    """Return what nobody has reviewed yet, oldest first."""
    found = _overrides().filter(scenario__grid_version__grid__centre=centre, reviewed_at__isnull=True)
    return list(found.order_by("at", "pk"))


def reviewed(centre: "Centre", since: datetime | None = None) -> QuerySet[Override]:
    """Return what was reviewed, newest first."""
    found = _overrides().filter(scenario__grid_version__grid__centre=centre, reviewed_at__isnull=False)
    if since is not None:
        found = found.filter(reviewed_at__gte=since)
    return found.order_by("-reviewed_at", "-pk")


def by_id(override_id: int) -> Override | None:
    """Return one override with its scenario and who acted."""
    return _overrides().filter(pk=override_id).first()
