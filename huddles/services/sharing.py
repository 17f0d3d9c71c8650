"""What people say about sharing their record with an organisation. Every getter asks it."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from huddles.models import Person, SharingPreference
from huddles.services.people import lock
from nhc import audit
from nhc.actors import Actor
from nhc.clock import london_date
from partners.queries import organisations
from partners.queries.people import current

if TYPE_CHECKING:
    from partners.models import Organisation


@transaction.atomic
def set_sharing(
    *, person: Person, organisation: "Organisation", shares: bool, reason: str = "", by: Actor, at: datetime
) -> SharingPreference:
    """Record whether somebody shares their record with an organisation from now on, in place of what they said before.

    Saying the same again changes nothing. Raises ValidationError for an organisation that is no partner of the centre.
    """
    locked = lock(person)
    if not organisations.is_partner(organisation, locked.centre, london_date(at)):
        raise ValidationError({"organisation": f"{organisation.name} is not a partner of the centre today."})
    last = SharingPreference.objects.filter(current(at), person=locked, organisation=organisation).first()
    if last is not None and last.shares == shares and last.reason == reason.strip():
        return last
    if last is not None:
        last.ends_at = at
        last.save(update_fields=["ends_at"])
    said = SharingPreference(
        person=locked,
        organisation=organisation,
        shares=shares,
        reason=reason.strip(),
        recorded_by_id=by.user_id,
        starts_at=at,
    )
    said.full_clean()
    said.save(force_insert=True)
    audit.record(
        by=by,
        at=at,
        verb="sharing.set",
        subject="person",
        subject_id=locked.reference,
        details={"with": organisation.code, "shares": shares},
        centre=locked.centre.slug,
        organisation=organisation.code,
    )
    return said
