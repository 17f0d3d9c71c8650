"""From a figure to the submissions, rows and people that made it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from dashboard.queries.rollups import latest_revision
from partners.models import Centre, Measure, Observation, Organisation


@dataclass(frozen=True, slots=True)
class Source:
    """One organisation's observation behind a rolled-up figure, exact. `sent_by` is a person, a key or the system."""

    organisation: Organisation
    submission: UUID
    received_at: datetime
    sent_by: str
    dimension: str
    category: str
    state: str
    reason: str
    numerator: Decimal | None
    denominator: Decimal | None


def lineage(
    centre: Centre,
    measure: Measure,
    period_start: date,
    *,
    dimension: str | None = None,
    category: str | None = None,
    as_known_at: datetime | None = None,
) -> list[Source]:
    """Return what made the figures of a period, by organisation, totals first. One query; two for a past instant.

    Without a dimension every cell is returned; the empty one is the total.
    """
    found = Observation.objects.filter(_open_at(centre, as_known_at), centre=centre, measure=measure)
    found = found.filter(period_start=period_start)
    if dimension is not None:
        found = found.filter(dimension=dimension)
    if category is not None:
        found = found.filter(category=category)
    found = found.select_related("organisation", "submission__user", "submission__api_key")
    return [_source(row) for row in found.order_by("dimension", "category", "organisation__code")]


def _open_at(centre: Centre, at: datetime | None) -> Q:
    if at is None:
        return Q(closed_seq__isnull=True)
    revision = latest_revision(centre, at)
    return Q(opened_seq__lte=revision) & (Q(closed_seq__isnull=True) | Q(closed_seq__gt=revision))


def _source(row: Observation) -> Source:
    submission = row.submission
    if submission.user is not None:
        sent_by = submission.user.name
    elif submission.api_key is not None:
        sent_by = f"API key {submission.api_key.prefix}"
    else:
        sent_by = submission.system_name
    return Source(
        organisation=row.organisation,
        submission=submission.pk,
        received_at=submission.received_at,
        sent_by=sent_by,
        dimension=row.dimension,
        category=row.category,
        state=row.state,
        reason=row.reason,
        numerator=row.numerator,
        denominator=row.denominator,
    )
