"""Grants: a named person reads one person's record for a while, because a privacy officer lets them."""

from datetime import datetime, timedelta

from django.contrib.auth.models import Permission as ModelPermission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from huddles.models import Person, RecordGrant
from huddles.queries import workers
from huddles.queries.circles import READ_RECORD
from huddles.services.people import lock
from nhc import audit
from nhc.actors import Actor
from nhc.models import User

LONGEST = timedelta(days=90)
"""The database refuses a longer one too."""


@transaction.atomic
def grant_record(
    *, person: Person, user: User, reason: str, expires_at: datetime, by: Actor, at: datetime
) -> RecordGrant:
    """Let somebody who works with people at the centre read one record, sensitive or not, until `expires_at`.

    Raises ValidationError without a reason, for an end that has passed or is more than 90 days away, for oneself, for
    somebody who sees no records there, and where they have a grant already.
    """
    locked = lock(person)
    if not reason.strip():
        raise ValidationError({"reason": "Say why this person needs it."})
    if not at < expires_at <= at + LONGEST:
        raise ValidationError({"expires_on": "A grant ends within 90 days. Choose an earlier end, still to come."})
    if by.user_id is None or by.user_id == user.pk:
        raise ValidationError("Nobody makes an exception for themselves. Ask another privacy officer.")
    if user.pk not in workers.of_centre(locked.centre, at):
        raise ValidationError({"email": "Choose somebody who works at the centre with the people it supports."})
    try:
        with transaction.atomic():
            grant: RecordGrant = RecordGrant.objects.create(
                user=user,
                content_object=locked,
                permission=ModelPermission.objects.get(content_type__app_label="huddles", codename=READ_RECORD),
                reason=reason.strip(),
                granted_by_id=by.user_id,
                granted_at=at,
                expires_at=expires_at,
            )
    except IntegrityError as error:
        raise ValidationError("They may read this record already. End that exception first.") from error
    _record("grant.made", grant, by, at)
    return grant


@transaction.atomic
def revoke_grant(*, grant: RecordGrant, by: Actor, at: datetime) -> RecordGrant:
    """End a grant at once. One that has ended by itself or was ended before stays as it is."""
    locked: RecordGrant = (
        RecordGrant.objects.select_for_update(of=("self",)).select_related("content_object__centre").get(pk=grant.pk)
    )
    if locked.revoked_at is not None or locked.expires_at <= at:
        return locked
    locked.revoked_at, locked.revoked_by_id = at, by.user_id
    locked.save(update_fields=["revoked_at", "revoked_by"])
    _record("grant.ended", locked, by, at)
    return locked


def _record(verb: str, grant: RecordGrant, by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="person",
        subject_id=grant.content_object.reference,
        details={"grant": grant.pk, "user": grant.user_id, "until": grant.expires_at.isoformat(timespec="seconds")},
        centre=grant.content_object.centre.slug,
    )
