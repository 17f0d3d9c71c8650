"""Bodies that are too large, too deep, too many or too slow, sent to a real server: the documented answer, and no harm.

No harm means: memory stays bounded while they arrive, nothing is stored, and the server goes on answering.
"""

import contextlib
import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from partners.models import Observation, Submission
from tests import cast, serving
from tests.conftest import Database
from tests.serving import Served

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("servers")]

SUBMISSIONS = "/api/v1/submissions/"
JSON, LINES, TABLE = "application/json", "application/x-ndjson", "text/csv"
MOST = 250_000_000
"""Bytes that a hostile body may make the server hold over what it held idle."""
PIECE = b" " * 1_000_000


@dataclass
class Target:
    """A server under attack. `peak` is the most it held since it stood idle."""

    served: Served
    key: str
    peak: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def send(
        self, body: bytes | Iterable[bytes], media_type: str, address: str = SUBMISSIONS, **headers: str
    ) -> httpx.Response:
        given = {"Authorization": f"Bearer {self.key}", "Content-Type": media_type}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.served.client.post(address, content=body, headers=given | sent)

    def watch(self) -> None:
        while not self._over.wait(0.02):
            self.peak = max(self.peak, self.served.memory())

    def leave(self) -> None:
        self._over.set()


@pytest.fixture(scope="module")
def served(committed_together: Database) -> Iterator[tuple[Served, str]]:
    people = cast.gather()
    with serving.web(committed_together) as server:
        # What a first submission loads is no fault of what follows.
        good = b'{"centre": "riverside", "observations": []}'
        warm = server.client.post(
            SUBMISSIONS, content=good, headers={"Authorization": f"Bearer {people.trust_key}", "Content-Type": JSON}
        )
        assert warm.status_code == 422
        yield server, people.trust_key


@pytest.fixture
def target(served: tuple[Served, str]) -> Iterator[Target]:
    """Give a server, and see afterwards that it was not harmed."""
    server, key = served
    idle = server.memory()
    target = Target(server, key)
    watcher = threading.Thread(target=target.watch)
    watcher.start()
    try:
        yield target
        assert server.client.get("/healthz").status_code == 200
    finally:
        target.leave()
        watcher.join()
    assert target.peak - idle < MOST, f"{(target.peak - idle) / 1e6:.0f} MB over idle"
    # A rejected submission is on record with its errors and without a figure.
    assert not Submission.objects.exclude(state="rejected").exists()
    assert not Observation.objects.exists()


def bomb() -> bytes:
    """Return ten million bytes of gzip that unpack to ten thousand million spaces."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    first, again = (packer.compress(PIECE) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * 9_999


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"]


def test_a_gzip_bomb_is_cut_long_before_it_is_unpacked(target: Target) -> None:
    packed = bomb()
    assert len(packed) < 12_000_000
    for media_type in (JSON, LINES, TABLE):
        answer = target.send(packed, media_type, f"{SUBMISSIONS}?centre=riverside", Content_Encoding="gzip")
        assert problem(answer) == (413, "/problems/body-too-large")


def test_a_bomb_in_a_bomb_is_no_json(target: Target) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    twice = packer.compress(bomb()) + packer.flush()
    assert problem(target.send(twice, JSON, Content_Encoding="gzip")) == (400, "/problems/malformed")


def test_a_hundred_megabytes_that_say_so_are_refused_unread(target: Target) -> None:
    answer = target.send((PIECE for _ in range(100)), JSON, Content_Length="100000000")
    assert problem(answer) == (413, "/problems/body-too-large")


def test_a_hundred_megabytes_in_pieces_are_cut_at_the_limit(target: Target) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += len(PIECE)
            yield PIECE

    assert problem(target.send(pieces(), JSON)) == (413, "/problems/body-too-large")
    assert sent < 100_000_000


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (JSON, b'{"centre":"riverside","observations":[' + b",".join([b"{}"] * 200_001) + b"]}"),
        (LINES, b"{}\n" * 200_001),
        (TABLE, b"measure,period\n" + b"a,b\n" * 200_001),
    ],
)
def test_one_observation_too_many_is_refused(target: Target, media_type: str, body: bytes) -> None:
    answer = target.send(body, media_type, f"{SUBMISSIONS}?centre=riverside")
    assert problem(answer) == (413, "/problems/too-many-observations")


@pytest.mark.parametrize(
    ("media_type", "head", "again", "tail", "slug"),
    [
        (JSON, b'{"observations":[', b"1,", b"1]}", "too-many-observations"),
        (JSON, b'{"centre":[', b"[],", b'1],"observations":[]}', "too-many-observations"),
        (LINES, b'{"measure":[', b"[],", b"1]}", "too-many-observations"),
        (LINES, b"", b"\n", b"", "malformed"),
        (TABLE, b"measure,period\n", b"\n", b"", "malformed"),
        (TABLE, b"measure,period\n", b"ab,", b"", "malformed"),
    ],
    ids=["numbers", "lists-around", "lists-in-a-line", "blank-lines", "blank-rows", "cells"],
)
def test_a_large_body_of_next_to_nothing_costs_next_to_nothing(
    target: Target, media_type: str, head: bytes, again: bytes, tail: bytes, slug: str
) -> None:
    packed = gzip.compress(head + again * (63_000_000 // len(again)) + tail, compresslevel=1)
    answer = target.send(packed, media_type, f"{SUBMISSIONS}?centre=riverside", Content_Encoding="gzip")
    assert problem(answer) == (413 if slug == "too-many-observations" else 400, f"/problems/{slug}")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"centre":"riverside","observations":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_deep_nesting_cannot_be_read(target: Target, body: bytes) -> None:
    assert problem(target.send(body, JSON)) == (400, "/problems/malformed")


def test_a_number_of_ten_million_digits_is_no_figure(target: Target) -> None:
    figure = b'{"measure":"visits-to-community-partners","period":"2026-03","numerator":' + b"9" * 10_000_000 + b"}"
    answer = target.send(b'{"centre":"riverside","observations":[' + figure + b"]}", JSON)
    assert answer.status_code in {400, 422}


@contextlib.contextmanager
def begun(target: Target, *, length: int) -> Iterator[socket.socket]:
    """Open a connection whose head promises a body."""
    head = (
        f"POST {SUBMISSIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {target.key}\r\n"
        f"Content-Type: {JSON}\r\nContent-Length: {length}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", target.served.port), timeout=30) as connection:
        connection.sendall(head.encode())
        yield connection


def test_bodies_that_never_end_keep_nobody_waiting(target: Target) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(begun(target, length=10_000)).sendall(b'{"centre": "riverside"')
        assert target.served.client.get("/healthz").status_code == 200
        assert target.send(b'{"centre": "riverside", "observations": []}', JSON).status_code == 422


def test_a_body_that_trickles_in_is_read_to_its_end(target: Target) -> None:
    body = b'{"centre": "riverside", "observations": []}'
    with begun(target, length=len(body)) as connection:
        for place in range(0, len(body), 4):
            connection.sendall(body[place : place + 4])
            time.sleep(0.05)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 422")


def test_a_body_that_breaks_off_is_forgotten(target: Target) -> None:
    before = Submission.objects.count()
    for _ in range(20):
        with begun(target, length=10_000) as connection:
            connection.sendall(b'{"centre": "riverside", "observations": [')
    assert target.served.client.get("/healthz").status_code == 200
    assert Submission.objects.count() == before
