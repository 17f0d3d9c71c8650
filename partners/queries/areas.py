"""Areas above the centres."""

from datetime import date, datetime

from django.db.models import Q, QuerySet

from partners.models import Area, Centre
from partners.queries.organisations import holds_on
from partners.queries.people import appointments


def read_by(user_id: int, at: datetime) -> list[Area]:
    """Return the areas that a person reads, parts of theirs included, by name."""
    return list(_read_by(user_id, at).select_related("parent").order_by("name", "pk"))


def area_read_by(user_id: int, code: str, at: datetime) -> Area | None:
    """Return the area with a code if the person reads it."""
    return _read_by(user_id, at).select_related("parent").filter(code=code).first()


def parts_of(area: Area) -> list[Area]:
    """Return the areas directly inside another, by name."""
    return list(Area.objects.filter(parent=area).order_by("name", "pk"))


def centres_in(area: Area, day: date) -> QuerySet[Centre]:
    """Return the centres in an area or its parts on a day, by name."""
    inside = Area.objects.filter(Q(pk=area.pk) | Q(parent=area) | Q(parent__parent=area))
    return Centre.objects.filter(holds_on(day, "areas__"), areas__area__in=inside).distinct().order_by("name", "pk")


def _read_by(user_id: int, at: datetime) -> QuerySet[Area]:
    theirs = appointments(user_id, at)
    return Area.objects.filter(Q(pk__in=theirs) | Q(parent__in=theirs) | Q(parent__parent__in=theirs))
