"""Submissions of one organisation, the observations each one made, and its errors."""

import csv
import io
import zlib
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from partners.models import Observation, Organisation, Submission, SubmissionErrors

ERROR_COLUMNS = ("index", "row", "column", "code", "detail")


def by_id(submission_id: UUID) -> Submission | None:
    """Return one submission with its organisation and centre, whoever sent it."""
    return Submission.objects.select_related("organisation", "centre").filter(pk=submission_id).first()


def newest_first(
    organisation: Organisation,
    *,
    centre: str | None = None,
    state: str | None = None,
    since: datetime | None = None,
    after: tuple[str, ...] = (),
) -> QuerySet[Submission]:
    """Return an organisation's submissions, newest first, with their centres.

    `after` is the instant and identifier of the submission before the first one wanted.
    """
    found = Submission.objects.filter(organisation=organisation).select_related("organisation", "centre")
    if centre is not None:
        found = found.filter(centre__slug=centre)
    if state is not None:
        found = found.filter(state=state)
    if since is not None:
        found = found.filter(received_at__gte=since)
    if after:
        # A row comparison, so that the index on (organisation, received_at, id) answers it.
        found = found.extra(
            where=["(partners_submission.received_at, partners_submission.id) < (%s::timestamptz, %s::uuid)"],
            params=list(after),
        )
    return found.order_by("-received_at", "-id")


def observations_made(submission: Submission, *, after: int = 0) -> QuerySet[Observation]:
    """Return the rows a submission added to the history, in the order in which they were stored."""
    return (
        Observation.objects.filter(submission=submission, pk__gt=after)
        .select_related("measure", "version")
        .order_by("pk")
    )


def error_lines(submission: Submission) -> bytes:
    """Return errors.csv of a submission: every error, or the header alone."""
    stored = SubmissionErrors.objects.filter(submission=submission).first()
    if stored is not None:
        return zlib.decompress(bytes(stored.lines))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(ERROR_COLUMNS)
    for group in submission.errors:
        writer.writerow(["", "", "", group["code"], group["detail"]])
    return out.getvalue().encode()
