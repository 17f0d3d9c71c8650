"""One subscription to Redis for a whole process, shared by everybody who watches anything in it.

Of each thing only the newest version counts, so a slow reader keeps nothing waiting and no queue grows. What Redis
did not bring is read from PostgreSQL every two seconds, in one query for all that is watched: a signal is lost without
a trace while Redis comes back or a connection is half open, and nobody can tell that from nothing having changed.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

LOOKED_AFTER = 2.0
"""Seconds between two readings of the versions from the database."""
RETRY_AFTER = 1.0
"""Seconds before Redis is asked again after it went away."""
PATIENCE = 5.0
"""Seconds for which Redis may take to answer, or say nothing before it is asked whether it is still there."""

type Versions = Callable[[Collection[int]], Mapping[int, int]]
"""Reads the versions of some things of one kind, by key; a thing that has none yet is left out."""

_readers: dict[str, Versions] = {}


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that can be watched: its kind, which `register` made known, and its key."""

    kind: str
    key: int


@dataclass(eq=False)
class Watcher:
    """Somebody who watches one thing. `version` is the newest they were told of or are about to be."""

    topic: Topic
    version: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, version: int) -> None:
        """Take a version in; an older one than is known says nothing."""
        if version > self.version:
            self.version = version
            self.changed.set()

    async def wait(self, seconds: float) -> int | None:
        """Return the next version, or None where none came in time."""
        try:
            async with asyncio.timeout(seconds):
                await self.changed.wait()
        except TimeoutError:
            return None
        self.changed.clear()
        return self.version


def register(kind: str, versions: Versions) -> None:
    """Make a kind of thing known by the function that reads its versions; called once from an AppConfig."""
    _readers[kind] = versions


def prefix() -> str:
    """Return how the names of our channels begin: two deployments may share one Redis."""
    return f"live:{connections['default'].settings_dict['NAME']}:"


class Hub:
    """The watchers of one event loop, and the two tasks that serve them while there are any."""

    def __init__(self) -> None:
        self.watchers: dict[Topic, set[Watcher]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._look = asyncio.Event()

    @contextlib.contextmanager
    def watching(self, topic: Topic) -> Iterator[Watcher]:
        """Watch a thing until the end of the block."""
        watcher = Watcher(topic)
        self.watchers.setdefault(topic, set()).add(watcher)
        if not self._tasks or any(task.done() for task in self._tasks):
            self._begin()
        self._look.set()
        try:
            yield watcher
        finally:
            self.watchers[topic].discard(watcher)
            if not self.watchers[topic]:
                del self.watchers[topic]
            if not self.watchers:
                self._end()

    def _begin(self) -> None:
        """Start both tasks anew; one that a fault has ended would leave everybody listening to nothing."""
        self._end()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look_after())]

    def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    def take(self, topic: Topic, version: int) -> None:
        """Tell those who watch a thing of its version."""
        for watcher in self.watchers.get(topic, ()):
            watcher.tell(version)

    async def _listen(self) -> None:
        while True:
            try:
                await self._subscribe()
            except (RedisError, OSError) as error:
                log.warning("signals_away", reason=type(error).__name__)
            await asyncio.sleep(RETRY_AFTER)

    async def _subscribe(self) -> None:
        """Hear every channel of ours until the connection fails, or says nothing though it is asked to."""
        begins = prefix()
        client: Redis = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=PATIENCE)
        async with client, client.pubsub() as subscription:
            async with asyncio.timeout(PATIENCE):
                await subscription.psubscribe(f"{begins}*")
            asked = False
            while True:
                message: dict[str, Any] | None = await subscription.get_message(timeout=PATIENCE)
                if message is None and asked:
                    raise TimeoutError
                if message is None:
                    # Over the connection that listens: another may be well where this one is half open.
                    async with asyncio.timeout(PATIENCE):
                        await subscription.ping()
                elif message["type"] == "pmessage":
                    self._heard(_text(message["channel"]).removeprefix(begins), _text(message["data"]))
                asked = message is None

    def _heard(self, channel: str, text: str) -> None:
        kind, _, key = channel.partition(":")
        if key.isascii() and key.isdigit() and text.isascii() and text.isdigit():
            self.take(Topic(kind, int(key)), int(text))

    async def _look_after(self) -> None:
        """Read from the database at once when somebody new watches, and every so often."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOKED_AFTER):
                    await self._look.wait()
            self._look.clear()
            try:
                await self._read()
            except (DatabaseError, InterfaceError) as error:
                log.warning("versions_not_read", reason=type(error).__name__)
            # Many who come at once, as after a restart, share one reading.
            await asyncio.sleep(0.1)

    async def _read(self) -> None:
        wanted: dict[str, list[int]] = {}
        for topic in self.watchers:
            wanted.setdefault(topic.kind, []).append(topic.key)
        for kind, keys in wanted.items():
            found = await sync_to_async(_versions, thread_sensitive=False)(kind, keys)
            for key, version in found.items():
                self.take(Topic(kind, key), version)


def _text(said: bytes) -> str:
    """Return what Redis brought as text; others may publish on our channels what is none."""
    return said.decode("utf-8", "replace")


def _versions(kind: str, keys: Collection[int]) -> Mapping[int, int]:
    """Read versions in a thread that no request owns, and leave it no connection."""
    try:
        return _readers[kind](keys)
    finally:
        connections.close_all()


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """Return the hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
