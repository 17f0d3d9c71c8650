"""Limits on how often a key may ask, against a real Redis, a silent one and none at all."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import LazySettings
from django.test import Client
from redis import Redis

from partners.api import throttle
from partners.api.throttle import Bucket
from tests import cast
from tests.cast import Cast
from tests.partners.conftest import client

DIMENSIONS = "/api/v1/dimensions/"


@pytest.fixture
def bucket(settings: LazySettings) -> Bucket:
    return Bucket(settings.REDIS_URL, timeout=5)


@pytest.fixture
def credential(settings: LazySettings) -> Iterator[str]:
    yield "test:limits"
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete("throttle:test:limits")


def open_socket() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def test_a_burst_passes_and_the_next_is_told_when(bucket: Bucket, credential: str) -> None:
    waits = [bucket.take(credential, per_minute=1, burst=3) for _ in range(4)]
    assert waits[:3] == [0, 0, 0]
    assert 50 < waits[3] <= 60


def test_tokens_come_back_with_time_and_never_beyond_the_burst(
    bucket: Bucket, credential: str, settings: LazySettings
) -> None:
    assert [bucket.take(credential, per_minute=60, burst=2) > 0 for _ in range(3)] == [False, False, True]
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.hincrby(f"throttle:{credential}", "at", -3_600_000)
    assert [bucket.take(credential, per_minute=60, burst=2) > 0 for _ in range(3)] == [False, False, True]


def test_a_bucket_is_forgotten_once_it_would_be_full(bucket: Bucket, credential: str, settings: LazySettings) -> None:
    bucket.take(credential, per_minute=60, burst=2)
    with Redis.from_url(settings.REDIS_URL) as redis:
        assert 0 < redis.pttl(f"throttle:{credential}") <= 3_000


def test_many_at_once_share_one_bucket(bucket: Bucket, credential: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: bucket.take(credential, per_minute=1, burst=10), range(40)))
    assert waits.count(0) == 10


@pytest.mark.django_db
def test_too_many_requests_are_told_how_long_to_wait(people: Cast, settings: LazySettings) -> None:
    settings.THROTTLE_PER_MINUTE, settings.THROTTLE_BURST = 6, 2
    caller = client(cast.key(people.trust))
    answers = [caller.get(DIMENSIONS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 10
    assert answers[2]["Content-Type"] == "application/problem+json"
    assert answers[2]["Cache-Control"] == "private, no-cache"


@pytest.mark.django_db
def test_keys_of_one_organisation_do_not_share_a_limit(people: Cast, settings: LazySettings) -> None:
    settings.THROTTLE_PER_MINUTE, settings.THROTTLE_BURST = 1, 1
    first, second = client(cast.key(people.trust)), client(cast.key(people.trust))
    statuses = [caller.get(DIMENSIONS).status_code for caller in (first, first, second)]
    assert statuses == [200, 429, 200]


@pytest.mark.django_db
def test_nobody_uses_up_a_key_by_guessing(people: Cast, settings: LazySettings) -> None:
    settings.THROTTLE_PER_MINUTE, settings.THROTTLE_BURST = 1, 1
    text = cast.key(people.trust)
    assert Client(headers={"Authorization": f"Bearer {text[:-1]}"}).get(DIMENSIONS).status_code == 401
    assert client(text).get(DIMENSIONS).status_code == 200


@pytest.mark.django_db
def test_without_redis_everyone_passes(people: Cast, settings: LazySettings) -> None:
    with open_socket() as listener:
        port = listener.getsockname()[1]
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    settings.THROTTLE_BURST = 1
    caller = client(cast.key(people.trust))
    assert [caller.get(DIMENSIONS).status_code for _ in range(3)] == [200, 200, 200]


def test_a_silent_redis_is_asked_once_and_then_left_alone() -> None:
    with open_socket() as listener:
        listener.settimeout(0.1)
        bucket = Bucket(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", timeout=0.2)
        waits = [bucket.take("test:silent", per_minute=1, burst=1) for _ in range(20)]
        connections = _accepted(listener)
    assert set(waits) == {0}
    assert connections == 1


def test_redis_is_asked_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "LEFT_ALONE", 0.0)
    with open_socket() as listener:
        listener.settimeout(0.1)
        bucket = Bucket(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", timeout=0.1)
        for _ in range(3):
            bucket.take("test:silent", per_minute=1, burst=1)
        assert _accepted(listener) == 3


def test_a_failure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    bucket = Bucket("redis://127.0.0.1:1/0", timeout=0.2)
    threads = [threading.Thread(target=lambda: bucket.take("test", per_minute=1, burst=1)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("throttle_without_redis" in record.getMessage() for record in caplog.records) == 1


def _accepted(listener: socket.socket) -> int:
    count = 0
    try:
        while count < 100:
            connection, _ = listener.accept()
            connection.close()
            count += 1
    except TimeoutError:
        pass
    return count
