"""From a figure to the submissions, rows and people that made it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from partners.queries import figures as figure_queries

if TYPE_CHECKING:
    from partners.models import Centre, Measure, Observation, Organisation


@dataclass(frozen=True, slots=True)
class Source:
    """One organisation's observation behind a rolled-up figure, exact. `sent_by` is a person, a key or the system."""

    organisation: "Organisation"
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
    centre: "Centre",
    measure: "Measure",
    period_start: date,
    *,
    dimension: str | None = None,
    category: str | None = None,
    as_known_at: datetime | None = None,
) -> list[Source]:
    """Return what made the figures of a period, by organisation, totals first. One query; two for a past instant.

    Without a dimension every cell is returned; the empty one is the total.
    """
    revision = None if as_known_at is None else figure_queries.latest_revision(centre, as_known_at)
    rows = figure_queries.observations(
        centre, measure, period_start, dimension=dimension, category=category, revision=revision
    )
    return [_source(row) for row in rows]


def _source(row: "Observation") -> Source:
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
