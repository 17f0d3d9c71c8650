"""Requests with an `Idempotency-Key`: done once, and answered alike however often they are sent."""

import re
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from nhc.problems import Problem
from partners.api.authentication import Caller
from partners.api.parameters import KEY_PATTERN, LONGEST_KEY
from partners.services import idempotency

RETRY_AFTER_SECONDS = 2

type Work = Callable[[], tuple[HttpResponse, UUID | None]]
"""Does what was asked and returns the answer, with the submission that it is about where there is one."""


def key_of(request: Request) -> str | None:
    """Return the key that a request carries, quoted or bare; None where it has none. Raises Problem (400)."""
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


def request_of(key: str, request: Request, caller: Caller, media_type: str, body: bytes) -> idempotency.KeyedRequest:
    """Return a keyed request: its key is the caller's own, its fingerprint of what it says."""
    mark = idempotency.fingerprint(
        method="POST",
        path=request.path,
        query=request.META.get("QUERY_STRING", ""),
        media_type=media_type,
        body=body,
    )
    return idempotency.KeyedRequest(caller=caller.credential, key=key, fingerprint=mark)


def once(keyed: idempotency.KeyedRequest, work: Work, *, at: datetime) -> HttpResponse:
    """Do the work and keep its answer, or return the one that is kept. What the work raises is kept nowhere.

    Raises Problem: 409 while the first request runs, 422 for a key that belongs to another request.
    """
    try:
        with transaction.atomic():
            kept = idempotency.find(keyed, at=at)
            if isinstance(kept, idempotency.Answer):
                return _replayed(kept)
            answer, submission_id = work()
            idempotency.keep(
                keyed,
                idempotency.Answer(answer.status_code, idempotency.headers_kept(answer.headers), answer.content),
                begun=kept,
                submission_id=submission_id,
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
