"""Signals over a real server: versions come, only rise, and come without Redis too; a stream holds no connection."""

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import httpx
import psycopg
import pytest
from django.conf import LazySettings
from django.test import Client
from redis import Redis

from huddles.queries import facts
from huddles.services import board
from nhc import clock, live
from nhc.embedded.binaries import find_redis
from nhc.embedded.processes import free_port, wait_for
from nhc.embedded.redis import RedisServer
from nhc.live import Topic
from nhc.live import stream as streams
from nhc.models import UserSession
from partners.models import Membership
from tests.conftest import Database
from tests.huddles import boards, circle
from tests.huddles.circle import Circle
from tests.proxies import holding_back
from tests.serving import Served, web

SECONDS = 20.0
"""The longest that anything here may take on a busy machine; most takes a tenth of a second."""


def cookie(client: Client) -> dict[str, str]:
    """Return the header that makes a request somebody's."""
    return {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())}


class Stream:
    """A page that listens. `versions` are those it was told of, in order."""

    def __init__(self, port: int, client: Client, path: str) -> None:
        self.heard: Queue[str] = Queue()
        self.versions: list[int] = []
        self._stack = ExitStack()
        http = self._stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS))
        self.answer = self._stack.enter_context(http.stream("GET", path, headers=cookie(client)))
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            for line in self.answer.iter_lines():
                self.heard.put(line)
        except httpx.TransportError:
            pass
        self.heard.put("gone")

    def until(self, version: int) -> bool:
        """Wait until a version is heard of."""
        ends = time.monotonic() + SECONDS
        while not self.versions or self.versions[-1] < version:
            try:
                line = self.heard.get(timeout=max(0.0, ends - time.monotonic()))
            except Empty:
                return False
            if line.startswith('data: {"'):
                self.versions.append(json.loads(line.removeprefix("data: "))["version"])
        return True

    def ends(self) -> bool:
        """Wait until nothing more can come."""
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            with suppress(Empty):
                if self.heard.get(timeout=1) == "gone":
                    return True
        return False

    def close(self) -> None:
        self._stack.close()


@pytest.fixture(scope="module")
def around(committed_together: Database) -> Circle:
    return circle.gather(at=clock.now())


@pytest.fixture(scope="module")
def served(committed_together: Database, around: Circle) -> Iterator[Served]:
    with web(committed_together) as found:
        yield found


@contextmanager
def listening(port: int, around: Circle, number: int = 1) -> Iterator[list[Stream]]:
    client = boards.browser(around.ana)
    opened = [Stream(port, client, f"/centres/{around.centre.slug}/huddle/live/") for _ in range(number)]
    try:
        yield opened
    finally:
        for stream in opened:
            stream.close()


def change(around: Circle) -> int:
    """Change the board and return the version that it has then."""
    boards.card(around, at=clock.now())
    return facts.version_of(around.centre.pk)


def test_a_stream_says_at_once_where_the_board_is_and_then_each_change(served: Served, around: Circle) -> None:
    first = change(around)
    with listening(served.port, around) as (stream,):
        assert stream.until(first)
        assert stream.until(change(around))
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert stream.answer.headers["x-accel-buffering"] == "no"
        assert "no-transform" in stream.answer.headers["cache-control"]
        assert stream.versions == sorted(set(stream.versions))


def test_those_who_watch_hold_no_connection_to_the_database(served: Served, around: Circle) -> None:
    """There are more of them than connections in the pool, and pages still answer."""
    with listening(served.port, around, 20) as many:
        last = change(around)
        assert all(stream.until(last) for stream in many)
        assert served.client.get("/readyz").status_code == 200


def test_without_redis_the_versions_still_come(committed_together: Database, around: Circle) -> None:
    with (
        web(committed_together, REDIS_URL="redis://127.0.0.1:1/0") as alone,
        listening(alone.port, around) as (stream,),
    ):
        assert stream.until(change(around))


def listeners(url: str, database: Database) -> int:
    """Return how many processes hear our channels."""
    with Redis.from_url(url) as client:
        heard = client.publish(f"live:{database.name}:nothing:0", "0")
    assert isinstance(heard, int)
    return heard


@pytest.mark.fault
def test_while_redis_stands_still_changes_come_and_it_is_listened_to_again(
    committed_together: Database, around: Circle, tmp_path: Path, settings: LazySettings
) -> None:
    home = tmp_path / "redis"
    redis = RedisServer(find_redis(), home, tmp_path / "log", free_port(), "password", dies_with_parent=True)
    redis.start()
    settings.REDIS_URL = redis.url
    try:
        with (
            web(committed_together, REDIS_URL=redis.url) as served,
            listening(served.port, around) as (stream,),
        ):
            assert stream.until(change(around))
            assert wait_for(lambda: listeners(redis.url, committed_together) == 1, seconds=SECONDS)
            redis.pause()
            assert stream.until(change(around))
            redis.restart()
            assert stream.until(change(around))
            assert wait_for(lambda: listeners(redis.url, committed_together) == 1, seconds=SECONDS)
    finally:
        redis.stop()


def test_what_is_no_version_ends_no_listening(
    served: Served, committed_together: Database, around: Circle, settings: LazySettings
) -> None:
    url = settings.REDIS_URL
    with listening(served.port, around) as (stream,):
        assert stream.until(change(around))
        assert wait_for(lambda: listeners(url, committed_together) == 1, seconds=SECONDS)
        with Redis.from_url(url) as client:
            client.publish(f"live:{committed_together.name}:{board.KIND}:{around.centre.pk}", b"\xff\xfe")
        assert stream.until(change(around))
        assert listeners(url, committed_together) == 1


@pytest.mark.fault
def test_a_stream_ends_with_its_server_and_the_next_tells_what_was_missed(
    committed_together: Database, around: Circle
) -> None:
    port = free_port()
    with ExitStack() as serving:
        serving.enter_context(web(committed_together, port=port))
        with listening(port, around) as (stream,):
            assert stream.until(change(around))
            serving.close()
            assert stream.ends()
    missed = change(around)
    with web(committed_together, port=port), listening(port, around) as (stream,):
        assert stream.until(missed)


def test_a_proxy_that_waits_for_two_kilobytes_has_them_at_once(served: Served, around: Circle) -> None:
    with holding_back(served.port, held=2048) as port, listening(port, around) as (stream,):
        assert stream.until(change(around))


def test_a_stream_that_has_lasted_long_enough_says_so(around: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LASTS", 0.0)

    async def said() -> bytes:
        answer = live.response(Topic(board.KIND, around.centre.pk), lambda: True)
        return b"".join([part async for part in answer])

    # In a thread of its own: another test may keep an event loop in this one.
    with ThreadPoolExecutor(1) as aside:
        assert aside.submit(asyncio.run, said()).result(SECONDS).endswith(b"event: again\ndata: {}\n\n")


def test_a_stream_is_for_those_who_take_part(served: Served, around: Circle) -> None:
    path = f"/centres/{around.centre.slug}/huddle/live/"
    for user, status in ((around.olu, 403), (around.eve, 404)):
        assert served.client.get(path, headers=cookie(boards.browser(user))).status_code == status


def test_listening_does_not_count_as_being_there(served: Served, around: Circle) -> None:
    with listening(served.port, around) as (stream,):
        row = UserSession.objects.filter(user=around.ana).latest("active_at")
        assert stream.until(change(around))
        row.refresh_from_db()
        assert row.active_at == row.began_at


def test_the_application_needs_no_more_than_its_pool(committed_together: Database, served: Served) -> None:
    """What earlier tests opened is let go of."""
    with psycopg.connect(committed_together.owner_url) as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'nhc_app'"

        def few() -> bool:
            return int(connection.execute(asked).fetchone()[0]) <= 13  # type: ignore[index]  # a count has a row

        assert wait_for(few, seconds=SECONDS)


def test_a_placement_that_ends_closes_the_door(around: Circle, served: Served) -> None:
    client = boards.browser(around.cai)
    Membership.objects.filter(user=around.cai).update(ends_at=clock.now())
    path = f"/centres/{around.centre.slug}/huddle/live/"
    assert served.client.get(path, headers=cookie(client)).status_code == 404
