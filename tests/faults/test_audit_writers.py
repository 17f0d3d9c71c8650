"""Two hundred writers at once while the sealer runs: nobody waits for the audit, everything is sealed and verifies."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, connections

from nhc import clock, seals
from nhc.models import AuditEvent, AuditSeal
from tests.conftest import Database
from tests.nhc.trail import found, seal, write

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("servers")]

WRITERS, EVENTS = 200, 10
# Growing a table by a page is PostgreSQL's own affair, for whichever table rows come in together.
WAITING = """
SELECT count(*) FROM pg_locks
 WHERE NOT granted AND locktype <> 'extend'
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@contextmanager
def roomy_pool() -> Iterator[None]:
    """Let the application hold a connection for every writer."""
    pool = connection.settings_dict["OPTIONS"]["pool"]
    usual = dict(pool)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # the PostgreSQL backend has it
    pool.update(max_size=WRITERS + 10, timeout=60)
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # likewise
        pool.clear()
        pool.update(usual)


def test_two_hundred_writers_wait_for_no_lock_and_all_is_sealed(committed: Database) -> None:
    failures: list[BaseException] = []
    start, over = threading.Barrier(WRITERS + 2), threading.Event()
    waits: list[int] = []
    runs: list[int] = []

    def write_some() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            start.wait(60)
            write(EVENTS)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    def keep_sealing() -> None:
        try:
            start.wait(60)
            while not over.is_set():
                # A seal a run, so that it runs often while they write.
                runs.append(len(seals.seal_settled(at=clock.now(), limit=100, seals=1)))
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    with roomy_pool(), psycopg.connect(committed.owner_url, autocommit=True) as watcher:
        writers = [threading.Thread(target=write_some) for _ in range(WRITERS)]
        sealer = threading.Thread(target=keep_sealing)
        for thread in (*writers, sealer):
            thread.start()
        start.wait(60)
        while any(thread.is_alive() for thread in writers):
            row = watcher.execute(WAITING).fetchone()
            assert row is not None
            waits.append(row[0])
            writers[0].join(0.005)
        for thread in writers:
            thread.join(60)
        over.set()
        sealer.join(60)
        assert failures == []
        assert AuditEvent.objects.count() == WRITERS * EVENTS
        assert (len(waits) > 10, sum(waits)) == (True, 0)
        assert len(runs) > 1
        seal()
        sealed = [event_id for one in AuditSeal.objects.all() for event_id in one.event_ids]
        assert len(sealed) == len(set(sealed)) == WRITERS * EVENTS
        assert found() == []
