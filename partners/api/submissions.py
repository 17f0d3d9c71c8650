"""/submissions/: figures in, and what became of them."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from partners import permissions
from partners.api import conditional, pagination, parameters
from partners.api.authentication import caller_of
from partners.api.documentation import (
    CENTRE,
    CSV,
    CURSOR,
    FIGURES,
    LIMIT,
    SINCE,
    STATE,
    SUBMISSION,
    SUBMISSION_ID,
    read,
    send_figures,
)
from partners.api.documents import instant, observation_document, submission_document, submission_entry
from partners.api.endpoint import EITHER, READ, SUBMIT, Endpoint
from partners.api.schemas import ref
from partners.api.submit import submit
from partners.models import Submission
from partners.queries import submissions as queries

_OBSERVATION = {
    "measure": "crisis-contacts-seen-in-4h",
    "version": 1,
    "period": "2026-03",
    "start": "2026-03-01",
    "end": "2026-03-31",
    "breakdown": {"ethnic_group": "A"},
    "state": "reported",
    "numerator": 12,
    "denominator": 14,
    "reason": "",
    "current": True,
}


class Submissions(Endpoint):
    """The organisation's own submissions."""

    scopes = {"GET": READ, "HEAD": READ, "POST": SUBMIT}

    @read(
        "list_submissions",
        ref("SubmissionPage"),
        tag=FIGURES,
        parameters=[CENTRE, STATE, SINCE, LIMIT, CURSOR],
        example={"results": [SUBMISSION], "next": None},
    )
    def get(self, request: Request) -> HttpResponse:
        """List the organisation's own submissions, newest first, with errors and warnings by code alone."""
        organisation = caller_of(request).organisation
        page = pagination.read(request, listing="submissions", parts=2)
        rows = queries.newest_first(
            organisation,
            centre=parameters.slug(request, "centre"),
            state=parameters.choice(request, "state", Submission.State.values),
            since=parameters.instant(request, "since"),
            after=page.after,
        )[: page.fetch]
        document = pagination.document(
            request,
            page,
            list(rows),
            key=lambda submission: (instant(submission.received_at), str(submission.pk)),
            show=submission_entry,
        )
        return conditional.answer(request, document, audience=organisation.code)

    @send_figures
    def post(self, request: Request) -> HttpResponse:
        """Send figures of one organisation for one centre: stored whole or not at all."""
        return submit(request, caller_of(request))


class OneSubmission(Endpoint):
    """A submission of the caller's organisation. A key that may only submit reads it too, to see what became of it."""

    scopes = {"GET": EITHER, "HEAD": EITHER}
    http_method_names = ["get", "head"]

    @read("read_submission", ref("Submission"), tag=FIGURES, parameters=[SUBMISSION_ID], example=SUBMISSION)
    def get(self, request: Request, submission_id: UUID) -> HttpResponse:
        """Read a submission as it stands: always 200, with its errors where it was rejected."""
        submission = _own(request, submission_id)
        return conditional.answer(request, submission_document(submission), audience=submission.organisation.code)


class SubmissionErrors(Endpoint):
    """Every error of a rejected submission."""

    scopes = {"GET": EITHER, "HEAD": EITHER}
    http_method_names = ["get", "head"]

    @read(
        "read_submission_errors",
        {"type": "string"},
        tag=FIGURES,
        parameters=[SUBMISSION_ID],
        media_type=CSV,
        example="index,row,column,code,detail\r\n4,6,numerator,negative-number,The number is below 0.\r\n",
    )
    def get(self, request: Request, submission_id: UUID) -> HttpResponse:
        """Read every error as CSV: index, row, column, code, detail; the header alone where there are none."""
        submission = _own(request, submission_id)
        answer = conditional.content(
            request,
            queries.error_lines(submission),
            "text/csv; charset=utf-8",
            audience=submission.organisation.code,
        )
        answer["Content-Disposition"] = f'attachment; filename="errors-{submission.pk}.csv"'
        return answer


class SubmissionObservations(Endpoint):
    """The rows that a submission added to the history."""

    http_method_names = ["get", "head"]

    @read(
        "list_submission_observations",
        ref("StoredObservationPage"),
        tag=FIGURES,
        parameters=[SUBMISSION_ID, LIMIT, CURSOR],
        example={"results": [_OBSERVATION], "next": None},
    )
    def get(self, request: Request, submission_id: UUID) -> HttpResponse:
        """List the rows that a submission added to the history; figures that were there already are not among them."""
        submission = _own(request, submission_id)
        page = pagination.read(request, listing=f"observations:{submission.pk}", parts=1)
        rows = queries.observations_made(submission, after=int(page.after[0]) if page.after else 0)[: page.fetch]
        document = pagination.document(
            request, page, list(rows), key=lambda observation: (str(observation.pk),), show=observation_document
        )
        return conditional.answer(request, document, audience=submission.organisation.code)


def _own(request: Request, submission_id: UUID) -> Submission:
    caller = caller_of(request)
    return permissions.get_submission_for(caller.viewer, submission_id, caller.at)
