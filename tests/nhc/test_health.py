"""/healthz and /readyz: what is away is named, and only a database that cannot serve makes the process unready."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import time_machine
from django.conf import LazySettings
from django.db import connections
from django.test import Client
from psycopg import sql

from dashboard.models import RollupRun
from nhc import clock
from nhc.embedded.processes import free_port
from nhc.models import Heartbeat
from tests.conftest import Database

PARTS = dict.fromkeys(("database", "clock", "beat", "worker", "downtime_sheets", "night_run", "redis"), "ok")


@pytest.fixture
def well(db: None) -> datetime:
    """Leave signs of life of every part as of now, and return that instant."""
    at = clock.now()
    for part in ("beat", "worker", "downtime_sheets"):
        Heartbeat.objects.create(part=part, seen_at=at)
    night(at)
    return at


def night(finished: datetime) -> RollupRun:
    return RollupRun.objects.create(
        kind="night", business_date=finished.date(), state="succeeded", due_at=finished, finished_at=finished
    )


def ready(client: Client) -> tuple[int, str, dict[str, str]]:
    answer = client.get("/readyz")
    document = answer.json()
    return answer.status_code, document["status"], document["parts"]


def degraded(client: Client) -> dict[str, str]:
    """Return the parts that are not in order, of a process that serves all the same."""
    status, word, parts = ready(client)
    assert (status, word, parts.keys()) == (200, "degraded", PARTS.keys())
    return {part: state for part, state in parts.items() if state != "ok"}


@pytest.mark.django_db
def test_everything_in_order_is_said_part_by_part(client: Client, well: datetime) -> None:
    assert ready(client) == (200, "ok", PARTS)


def test_the_process_answers_without_asking_anything(client: Client) -> None:
    assert (client.get("/healthz").status_code, client.get("/healthz").content) == (200, b"ok\n")


@pytest.mark.django_db
def test_a_database_where_nothing_ever_ran_serves(client: Client) -> None:
    never = {"beat": "not seen yet", "worker": "not asked: beat is silent", "night_run": "none has finished yet"}
    assert degraded(client) == never | {"downtime_sheets": "not seen yet"}


@pytest.mark.django_db
def test_sheets_that_miss_two_hours_are_old(client: Client, well: datetime) -> None:
    sheets = Heartbeat.objects.filter(part="downtime_sheets")
    sheets.update(seen_at=well - timedelta(hours=1))
    assert ready(client)[1] == "ok"
    sheets.update(seen_at=well - timedelta(hours=3))
    assert degraded(client).keys() == {"downtime_sheets"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("silent", "named"), [(["worker"], {"worker"}), (["beat"], {"beat"}), (["beat", "worker"], {"beat", "worker"})]
)
def test_a_silent_part_is_named_with_when_it_was_last_seen(
    client: Client, well: datetime, silent: list[str], named: set[str]
) -> None:
    last = well - timedelta(minutes=2, seconds=1)
    Heartbeat.objects.filter(part__in=silent).update(seen_at=last)
    found = degraded(client)
    assert found.keys() == named
    assert found[silent[0]] == f"not seen since {last.isoformat(timespec='seconds')}"


@pytest.mark.django_db
def test_a_night_that_is_late_is_named(client: Client, well: datetime) -> None:
    RollupRun.objects.update(finished_at=well - timedelta(hours=27, seconds=1))
    assert degraded(client).keys() == {"night_run"}


@pytest.mark.django_db
def test_a_night_that_found_differences_is_named_until_the_next_finds_none(client: Client, well: datetime) -> None:
    RollupRun.objects.update(differences=3)
    assert degraded(client) == {"night_run": "the check found 3 differences"}
    night(well + timedelta(days=1))
    assert ready(client) == (200, "ok", PARTS)


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "said"), [(30, "30 seconds from the database's clock"), (0, "ok")])
def test_a_clock_that_differs_from_the_databases_is_named(
    client: Client, well: datetime, seconds: int, said: str
) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True):
        assert ready(client)[2]["clock"] == said


@pytest.fixture
def silent_redis(settings: LazySettings) -> Iterator[socket.socket]:
    """Put a server that takes connections and never answers where Redis should be."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.1)
        settings.REDIS_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        yield listener


@pytest.mark.django_db
def test_redis_away_is_named(client: Client, well: datetime, settings: LazySettings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert degraded(client) == {"redis": "unreachable"}


@pytest.mark.django_db
def test_a_silent_redis_is_asked_once(client: Client, well: datetime, silent_redis: socket.socket) -> None:
    assert degraded(client) == {"redis": "unreachable"}
    silent_redis.accept()[0].close()
    with pytest.raises(TimeoutError):
        silent_redis.accept()


def test_a_database_without_its_tables_is_unmigrated(client: Client, committed: Database) -> None:
    with psycopg.connect(committed.owner_url) as owner:
        owner.execute("DELETE FROM django_migrations WHERE app = 'dashboard'")
        owner.execute("DROP TABLE dashboard_rolluprun CASCADE")
    assert ready(client) == (503, "unavailable", {"database": "unmigrated"})


def test_a_database_that_refuses_connections_is_unreachable(client: Client, committed: Database) -> None:
    server = psycopg.connect(committed.owner_url.replace(f"/{committed.name}", "/postgres"), autocommit=True)
    gone = sql.Identifier(f"{committed.name}_elsewhere")
    connections["default"].close()
    connections["default"].close_pool()  # type: ignore[attr-defined]  # the PostgreSQL backend has it
    with server:
        server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(committed.name), gone))
        try:
            assert ready(client) == (503, "unavailable", {"database": "unreachable"})
            assert client.get("/healthz").status_code == 200
        finally:
            server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(gone, sql.Identifier(committed.name)))
