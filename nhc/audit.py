"""The audit trail: one function that writes one event in the transaction of the act."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import structlog
from django.db import connection

from nhc.actors import Actor

type Detail = str | int | bool | list[Detail] | dict[str, Detail] | None

_INSERT = """
INSERT INTO nhc_auditevent (at, transaction_id, actor_kind, user_id, key_prefix, system_name, verb, subject, subject_id,
                            centre, organisation, request_id, details)
VALUES (%s, pg_current_xact_id()::text::bigint, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)
"""


def record(
    *,
    by: Actor,
    at: datetime,
    verb: str,
    subject: str,
    subject_id: object,
    details: Mapping[str, Detail] | None = None,
    centre: str = "",
    organisation: str = "",
) -> None:
    """Write one event. `details` holds fields, versions, counts and codes; never clinical text or identity.

    Raises RuntimeError outside a transaction: an act and its event stand or fall together.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An audit event is written in the transaction of its act. Wrap both in atomic().")
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                at,
                by.kind,
                by.user_id,
                by.key_prefix,
                by.name if by.kind == "system" else "",
                verb,
                subject,
                str(subject_id),
                centre,
                organisation or by.organisation,
                request_id,
                msgspec.json.encode(details or {}).decode(),
            ],
        )
