"""Work in the background: what a transaction queued is published once it is committed, however Redis fares."""

import base64
import json
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.test import Client
from redis import Redis

from nhc import jobs
from nhc.broker import Broker, BrokerUnavailableError
from nhc.celery import app
from nhc.embedded.processes import free_port
from nhc.models import AuditEvent, OutboxJob
from partners.models import Observation, Submission
from tests import cast
from tests.conftest import Database

pytestmark = pytest.mark.xdist_group("queue")

SUBMISSIONS = "/api/v1/submissions/"
TASK = "partners.tasks.process_submission"
AT_ONCE = timedelta(0)
MONTHS = [f"{year}-{month:02}" for year in range(2017, 2020) for month in range(1, 13)]


@pytest.fixture
def queue(settings: LazySettings, committed: Database) -> Iterator[str]:
    """Point at a Redis database that no other test uses, empty before and after; return its address."""
    settings.REDIS_URL = settings.REDIS_URL.rpartition("/")[0] + "/6"
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.flushdb()
        yield settings.REDIS_URL
        redis.flushdb()


@pytest.fixture
def silent(settings: LazySettings) -> Iterator[socket.socket]:
    """Put a server that takes connections and never answers where Redis should be."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.1)
        settings.REDIS_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        yield listener


def connections(listener: socket.socket) -> int:
    """Return how many connected since the last time."""
    count = 0
    try:
        while count < 100:
            listener.accept()[0].close()
            count += 1
    except TimeoutError:
        pass
    return count


def work(queue: str, *, times: int = 1) -> list[str]:
    """Run every message that waits, as a worker would, and return the names of their tasks."""
    names: list[str] = []
    with Redis.from_url(queue) as redis:
        while raw := redis.rpop("celery"):
            message = json.loads(raw)
            _, arguments, _ = json.loads(base64.b64decode(message["body"]))
            names.append(message["headers"]["task"])
            for _ in range(times):
                app.tasks[names[-1]](**arguments)
    return names


def send_many(key: str) -> str:
    """Send more figures than are taken at once, and return the state of the submission that answers."""
    figures = [{"measure": "visits-to-community-partners", "period": month, "numerator": 4} for month in MONTHS]
    answer = Client(headers={"Authorization": f"Bearer {key}"}).post(
        SUBMISSIONS, json.dumps({"centre": "riverside", "observations": figures}), content_type="application/json"
    )
    assert answer.status_code == 202, answer.content
    state: str = answer.json()["state"]
    return state


@pytest.fixture
def key(committed: Database, settings: LazySettings) -> str:
    settings.SUBMISSION_SYNCHRONOUS_LIMIT = len(MONTHS) - 1
    return cast.gather().trust_key


def test_what_is_queued_is_published_once_committed_and_its_row_goes(queue: str) -> None:
    with transaction.atomic():
        jobs.enqueue("nhc.tasks.forget_sessions")
        assert work(queue) == []
    assert not OutboxJob.objects.exists()
    assert work(queue) == ["nhc.tasks.forget_sessions"]


def test_what_is_rolled_back_never_runs(queue: str) -> None:
    with transaction.atomic():
        jobs.enqueue("nhc.tasks.forget_sessions")
        transaction.set_rollback(True)
    assert jobs.sweep(grace=AT_ONCE) == 0
    assert work(queue) == []


def test_a_task_that_nobody_defines_and_one_outside_a_transaction_are_refused(committed: Database) -> None:
    with pytest.raises(KeyError, match="No task is named"), transaction.atomic():
        jobs.enqueue("nhc.tasks.misspelt")
    with pytest.raises(RuntimeError, match="in the transaction that needs it"):
        jobs.enqueue("nhc.tasks.forget_sessions")
    assert not OutboxJob.objects.exists()


def test_what_was_sent_while_redis_was_away_is_taken_in_once_it_is_back(
    key: str, queue: str, settings: LazySettings
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert send_many(key) == "received"
    assert jobs.sweep(grace=AT_ONCE) == 0
    settings.REDIS_URL = queue
    assert [jobs.sweep(grace=AT_ONCE), jobs.sweep(grace=AT_ONCE)] == [1, 0]
    assert work(queue) == [TASK]
    assert Submission.objects.get().state == "accepted"


def test_a_message_that_comes_twice_and_a_second_copy_of_it_have_one_effect(key: str, queue: str) -> None:
    send_many(key)
    # As after a crash between publishing a row and removing it.
    again = {"submission": str(Submission.objects.get().pk)}
    OutboxJob.objects.create(task=TASK, arguments=again)
    jobs.sweep(grace=AT_ONCE)
    assert work(queue, times=2) == [TASK, TASK]
    assert Observation.objects.count() == len(MONTHS)
    assert AuditEvent.objects.filter(verb="submission.accepted").count() == 1


def test_a_message_carries_identifiers_and_nothing_that_was_sent(key: str, queue: str) -> None:
    send_many(key)
    with Redis.from_url(queue) as redis:
        (raw,) = redis.lrange("celery", 0, -1)
    body = base64.b64decode(json.loads(raw)["body"])
    _, arguments, _ = json.loads(body)
    assert arguments.keys() == {"submission", "at"}
    assert arguments["submission"] == str(Submission.objects.get().pk)
    assert not any(word in raw + body for word in (b"riverside", b"visits", MONTHS[0].encode(), key.encode()))


def test_a_row_is_left_to_its_own_publication_for_a_while(queue: str) -> None:
    OutboxJob.objects.create(task="nhc.tasks.forget_sessions", arguments={})
    assert jobs.sweep(grace=timedelta(seconds=5)) == 0
    assert work(queue) == []


def test_a_silent_redis_is_asked_once_by_each_part_of_a_request_and_then_left_alone(
    key: str, silent: socket.socket, settings: LazySettings
) -> None:
    assert [send_many(key), send_many(key)] == ["received", "received"]
    assert OutboxJob.objects.count() == 2
    # The limit on requests asks, and the queue. Each waits for half of the time, once.
    assert connections(silent) == 2
    assert settings.REDIS_TIMEOUT <= 0.5


def test_the_sweep_asks_a_silent_redis_again_but_once_for_all_its_rows(
    committed: Database, silent: socket.socket
) -> None:
    for _ in range(3):
        OutboxJob.objects.create(task="nhc.tasks.forget_sessions", arguments={})
    assert [jobs.sweep(grace=AT_ONCE), jobs.sweep(grace=AT_ONCE)] == [0, 0]
    assert connections(silent) == 2
    assert OutboxJob.objects.count() == 3


def test_one_publication_makes_the_broker_worth_asking_again(queue: str) -> None:
    broker = Broker(f"redis://127.0.0.1:{free_port()}/0", timeout=0.4)
    with pytest.raises(BrokerUnavailableError, match="OperationalError"):
        broker.publish("nhc.tasks.forget_sessions", {})
    broker.url = queue
    with pytest.raises(BrokerUnavailableError, match="left alone"):
        broker.publish("nhc.tasks.forget_sessions", {})
    broker.publish("nhc.tasks.forget_sessions", {}, insist=True)
    broker.publish("nhc.tasks.forget_sessions", {})
    assert len(work(queue)) == 2


def test_every_task_that_beat_asks_for_exists() -> None:
    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert asked - app.tasks.keys() == set()
    assert {"nhc.tasks.sweep_outbox", "nhc.tasks.forget_sessions", "partners.tasks.forget_expired"} <= asked
