"""The same keyed request again gets the same answer, and is done once.

The record is written in the transaction of the work, under an advisory lock on its key: a crash leaves neither, and a
second request while the first still runs is told so at once.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db import connection

from partners.models import IdempotencyRecord

KEPT = timedelta(days=30)
LOCK = 73003


class StillRunningError(Exception):
    """Another request with this key has not finished."""


class ReusedError(Exception):
    """The key was used before for another request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it was given: status, headers that belong to it, and body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """Work that is to be done. `contract_revision` is the contract's from before any of its rules was read."""

    contract_revision: int


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request with an idempotency key. `caller` is the credential that scopes the key."""

    caller: str
    key: str
    fingerprint: bytes


def fingerprint(*, method: str, path: str, query: str, media_type: str, body: bytes) -> bytes:
    """Return SHA-256 of method, path, sorted query string, media type and decoded body."""
    ordered = urlencode(sorted(parse_qsl(query, keep_blank_values=True)))
    head = "\n".join((method, path, ordered, media_type, ""))
    return hashlib.sha256(head.encode() + body).digest()


def find(request: KeyedRequest, *, at: datetime) -> Answer | Begun:
    """Hold the key until the transaction ends; return the kept answer, or a mark that the work is to be done.

    A kept rejection is forgotten once measures, returns or partnerships have changed since. Raises StillRunningError
    and ReusedError.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s)), "
            "(SELECT number FROM partners_contractrevision WHERE id = 1)",
            [LOCK, f"{request.caller} {request.key}"],
        )
        held, revision = cursor.fetchone()
    if not held:
        raise StillRunningError
    record = IdempotencyRecord.objects.filter(caller=request.caller, key=request.key).first()
    if record is None:
        return Begun(revision)
    if record.expires_at <= at:
        record.delete()
        return Begun(revision)
    if bytes(record.fingerprint) != request.fingerprint:
        raise ReusedError
    if record.status == 422 and record.contract_revision != revision:
        record.delete()
        return Begun(revision)
    return Answer(record.status, record.headers, bytes(record.body))


def keep(request: KeyedRequest, answer: Answer, *, begun: Begun, submission_id: UUID | None, at: datetime) -> None:
    """Keep the answer in the transaction of the work that `find` began.

    A contract that changed while the work was done makes a rejection outdated, not one by the new contract.
    """
    IdempotencyRecord.objects.create(
        caller=request.caller,
        key=request.key,
        fingerprint=request.fingerprint,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        submission_id=submission_id,
        contract_revision=begun.contract_revision,
        created_at=at,
        expires_at=at + KEPT,
    )


def headers_kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are part of an answer: where to look, when to ask again, and what the body is."""
    return {name: headers[name] for name in ("Content-Type", "Location", "Retry-After") if name in headers}
