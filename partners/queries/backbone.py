"""What a centre's backbone sends: whether a measure is collected, who owes it, and what was sent last."""

from datetime import date

from partners.models import Centre, Collection, Observation, Organisation, Return
from partners.queries.organisations import holds_on


def is_collected(centre: Centre, code: str) -> bool:
    """Whether a centre collects a measure, ever did or will."""
    return Collection.objects.filter(centre=centre, measure__code=code).exists()


def sender(centre: Centre, code: str, day: date) -> Organisation | None:
    """Return the organisation that owes a measure at a centre on a day. None where nobody does."""
    owed = (
        Return.objects.filter(holds_on(day), centre=centre, measures__measure__code=code)
        .select_related("organisation")
        .order_by("organisation__code")
        .first()
    )
    return None if owed is None else owed.organisation


def last_sent(organisation: Organisation, centre: Centre, code: str, month: date) -> Observation | None:
    """Return the total that an organisation's last submission left of a measure and month."""
    return Observation.objects.filter(
        organisation=organisation,
        centre=centre,
        measure__code=code,
        period_start=month,
        dimension="",
        closed_seq__isnull=True,
    ).first()
