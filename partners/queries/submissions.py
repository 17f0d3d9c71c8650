"""Submissions of one organisation, and the observations each one made."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from partners.models import Observation, Organisation, Submission


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of submissions begins: after the one received then, with that identifier."""

    received_at: datetime
    id: UUID


def by_id(submission_id: UUID) -> Submission | None:
    """Return one submission with its organisation and centre, whoever sent it."""
    return Submission.objects.select_related("organisation", "centre").filter(pk=submission_id).first()


def newest_first(
    organisation: Organisation,
    *,
    centre: str | None = None,
    state: str | None = None,
    since: datetime | None = None,
    after: Place | None = None,
) -> QuerySet[Submission]:
    """Return an organisation's submissions, newest first, with their centres."""
    found = Submission.objects.filter(organisation=organisation).select_related("organisation", "centre")
    if centre is not None:
        found = found.filter(centre__slug=centre)
    if state is not None:
        found = found.filter(state=state)
    if since is not None:
        found = found.filter(received_at__gte=since)
    if after is not None:
        # A row comparison, so that the index on (organisation, received_at, id) answers it.
        found = found.extra(
            where=["(partners_submission.received_at, partners_submission.id) < (%s, %s)"],
            params=[after.received_at, after.id],
        )
    return found.order_by("-received_at", "-id")


def observations_made(submission: Submission, *, after: int = 0) -> QuerySet[Observation]:
    """Return the rows a submission added to the history, in the order in which they were stored."""
    return (
        Observation.objects.filter(submission=submission, pk__gt=after)
        .select_related("measure", "version")
        .order_by("pk")
    )
