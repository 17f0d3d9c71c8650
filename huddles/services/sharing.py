"""What people say about sharing their record with an organisation. Every getter asks it."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

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

    What was said in a record that reads as this one ends too. The team that is responsible sees the record whatever is
    said about its own organisation. Saying the same again changes nothing. Raises ValidationError for an organisation
    that is no partner of the centre.
    """
    locked = lock(person)
    if not organisations.is_partner(organisation, locked.centre, london_date(at)):
        raise ValidationError({"organisation": f"{organisation.name} is not a partner of the centre today."})
    standing = SharingPreference.objects.filter(
        current(at), Q(person=locked) | Q(person__merged_into=locked), organisation=organisation
    )
    said = {each.person_id: each for each in standing}
    own = said.get(locked.pk)
    if own is not None and own.reason == reason.strip() and all(each.shares == shares for each in said.values()):
        return own
    for each in said.values():
        each.ends_at = at
        each.save(update_fields=["ends_at"])
    return _say(locked, organisation, shares=shares, reason=reason.strip(), by=by, at=at)


def say_again(*, person: Person, since: datetime, by: Actor, at: datetime) -> None:
    """Say again what a record said itself that is parted now, and what was ended in the other one's name meanwhile.

    The caller's transaction holds the record; `since` is when it began to read as the other.
    """
    ended = SharingPreference.objects.filter(person=person, ends_at__gt=since).select_related("organisation")
    for each in ended.order_by("pk"):
        _say(person, each.organisation, shares=each.shares, reason=each.reason, by=by, at=at)


def _say(
    person: Person, organisation: "Organisation", *, shares: bool, reason: str, by: Actor, at: datetime
) -> SharingPreference:
    said = SharingPreference(
        person=person,
        organisation=organisation,
        shares=shares,
        reason=reason,
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
        subject_id=person.reference,
        details={"with": organisation.code, "shares": shares},
        centre=person.centre.slug,
        organisation=organisation.code,
    )
    return said
