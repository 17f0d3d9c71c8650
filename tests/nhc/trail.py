"""The audit trail under test: events, writers in other transactions, and somebody who may do anything to the tables."""

from datetime import datetime

import psycopg
from django.db import transaction

from nhc import audit, clock, seals
from nhc.actors import Actor
from nhc.embedded.processes import attempts
from nhc.models import AuditEvent
from nhc.seals import Head
from nhc.verification import verify
from tests.conftest import Database

SYSTEM = Actor.system("night run")
INSERT = """
INSERT INTO nhc_auditevent (at, transaction_id, actor_kind, key_prefix, system_name, verb, subject, subject_id, centre,
                            organisation, request_id, details)
VALUES (now(), 0, 'system', '', 'another', 'x.done', 'x', '1', '', '', '', '{}') RETURNING id
"""


def write(count: int = 1) -> None:
    """Write events, each in a transaction of its own."""
    for number in range(count):
        with transaction.atomic():
            audit.record(
                by=SYSTEM,
                at=clock.now(),
                verb="measure.added",
                subject="measure",
                subject_id=number,
                details={"version": number, "words": "café\n", "codes": ["b", "a"]},
                centre="riverside",
            )


def seal(*, until: int | None = None, limit: int = seals.EVENTS_PER_SEAL) -> list[Head]:
    """Seal everything, or up to an event. Tests in other databases of this server also run transactions: wait for them.

    Fails after three minutes, which no transaction of a test takes.
    """
    made: list[Head] = []
    for _ in attempts(180, pause=0.02):
        made += seals.seal_settled(at=clock.now(), limit=limit)
        if not AuditEvent.objects.filter(pk__gt=seals.sealed_to(), pk__lte=until or 2**62).exists():
            return made
    raise TimeoutError("Another transaction of this server has run for three minutes, and no event after it is sealed.")


def found(at: datetime | None = None) -> list[str]:
    """Return what a verification finds, in its words."""
    return [str(finding) for finding in verify(at=at or clock.now())]


def open_transaction(database: Database) -> tuple[psycopg.Connection, int]:
    """Write one event in another session as the application, not committed; return the session and the event."""
    writer = psycopg.connect(database.application_url)
    row = writer.execute(INSERT).fetchone()
    assert row is not None
    return writer, int(row[0])


def tamper(database: Database, statement: str) -> None:
    """Do something to the tables as a superuser, past every trigger."""
    with psycopg.connect(database.owner_url, options="-c session_replication_role=replica") as superuser:
        superuser.execute(statement.encode())
