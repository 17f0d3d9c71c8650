"""The stream that a page listens to: versions as they come, a beat so that silence means something, and an end."""

import random
import time
from collections.abc import AsyncIterator, Callable

import msgspec
from asgiref.sync import sync_to_async
from django.db import connections
from django.http import StreamingHttpResponse

from nhc.live.hub import Topic, hub

BEAT = 10.0
"""Seconds between two signs of life. A page that hears none for longer than that says that it is not live."""
ALLOWED_FOR = 60.0
"""Seconds after which it is asked again whether the reader may still listen."""
LASTS = 900.0
"""Seconds after which a stream says that it ends and the page opens another: nobody keeps one for ever."""

_PADDING = b":" + b" " * 2048 + b"\n\n"
"""Some proxies and virus scanners pass nothing on before they have two kilobytes."""

type StillAllowed = Callable[[], bool]


def response(topic: Topic, still_allowed: StillAllowed) -> StreamingHttpResponse:
    """Return the stream of one thing's versions. `still_allowed` is asked again every minute; False ends the stream.

    Whether the reader may listen at all is for the caller to have asked.
    """
    return StreamingHttpResponse(
        _events(topic, still_allowed),
        content_type="text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
    )


async def _events(topic: Topic, still_allowed: StillAllowed) -> AsyncIterator[bytes]:
    # The request's own connection would be held for as long as somebody listens.
    await sync_to_async(connections.close_all)()
    # Not all at the same second: those who came together after a restart would ask together, too.
    ends = time.monotonic() + LASTS * random.uniform(0.8, 1.2)  # noqa: S311  (spread, not secrecy)
    asks = time.monotonic() + ALLOWED_FOR * random.uniform(0.5, 1.0)  # noqa: S311  (likewise)
    with hub().watching(topic) as watcher:
        yield b"retry: 2000\n" + _PADDING
        while time.monotonic() < ends:
            version = await watcher.wait(BEAT)
            if version is None:
                yield b"event: beat\ndata: {}\n\n"
            else:
                said = msgspec.json.encode({topic.kind: topic.key, "version": version})
                yield b"id: %d\nevent: version\ndata: %s\n\n" % (version, said)
            if time.monotonic() >= asks:
                asks = time.monotonic() + ALLOWED_FOR
                if not await sync_to_async(_ask, thread_sensitive=False)(still_allowed):
                    yield b"event: over\ndata: {}\n\n"
                    return
    yield b"event: again\ndata: {}\n\n"


def _ask(still_allowed: StillAllowed) -> bool:
    try:
        return still_allowed()
    finally:
        connections.close_all()
