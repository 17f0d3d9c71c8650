"""How often one key may ask: a token bucket in Redis, filled and emptied in one atomic script.

Without Redis everyone may pass: figures matter more than limits. After a failure Redis is left alone for a few seconds,
so that a hung server does not slow every request down.
"""

import math
import threading
import time
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from nhc.problems import Problem
from partners.api.authentication import Caller

log = structlog.get_logger(__name__)

LEFT_ALONE = 5.0
"""Seconds for which Redis is not asked after it failed."""

# One token a request. Returns 0 where the request may pass, else the milliseconds until the next token. The clock is
# Redis's own, so that web processes on several machines share one.
_TAKE = """
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(bucket[1]) or burst
local elapsed = math.max(0, now - (tonumber(bucket[2]) or now))
tokens = math.min(burst, tokens + elapsed * rate / 60000)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) * 60000 / rate) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * 60000 / rate) + 1000)
return wait
"""


@dataclass
class Bucket:
    """Asks one Redis for tokens, and stops asking for a while when it does not answer."""

    url: str
    timeout: float
    _closed_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        # A first request connects and then asks: each may take half of the time there is.
        self._redis: Redis = Redis.from_url(
            self.url,
            socket_timeout=self.timeout / 2,
            socket_connect_timeout=self.timeout / 2,
            retry=Retry(NoBackoff(), 0),
            driver_info=None,
        )
        self._take = self._redis.register_script(_TAKE)

    def take(self, credential: str, *, per_minute: int, burst: int) -> float:
        """Take a token; return 0 where there was one, else the seconds until there will be. Without Redis return 0."""
        if time.monotonic() < self._closed_until:
            return 0.0
        try:
            wait = self._take(keys=[f"throttle:{credential}"], args=[per_minute, burst])
        except (RedisError, OSError) as error:
            self._fail(error)
            return 0.0
        return float(wait) / 1000

    def _fail(self, error: Exception) -> None:
        with self._lock:
            first = time.monotonic() >= self._closed_until
            self._closed_until = time.monotonic() + LEFT_ALONE
        if first:
            log.warning("throttle_without_redis", reason=type(error).__name__, seconds=LEFT_ALONE)


_buckets: dict[str, Bucket] = {}


def _bucket() -> Bucket:
    url = settings.REDIS_URL
    if url not in _buckets:
        _buckets[url] = Bucket(url, settings.REDIS_TIMEOUT)
    return _buckets[url]


class KeyThrottle(BaseThrottle):
    """So many requests a minute and so many at once for each key or person; 429 with Retry-After beyond them."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Take a token. Raises Problem where there is none."""
        caller = request.auth
        if not isinstance(caller, Caller):
            return True
        wait = _bucket().take(caller.credential, per_minute=settings.THROTTLE_PER_MINUTE, burst=settings.THROTTLE_BURST)
        if wait > 0:
            seconds = math.ceil(wait)
            raise Problem(
                429,
                "too-many-requests",
                "Too many requests",
                f"Wait {seconds} second{'' if seconds == 1 else 's'}, then ask again.",
                headers={"Retry-After": str(seconds)},
            )
        return True
