"""Looks: whoever sees who somebody is, or what is written about them, leaves one event for each person seen."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from huddles.models import Person
from nhc import audit
from nhc.actors import Actor


@transaction.atomic
def looked(*, people: Iterable[Person], why: str, through: Iterable[str] = (), by: Actor, at: datetime) -> int:
    """Record that somebody saw people; return how many. Each person counts once.

    `why` is where: `record`, `search`, `referral` or an export's name. `through` is what let them in, as
    `huddles.permissions.people.reasons` names it. The event's subject is the person's reference.
    """
    seen = {person.pk: person for person in people}
    reasons = sorted(through)
    for person in seen.values():
        audit.record(
            by=by,
            at=at,
            verb="person.looked",
            subject="person",
            subject_id=person.reference,
            details={"why": why, "through": [*reasons]},
            centre=person.centre.slug,
        )
    return len(seen)
