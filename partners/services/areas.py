"""Areas, the centres in them, and who reads them."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from nhc import audit
from nhc.actors import Actor
from nhc.models import User
from partners.models import Area, AreaAppointment, AreaCentre, Centre
from partners.services.endings import OVER, end_or_withdraw, refuse_past


@transaction.atomic
def add_area(*, code: str, name: str, kind: str, parent: Area | None = None, by: Actor, at: datetime) -> Area:
    """Store an area; `kind` is one of `Area.Kind`, `parent` the wider area it is a part of."""
    area = Area(code=code, name=name, kind=kind, parent=parent)
    area.full_clean()
    area.save()
    audit.record(by=by, at=at, verb="area.added", subject="area", subject_id=area.pk, details={"code": code})
    return area


@transaction.atomic
def add_centre(
    *, area: Area, centre: Centre, from_date: date, until_date: date | None = None, by: Actor, at: datetime
) -> AreaCentre:
    """Let a centre lie in an area, from a date until (not including) another."""
    lies = AreaCentre(area=area, centre=centre, from_date=from_date, until_date=until_date)
    lies.full_clean()
    lies.save()
    audit.record(
        by=by,
        at=at,
        verb="area.centre_added",
        subject="area",
        subject_id=area.pk,
        details={"from": from_date.isoformat()},
        centre=centre.slug,
    )
    return lies


@transaction.atomic
def appoint(
    *,
    user: User,
    area: Area,
    starts_at: datetime,
    ends_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> AreaAppointment:
    """Let a person read the dashboards of an area's centres, until an instant where one is given."""
    appointment = AreaAppointment(user=user, area=area, starts_at=starts_at, ends_at=ends_at)
    appointment.full_clean()
    appointment.save()
    audit.record(
        by=by,
        at=at,
        verb="area.appointed",
        subject="user",
        subject_id=user.pk,
        details={"area": area.code},
    )
    return appointment


@transaction.atomic
def end_appointment(*, appointment: AreaAppointment, ends_at: datetime, by: Actor, at: datetime) -> AreaAppointment:
    """End an appointment at an instant. One that has not begun is withdrawn.

    Raises ValidationError for one that is over, and for an instant that has passed.
    """
    locked = (
        AreaAppointment.objects.select_for_update(of=("self",)).select_related("area").filter(pk=appointment.pk).first()
    )
    if locked is None:
        raise ValidationError(OVER)
    refuse_past(locked.ends_at, ends_at, at)
    end_or_withdraw(locked, ends_at=ends_at)
    audit.record(
        by=by,
        at=at,
        verb="area.appointment-ended",
        subject="user",
        subject_id=locked.user_id,
        details={"area": locked.area.code, "until": ends_at.isoformat()},
    )
    return locked
