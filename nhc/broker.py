"""Publishing to the broker without making anyone wait: Redis may be away, or there and silent."""

import contextlib
import time
from dataclasses import dataclass, field

from django.conf import settings
from kombu import Producer
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from nhc.celery import app

type Argument = str | int | bool | None

LEFT_ALONE = 5.0
"""Seconds for which requests do not ask the broker after it failed."""


class BrokerUnavailableError(Exception):
    """The broker did not take the message. Its text says why."""


@dataclass
class Broker:
    """Connections for publishing to one Redis, with less patience than a worker's own."""

    url: str
    timeout: float
    _closed_until: float = 0.0
    _idle: list[Producer] = field(default_factory=list)

    def publish(self, task: str, arguments: dict[str, Argument], *, insist: bool = False) -> None:
        """Hand over one message. After a failure the broker is left alone for a while, unless the caller insists.

        Raises BrokerUnavailableError.
        """
        if time.monotonic() < self._closed_until and not insist:
            raise BrokerUnavailableError("left alone after a failure")
        producer = self._producer()
        try:
            app.tasks[task].apply_async(kwargs=arguments, retry=False, producer=producer)
        except (OperationalError, RedisError, OSError) as error:
            self._closed_until = time.monotonic() + LEFT_ALONE
            # A late answer on this connection would be read as that to the next question.
            if producer.connection is not None:
                producer.connection.collect()
            raise BrokerUnavailableError(type(error).__name__) from error
        self._closed_until = 0.0
        self._idle.append(producer)

    def _producer(self) -> Producer:
        """Return a producer that nobody else uses now."""
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        options = {
            # Connecting and asking may each take half of the time there is, and are tried once.
            "socket_timeout": self.timeout / 2,
            "socket_connect_timeout": self.timeout / 2,
            "max_retries": 0,
        }
        producer: Producer = app.amqp.Producer(app.connection_for_write(self.url, transport_options=options))
        return producer


_brokers: dict[str, Broker] = {}


def broker() -> Broker:
    """Return the broker that the settings name."""
    url = settings.REDIS_URL
    if url not in _brokers:
        _brokers[url] = Broker(url, settings.REDIS_TIMEOUT)
    return _brokers[url]
