"""A large submission whose worker is killed half way is taken up again, and ends once."""

import json
from collections.abc import Iterator
from datetime import timedelta

import psutil
import psycopg
import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from redis import Redis

from nhc import clock
from nhc.celery import app
from nhc.embedded.processes import wait_for
from nhc.models import AuditEvent
from partners.models import Observation, Revision, Submission
from tests import cast, serving
from tests.cast import Cast
from tests.conftest import Database

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("servers")]

LIMIT = 60
MONTHS = [f"{year}-{month:02}" for year in range(2017, 2020) for month in range(1, 13)]
WAITS_FOR_THE_CENTRE = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 73001 AND NOT granted"


@pytest.fixture
def people(committed: Database, settings: LazySettings) -> Iterator[Cast]:
    """Store the cast, take few figures at once, and use the Redis database of the worker."""
    settings.REDIS_URL = serving.environment(committed)["REDIS_URL"]
    settings.SUBMISSION_SYNCHRONOUS_LIMIT = len(MONTHS) - 1
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.flushdb()
        yield cast.gather()
        redis.flushdb()


def send_a_minute_ago(key: str) -> None:
    figures = [{"measure": "visits-to-community-partners", "period": month, "numerator": 4} for month in MONTHS]
    body = json.dumps({"centre": "riverside", "observations": figures})
    with time_machine.travel(clock.now() - timedelta(minutes=1)):
        answer = Client(headers={"Authorization": f"Bearer {key}"}).post(
            "/api/v1/submissions/", body, content_type="application/json"
        )
    assert answer.status_code == 202


def state() -> str:
    return str(Submission.objects.get().state)


def kill(worker: psutil.Process) -> None:
    """Kill a worker and its children at once, as the machine would when it dies."""
    for process in [*worker.children(recursive=True), worker]:
        process.kill()
    worker.wait(15)


def nudge(url: str) -> None:
    with app.connection_for_write(url) as connection:
        app.send_task("partners.tasks.resume_submissions", connection=connection)


def test_a_worker_killed_in_the_merge_leaves_it_to_the_next(
    people: Cast, committed: Database, settings: LazySettings
) -> None:
    with psycopg.connect(committed.owner_url) as holder:
        # The merge waits for the centre here, so that the worker surely dies in the middle of it.
        holder.execute("SELECT pg_advisory_xact_lock(73001, %s)", [people.riverside.pk])
        send_a_minute_ago(people.trust_key)
        with serving.worker(committed) as worker:
            assert wait_for(lambda: holder.execute(WAITS_FOR_THE_CENTRE).fetchone() == (1,), seconds=LIMIT)
            assert state() == "processing"
            kill(worker)
    assert not Observation.objects.exists()
    with serving.worker(committed):
        nudge(settings.REDIS_URL)
        assert wait_for(lambda: state() == "accepted", seconds=LIMIT)
        # What the dead worker had not acknowledged may come again, and so may the sweep.
        nudge(settings.REDIS_URL)
        app.tasks["partners.tasks.process_submission"](submission=str(Submission.objects.get().pk))
    assert Submission.objects.get().attempts == 2
    assert Observation.objects.filter(closed_seq=None).count() == Observation.objects.count() == len(MONTHS)
    assert Revision.objects.count() == 1
    assert AuditEvent.objects.filter(verb="submission.accepted").count() == 1
