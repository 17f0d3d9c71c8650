"""Duty roles of a centre, and the hours in which somebody must be on for them."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from nhc import audit
from nhc.actors import Actor
from nhc.formats import counted
from partners.hours import Hours
from partners.models import Centre, Cover, DutyRole, Shift


class StaleDutyRoleError(ValueError):
    """Someone changed the duty role since the page was opened. `current` is the duty role as it is now."""

    def __init__(self, current: DutyRole) -> None:
        super().__init__("The duty role was changed meanwhile.")
        self.current = current


@transaction.atomic
def add_duty_role(
    *,
    centre: Centre,
    code: str,
    name: str,
    what_for: str = "",
    deputy: DutyRole | None = None,
    position: int = 0,
    round_the_clock: bool = False,
    cover: Sequence[Hours] = (),
    by: Actor,
    at: datetime,
) -> DutyRole:
    """Store a duty that somebody holds at the centre, and when somebody must: `cover`, or always."""
    role = DutyRole(
        centre=centre,
        code=code,
        name=name,
        what_for=what_for,
        deputy=deputy,
        position=position,
        round_the_clock=round_the_clock,
        created_at=at,
    )
    _check(role)
    role.save(force_insert=True)
    _put_cover(role, cover)
    _audit(role, "duty_role.added", by, at, cover=len(cover))
    return role


@transaction.atomic
def edit_duty_role(
    *,
    duty_role: DutyRole,
    version: int,
    name: str,
    what_for: str,
    deputy: DutyRole | None,
    position: int,
    by: Actor,
    at: datetime,
) -> DutyRole:
    """Change the words about a duty role, its place and its deputy. Raises StaleDutyRoleError."""
    role = _locked(duty_role, version)
    changed = {"name": name, "what_for": what_for, "deputy": deputy, "position": position}
    fields = [field for field, value in changed.items() if getattr(role, field) != value]
    for field in fields:
        setattr(role, field, changed[field])
    _check(role)
    return _store(role, fields, "duty_role.edited", by, at)


@transaction.atomic
def set_cover(
    *, duty_role: DutyRole, version: int, round_the_clock: bool, cover: Sequence[Hours], by: Actor, at: datetime
) -> DutyRole:
    """Say when somebody must be on: always, or in the hours given, which take the place of the old ones.

    Raises StaleDutyRoleError.
    """
    role = _locked(duty_role, version)
    role.round_the_clock = round_the_clock
    role.cover.all().delete()
    _put_cover(role, () if round_the_clock else cover)
    return _store(role, ["round_the_clock", "cover"], "duty_role.cover_set", by, at)


@transaction.atomic
def retire_duty_role(*, duty_role: DutyRole, version: int, by: Actor, at: datetime) -> DutyRole:
    """End a duty role. It keeps its past, and its code is not used again.

    Raises StaleDutyRoleError, and ValidationError while shifts or calendars of it are left.
    """
    role = _locked(duty_role, version)
    left = Shift.objects.filter(duty_role=role, cancelled_at__isnull=True, ends_at__gt=at).count()
    if left:
        raise ValidationError(f"{role.name} has {counted(left, 'shift')} left. Cancel or move them first.")
    if role.calendar_feeds.filter(ended_at__isnull=True).exists():
        raise ValidationError(f"A calendar is read for {role.name}. Stop reading it first.")
    role.retired_at = at
    DutyRole.objects.filter(deputy=role).update(deputy=None)
    return _store(role, ["retired_at"], "duty_role.retired", by, at)


def _check(role: DutyRole) -> None:
    if role.deputy is not None and role.deputy.centre_id != role.centre_id:
        raise ValidationError({"deputy": "The deputy must be a duty role of the same centre."})
    role.full_clean()


def _put_cover(role: DutyRole, cover: Sequence[Hours]) -> None:
    rows = [Cover(duty_role=role, weekday=each.weekday, starts=each.starts, ends=each.ends) for each in cover]
    if len({(each.weekday, each.starts) for each in cover}) < len(rows):
        raise ValidationError("The same hours are there twice. Remove one of them.")
    for row in rows:
        row.clean_fields()
    Cover.objects.bulk_create(rows)


def _locked(duty_role: DutyRole, version: int) -> DutyRole:
    role = DutyRole.objects.select_for_update(of=("self",)).select_related("centre", "deputy").get(pk=duty_role.pk)
    if role.version != version:
        raise StaleDutyRoleError(role)
    if role.retired_at is not None:
        raise ValidationError(f"{role.name} is retired and can no longer be changed.")
    return role


def _store(role: DutyRole, fields: list[str], verb: str, by: Actor, at: datetime) -> DutyRole:
    role.version += 1
    role.save(force_update=True)
    _audit(role, verb, by, at, fields=list(fields), version=role.version)
    return role


def _audit(role: DutyRole, verb: str, by: Actor, at: datetime, **details: audit.Detail) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="duty_role",
        subject_id=role.pk,
        details={"code": role.code, **details},
        centre=role.centre.slug,
    )
