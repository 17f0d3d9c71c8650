"""POST /submissions/: figures in."""

import re
from datetime import datetime

from django.db import transaction
from django.http import HttpResponse
from django.http.request import HttpRequest
from rest_framework.request import Request

from nhc import clock
from nhc.problems import MEDIA_TYPE, Problem
from nhc.rendering import encoder
from partners import formats
from partners.api import bodies
from partners.api.authentication import Caller
from partners.api.documents import submission_document
from partners.api.parameters import KEY_PATTERN, LONGEST_KEY
from partners.formats import MalformedError, TooManyObservationsError
from partners.models import Submission
from partners.services import idempotency, submissions
from partners.services.differences import Change
from partners.services.submissions import DryRunTooLargeError, Outcome, Upload

RETRY_AFTER_SECONDS = 2
_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": False}


def submit(request: Request, caller: Caller) -> HttpResponse:
    """Answer one POST. Raises Problem for everything that is kept nowhere."""
    at = clock.now()
    media_type = (request.content_type or "").split(";")[0].strip().lower()
    if media_type not in formats.MEDIA_TYPES:
        raise Problem(
            415,
            "unsupported-media-type",
            "Unsupported media type",
            f"Send one of: {', '.join(formats.MEDIA_TYPES)}.",
        )
    dry_run = _dry_run(request)
    key = _key(request)
    http: HttpRequest = request._request
    body = bodies.decoded(http)
    upload = Upload(
        organisation=caller.organisation,
        media_type=media_type,
        body=body,
        centre=request.query_params.get("centre"),
        mode=request.query_params.get("mode"),
        reason=request.query_params.get("reason"),
    )
    try:
        if dry_run:
            return _answer(submissions.receive(upload=upload, by=caller.actor, at=at, dry_run=True), http, dry_run=True)
        if key is None:
            return _answer(submissions.receive(upload=upload, by=caller.actor, at=at), http)
        return _once(_keyed(key, request, caller, media_type, body), upload, caller, http, at)
    except MalformedError as error:
        raise Problem(400, "malformed", "The body cannot be read", str(error)) from error
    except TooManyObservationsError as error:
        raise Problem(
            413,
            "too-many-observations",
            "Too many observations",
            "Send at most 200,000 observations at a time. Split the figures into several submissions.",
        ) from error
    except DryRunTooLargeError as error:
        raise Problem(
            413, "dry-run-too-large", "Too large for a dry run", "A dry run takes at most 5,000 observations."
        ) from error


def _dry_run(request: Request) -> bool:
    word = request.query_params.get("dry_run", "").lower()
    if word not in _FLAGS:
        raise Problem(400, "invalid-parameter", "Invalid parameter", "dry_run is true or false.")
    return _FLAGS[word]


def _key(request: Request) -> str | None:
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    if len(given) > LONGEST_KEY or not re.fullmatch(KEY_PATTERN, given):
        raise Problem(
            400,
            "invalid-idempotency-key",
            "Invalid Idempotency-Key",
            f"Use 1 to {LONGEST_KEY} printable ASCII characters, all within quotation marks or none of them one.",
        )
    return given.strip().strip('"')


def _keyed(key: str, request: Request, caller: Caller, media_type: str, body: bytes) -> idempotency.KeyedRequest:
    mark = idempotency.fingerprint(
        method="POST",
        path=request.path,
        query=request.META.get("QUERY_STRING", ""),
        media_type=media_type,
        body=body,
    )
    return idempotency.KeyedRequest(caller=caller.credential, key=key, fingerprint=mark)


def _once(
    keyed: idempotency.KeyedRequest, upload: Upload, caller: Caller, http: HttpRequest, at: datetime
) -> HttpResponse:
    try:
        with transaction.atomic():
            kept = idempotency.find(keyed, at=at)
            if isinstance(kept, idempotency.Answer):
                return _replayed(kept)
            outcome = submissions.receive(upload=upload, by=caller.actor, at=at)
            answer = _answer(outcome, http)
            idempotency.keep(
                keyed,
                idempotency.Answer(answer.status_code, idempotency.headers_kept(answer.headers), answer.content),
                begun=kept,
                submission_id=outcome.submission.pk,
                at=at,
            )
            return answer
    except idempotency.StillRunningError as error:
        raise Problem(
            409,
            "still-running",
            "Still running",
            "The first request with this Idempotency-Key has not finished. Ask again shortly.",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        ) from error
    except idempotency.ReusedError as error:
        raise Problem(
            422,
            "idempotency-key-reused",
            "The Idempotency-Key was used before",
            "This key belongs to another request. Use a new key for new content.",
        ) from error


def _replayed(kept: idempotency.Answer) -> HttpResponse:
    answer = HttpResponse(kept.body, status=kept.status)
    for name, value in kept.headers.items():
        answer[name] = value
    answer["Idempotent-Replayed"] = "true"
    return answer


def _answer(outcome: Outcome, http: HttpRequest, *, dry_run: bool = False) -> HttpResponse:
    submission = outcome.submission
    if submission.state == Submission.State.REJECTED and not dry_run:
        return _rejection(submission, http)
    document = submission_document(submission, dry_run=dry_run)
    if dry_run:
        document["changes"] = [_shown(change) for change in outcome.changes]
        return _json(document, 200)
    finished = submission.state == Submission.State.ACCEPTED
    answer = _json(document, 201 if finished else 202)
    answer["Location"] = http.build_absolute_uri(f"/api/v1/submissions/{submission.pk}/")
    if not finished:
        answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _shown(change: Change) -> dict[str, object]:
    return {"index": change.place, "kind": change.kind, "before": change.before, "after": change.after}


def _rejection(submission: Submission, http: HttpRequest) -> HttpResponse:
    wrong, received = submission.counts["rejected"], submission.counts["received"]
    problem = Problem(
        422,
        "submission-rejected",
        "The submission was rejected",
        f"{wrong} of {received} observations have errors; nothing was stored."
        if wrong
        else "The submission has errors; nothing was stored.",
        submission=submission.pk,
        errors=submission.errors,
    )
    answer = _json(problem.document(http), 422)
    answer["Content-Type"] = MEDIA_TYPE
    return answer


def _json(document: object, status: int) -> HttpResponse:
    return HttpResponse(encoder.encode(document), status=status, content_type="application/json")
