"""Saying that something changed: one short message to Redis after the commit, for which nobody waits."""

import time
from functools import partial

import structlog
from django.conf import settings
from django.db import connection, transaction
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from nhc.live.hub import Topic, prefix

log = structlog.get_logger(__name__)

LEFT_ALONE = 5.0
"""Seconds for which nobody tries Redis after it failed: readers of the database find the version meanwhile."""

_clients: dict[str, Redis] = {}
_closed_until: dict[str, float] = {}


def announce(topic: Topic, version: int) -> None:
    """Tell every process, once this transaction has committed, that something is at a version.

    Raises RuntimeError outside a transaction: a signal of what may still be undone would be a lie.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A signal is sent by the transaction that makes the change. Wrap both in atomic().")
    transaction.on_commit(partial(_publish, topic, version), robust=True)


def _publish(topic: Topic, version: int) -> None:
    url = settings.REDIS_URL
    if time.monotonic() < _closed_until.get(url, 0.0):
        return
    if url not in _clients:
        # Connecting and asking may each take half of the time there is, and are tried once.
        _clients[url] = Redis.from_url(
            url,
            socket_timeout=settings.REDIS_TIMEOUT / 2,
            socket_connect_timeout=settings.REDIS_TIMEOUT / 2,
            retry=Retry(NoBackoff(), 0),
            driver_info=None,
        )
    try:
        _clients[url].publish(f"{prefix()}{topic.kind}:{topic.key}", str(version))
    except (RedisError, OSError) as error:
        _closed_until[url] = time.monotonic() + LEFT_ALONE
        log.warning("signal_not_sent", kind=topic.kind, reason=type(error).__name__)
