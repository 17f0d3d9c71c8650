"""Exceptions for named people: made by a privacy officer for a while, and ended by one before their time."""

from datetime import datetime, timedelta

from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from nhc import audit
from nhc.actors import Actor
from nhc.models import User
from partners.models import Centre, CentreException
from partners.queries.exceptions import READ_CENTRE

LONGEST = timedelta(days=90)
"""The database refuses a longer one too."""


@transaction.atomic
def grant_exception(
    *, user: User, centre: Centre, reason: str, expires_at: datetime, by: Actor, at: datetime
) -> CentreException:
    """Let a named person read a centre's dashboard, under the small-number rule, from now until `expires_at`.

    Raises ValidationError for an end that has passed or is more than 90 days away, without a reason, for oneself and
    for a person who has an exception for the centre already.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError("Say why this person needs it.")
    if not at < expires_at <= at + LONGEST:
        raise ValidationError("An exception ends within 90 days. Choose an earlier end that is still to come.")
    if by.user_id is None or by.user_id == user.pk:
        raise ValidationError("Nobody makes an exception for themselves. Ask another privacy officer.")
    try:
        with transaction.atomic():
            made: CentreException = CentreException.objects.create(
                user=user,
                content_object=centre,
                permission=Permission.objects.get(content_type__app_label="partners", codename=READ_CENTRE),
                reason=reason,
                granted_by_id=by.user_id,
                granted_at=at,
                expires_at=expires_at,
            )
    except IntegrityError as error:
        raise ValidationError("This person has an exception for the centre already. End that one first.") from error
    audit.record(
        by=by,
        at=at,
        verb="exception.granted",
        subject="exception",
        subject_id=made.pk,
        details={"user": user.pk, "expires_at": expires_at.isoformat(timespec="seconds")},
        centre=centre.slug,
    )
    return made


@transaction.atomic
def revoke_exception(*, exception: CentreException, by: Actor, at: datetime) -> CentreException:
    """End an exception at once. One that has ended by itself or was ended before stays as it is."""
    locked: CentreException = (
        CentreException.objects.select_for_update(of=("self",)).select_related("content_object").get(pk=exception.pk)
    )
    if locked.revoked_at is not None or locked.expires_at <= at:
        return locked
    locked.revoked_at, locked.revoked_by_id = at, by.user_id
    locked.save(update_fields=["revoked_at", "revoked_by"])
    audit.record(
        by=by,
        at=at,
        verb="exception.revoked",
        subject="exception",
        subject_id=locked.pk,
        details={"user": locked.user_id, "fields": ["revoked_at", "revoked_by"]},
        centre=locked.content_object.slug,
    )
    return locked
