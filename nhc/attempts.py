"""How often one network address or account may try what it should not need to try: counted in Redis for a while.

Without Redis everyone may try: what is guarded here is guarded first by other means.
"""

from dataclasses import dataclass

import structlog
from axes.helpers import get_client_ip_address
from django.conf import settings
from django.http import HttpRequest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)

_connections: dict[str, Redis] = {}


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many attempts of a kind within so many seconds after the first."""

    kind: str
    most: int
    seconds: int


def address_of(request: HttpRequest) -> str:
    """Return the network address that a request comes from, behind as many proxies as the settings name."""
    # Addresses that the library does not place, such as reserved ones, must not all count as one.
    return str(get_client_ip_address(request) or request.META.get("REMOTE_ADDR", ""))


def note(limit: Limit, address: str) -> None:
    """Count one attempt."""
    _count(limit, address)


def take(limit: Limit, address: str) -> bool:
    """Count one attempt and return whether it may be made: in one step, so that a burst takes no more than the most."""
    counted = _count(limit, address)
    return counted is None or counted <= limit.most


def too_many(limit: Limit, address: str) -> bool:
    """Whether an address has made all the attempts it may make for now."""
    try:
        counted = _connection().get(_name(limit, address))
    except (RedisError, OSError) as error:
        log.warning("attempts_not_known", kind=limit.kind, reason=type(error).__name__)
        return False
    return counted is not None and int(str(counted)) >= limit.most


def _count(limit: Limit, address: str) -> int | None:
    """Count one attempt and return how many there are now; None without Redis."""
    name = _name(limit, address)
    try:
        with _connection().pipeline() as pipeline:
            pipeline.incr(name)
            pipeline.expire(name, limit.seconds, nx=True)
            return int(pipeline.execute()[0])
    except (RedisError, OSError) as error:
        log.warning("attempt_not_counted", kind=limit.kind, reason=type(error).__name__)
        return None


def _name(limit: Limit, address: str) -> str:
    return f"attempts:{limit.kind}:{address}"


def _connection() -> Redis:
    url = settings.REDIS_URL
    if url not in _connections:
        _connections[url] = Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=settings.REDIS_TIMEOUT / 2,
            socket_connect_timeout=settings.REDIS_TIMEOUT / 2,
            retry=Retry(NoBackoff(), 0),
            driver_info=None,
        )
    return _connections[url]
