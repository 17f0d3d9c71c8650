"""What whoever runs the service does with somebody's account: close it, end its sessions, help its person back in."""

from collections.abc import Mapping
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction

from nhc import account_notices, audit, password_reset, sessions
from nhc.actors import Actor
from nhc.models import User
from partners.models import AreaAppointment, Employment, Membership
from partners.queries.staff import lasting
from partners.services import areas, people

CHECKS: Mapping[str, str] = {
    "in-person": "Saw them and their photo identity",
    "video": "Saw them and their photo identity on a video call that was made to a number known before",
    "employer": "Their employer's administrator or line manager, who knows them, confirmed in person that it is them",
}
"""How an operator may have checked who somebody is. Codes, so that nothing about the person enters the trail."""


@transaction.atomic
def deactivate(*, user: User, by: Actor, at: datetime) -> None:
    """Close an account now, and end everything of its person: sessions, employments, placements, appointments.

    Nobody waits for their second step any more, nobody counts on their shifts, and swaps that wait lapse with the
    placements. An organisation whose last administrator it was needs a new one. Closed already, nothing changes.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    if not locked.is_active:
        return
    locked.is_active = False
    locked.save(update_fields=["is_active"])
    sessions.end(user=locked, reference=None, current_key=None, by=by, at=at)
    for employment in Employment.objects.filter(lasting(at), user=locked):
        people.end_employment(employment=employment, ends_at=at, even_last=True, by=by, at=at)
    for placement in Membership.objects.filter(lasting(at), user=locked):
        people.end_membership(membership=placement, ends_at=at, by=by, at=at)
    for appointment in AreaAppointment.objects.filter(lasting(at), user=locked):
        areas.end_appointment(appointment=appointment, ends_at=at, by=by, at=at)
    audit.record(by=by, at=at, verb="user.deactivated", subject="user", subject_id=locked.pk)


@transaction.atomic
def end_sessions(*, user: User, by: Actor, at: datetime) -> int:
    """Sign a person out everywhere; return how many sessions ended."""
    ended = sessions.end(user=user, reference=None, current_key=None, by=by, at=at)
    if not ended:
        audit.record(by=by, at=at, verb="user.sessions-ended", subject="user", subject_id=user.pk)
    return ended


@transaction.atomic
def remove_factors(*, user: User, checked: str, by: Actor, at: datetime) -> None:
    """Remove all second factors of somebody who lost them, after `checked` (of CHECKS) who it is, and sign them out.

    They set up new ones when they next sign in, and are told by e-mail. Raises ValidationError for another way to
    check, and for a person who has no factors.
    """
    _require_check(checked)
    User.objects.select_for_update().get(pk=user.pk)
    removed, _ = Authenticator.objects.filter(user=user).delete()
    if not removed:
        raise ValidationError(f"{user.name} has no second factor, so there is nothing to remove.")
    sessions.end(user=user, reference=None, current_key=None, by=by, at=at)
    audit.record(
        by=by,
        at=at,
        verb="user.factors-removed",
        subject="user",
        subject_id=user.pk,
        details={"checked": checked, "factors": removed},
    )
    account_notices.announce(user=user, change="factors-removed")


@transaction.atomic
def make_password_link(*, user: User, checked: str, by: Actor, at: datetime) -> str:
    """Return a link to a new password, to be handed to its person alone where no e-mail is sent.

    Good once, for an hour. Choosing a password with it proves the account's address, as `checked` says who it is.
    """
    _require_check(checked)
    audit.record(
        by=by, at=at, verb="user.password-link-made", subject="user", subject_id=user.pk, details={"checked": checked}
    )
    return password_reset.link_for(user)


def _require_check(checked: str) -> None:
    if checked not in CHECKS:
        raise ValidationError(f"Say how you checked who it is. Use one of: {', '.join(CHECKS)}.")
