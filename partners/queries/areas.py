"""Areas above the centres."""

from datetime import date, datetime

from django.db.models import Q, QuerySet

from nhc.models import User
from partners.models import Area, AreaAppointment, Centre
from partners.queries.organisations import holds_on
from partners.queries.people import appointments
from partners.queries.staff import lasting


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


def appointment_of(user: User, code: str, at: datetime) -> AreaAppointment | None:
    """Return the person's appointment to an area with its area: the one of now, or the next to begin."""
    found = AreaAppointment.objects.filter(lasting(at), user=user, area__code=code)
    return found.select_related("area").order_by("starts_at", "pk").first()


def _read_by(user_id: int, at: datetime) -> QuerySet[Area]:
    theirs = appointments(user_id, at)
    return Area.objects.filter(Q(pk__in=theirs) | Q(parent__in=theirs) | Q(parent__parent__in=theirs))
