"""/submissions/: figures in, and what became of them."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from partners import permissions
from partners.api import conditional, pagination, parameters
from partners.api.authentication import caller_of
from partners.api.documents import instant, observation_document, submission_document, submission_entry
from partners.api.endpoint import EITHER, READ, SUBMIT, Endpoint
from partners.api.submit import submit
from partners.models import Submission
from partners.queries import submissions as queries


class Submissions(Endpoint):
    """The organisation's own submissions."""

    scopes = {"GET": READ, "HEAD": READ, "POST": SUBMIT}

    def get(self, request: Request) -> HttpResponse:
        """List them, newest first."""
        organisation = caller_of(request).organisation
        page = pagination.read(request, listing="submissions", parts=2)
        rows = queries.newest_first(
            organisation,
            centre=parameters.text(request, "centre"),
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

    def post(self, request: Request) -> HttpResponse:
        """Take figures in, whole or not at all."""
        return submit(request, caller_of(request))


class OneSubmission(Endpoint):
    """A submission of the caller's organisation. A key that may only submit reads it too, to see what became of it."""

    scopes = {"GET": EITHER, "HEAD": EITHER}
    http_method_names = ["get", "head"]

    def get(self, request: Request, submission_id: UUID) -> HttpResponse:
        """Return it as it stands, always with 200."""
        submission = _own(request, submission_id)
        return conditional.answer(request, submission_document(submission), audience=submission.organisation.code)


class SubmissionErrors(Endpoint):
    """Every error of a rejected submission."""

    scopes = {"GET": EITHER, "HEAD": EITHER}
    http_method_names = ["get", "head"]

    def get(self, request: Request, submission_id: UUID) -> HttpResponse:
        """Return them as CSV: index, row, column, code, detail; the header alone where there are none."""
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

    def get(self, request: Request, submission_id: UUID) -> HttpResponse:
        """List them in the order in which they were stored; figures that were there already are not among them."""
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
