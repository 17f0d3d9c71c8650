"""Exceptions for named people: the one place that reads them."""

from datetime import datetime

from django.db.models import Q, QuerySet

from partners.models import Centre, CentreException

READ_CENTRE = "view_centre"
"""What every exception of today lets a person do: read a centre's dashboard."""


def standing_exceptions(user_id: int, at: datetime) -> QuerySet[CentreException]:
    """Return the exceptions that open a centre's dashboard to a person at an instant."""
    return CentreException.objects.filter(
        Q(revoked_at__isnull=True) | Q(revoked_at__gt=at),
        user_id=user_id,
        permission__codename=READ_CENTRE,
        granted_at__lte=at,
        expires_at__gt=at,
    )


def of_centre(centre: Centre) -> QuerySet[CentreException]:
    """Return a centre's exceptions with their people, newest first; those that have ended too."""
    return (
        CentreException.objects.filter(content_object=centre)
        .select_related("user", "granted_by", "revoked_by")
        .order_by("-granted_at", "-pk")
    )


def by_id(exception_id: int) -> CentreException | None:
    """Return an exception with its person and centre."""
    return CentreException.objects.select_related("user", "content_object").filter(pk=exception_id).first()
