"""Who works a centre's day: those on duty now with what their role lets them do, and the day's gaps, in few queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import JSONObject

from nhc.access import ROLES, Permission
from nhc.clock import london_date
from nhc.models import User
from partners.hours import Hours
from partners.models import Centre, Cover, DutyRole, Membership, Partnership, Shift
from partners.models.rota import LONGEST_SHIFT
from partners.queries import rota
from partners.queries.organisations import holds_on
from partners.queries.people import current
from partners.queries.rota import Gap


@dataclass(frozen=True, slots=True)
class CrewOfDay:
    """A stretch of a centre's rota: its duty roles in order, every shift in it, who is on at `at`, and the gaps."""

    roles: Sequence[DutyRole]
    shifts: Sequence[Shift]
    on_now: Sequence[Shift]
    gaps: Sequence[Gap]


def of_day(centre: Centre, start: datetime, end: datetime, at: datetime) -> CrewOfDay:
    """Return a centre's rota between two instants, and who is on at one of them. Three queries.

    Shifts come with person, team and its organisation.
    """
    found = (
        DutyRole.objects.filter(centre=centre)
        .filter(Q(retired_at__isnull=True) | Q(retired_at__gt=start))
        .annotate(
            cover_hours=ArraySubquery(
                Cover.objects.filter(duty_role=OuterRef("pk")).values(
                    part=JSONObject(weekday="weekday", starts="starts", ends="ends")
                )
            )
        )
        .order_by("position", "name", "pk")
    )
    roles = list(found)
    cover = {role.pk: [_hours(part) for part in role.cover_hours] for role in roles}
    by_id = {role.pk: role for role in roles}
    shifts = list(
        rota.live().filter(rota.overlapping(start, end), duty_role__in=by_id).order_by("starts_at", "team__name", "pk")
    )
    on_now = []
    had = []
    for shift, pieces in rota.worked(shifts):
        shift.duty_role = by_id[shift.duty_role_id]
        had.append((shift, pieces))
        if any(begins <= at < ends for begins, ends in pieces):
            on_now.append(shift)
    return CrewOfDay(roles, shifts, on_now, rota.gaps_from(roles, had, start, end, cover=cover))


def on_duty_with(centre: Centre, at: datetime, permission: Permission) -> list[Shift]:
    """Return the shifts that are on now of people whose role at the centre has a permission. One query."""
    codes = [code for code, role in ROLES.items() if permission in role.permissions]
    placed = Membership.objects.filter(
        current(at), user=OuterRef("user"), team__centre=centre, role__in=codes, user__is_active=True
    )
    on = rota.live().filter(_now(at), Exists(placed), duty_role__centre=centre)
    return list(on.filter(_partner(centre, at)).select_related("duty_role").order_by("starts_at", "pk"))


def with_permission(centre: Centre, at: datetime, permission: Permission) -> list[User]:
    """Return the people whose role in a team of a partner lets them do something at a centre, by name. One query."""
    codes = [code for code, role in ROLES.items() if permission in role.permissions]
    partners = Partnership.objects.filter(
        holds_on(london_date(at)), centre=centre, organisation_id=OuterRef("team__organisation_id")
    )
    placed = Membership.objects.filter(current(at), Exists(partners), team__centre=centre, role__in=codes)
    return list(User.objects.filter(pk__in=placed.values("user_id"), is_active=True).order_by("name", "pk"))


def told_of_day(centre: Centre, start: datetime, end: datetime, permission: Permission) -> list[int]:
    """Return the keys of those on the rota between two instants whose role then lets them do something. One query."""
    codes = [code for code, role in ROLES.items() if permission in role.permissions]
    placed = Membership.objects.filter(
        current(end), user=OuterRef("user"), team__centre=centre, role__in=codes, user__is_active=True
    )
    on = rota.live().filter(rota.overlapping(start, end), Exists(placed), duty_role__centre=centre)
    return sorted(set(on.values_list("user_id", flat=True)))


def _now(at: datetime) -> Q:
    return Q(starts_at__lte=at, ends_at__gt=at, starts_at__gt=at - LONGEST_SHIFT)


def _partner(centre: Centre, at: datetime) -> Q:
    held = Partnership.objects.filter(
        holds_on(london_date(at)), centre=centre, organisation_id=OuterRef("team__organisation_id")
    )
    return Q(Exists(held))


def _hours(part: Mapping[str, str | int]) -> Hours:
    return Hours(int(part["weekday"]), time.fromisoformat(str(part["starts"])), time.fromisoformat(str(part["ends"])))
