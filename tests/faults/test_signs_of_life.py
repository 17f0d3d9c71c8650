"""Which background part is silent can be told from outside: a scheduler without a worker, and the other way round."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from redis import Redis

from nhc import clock
from nhc.embedded.processes import wait_for
from nhc.models import Heartbeat
from tests import serving
from tests.conftest import Database

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("servers")]

LIMIT = 180


@pytest.fixture
def product(committed: Database, settings: LazySettings) -> Iterator[Database]:
    """Use the Redis database of the processes, empty before and after."""
    settings.REDIS_URL = serving.environment(committed)["REDIS_URL"]
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.flushdb()
        yield committed
        redis.flushdb()


def states() -> tuple[bool, bool]:
    """Return whether the scheduler and a worker are in order, as `/readyz` says."""
    parts = Client().get("/readyz").json()["parts"]
    return parts["beat"] == "ok", parts["worker"] == "ok"


def forget() -> None:
    """Let the last signs of life be too old to count."""
    Heartbeat.objects.update(seen_at=clock.now() - timedelta(minutes=3))


def test_each_silent_part_is_named_and_recovers(product: Database, tmp_path: Path) -> None:
    assert states() == (False, False)
    with serving.beat(product, tmp_path / "schedule"):
        assert wait_for(lambda: states() == (True, False), seconds=LIMIT)
        with serving.worker(product):
            assert wait_for(lambda: states() == (True, True), seconds=LIMIT)
        forget()
        assert wait_for(lambda: states() == (True, False), seconds=LIMIT)
    forget()
    assert Client().get("/readyz").json()["parts"]["worker"] == "not asked: beat is silent"
