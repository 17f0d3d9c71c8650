"""500 boards of 40 centres under 20 edits a second, beside as many bare subscribers of Redis."""

import asyncio
import json
import os
import time
from dataclasses import dataclass, field
from urllib.parse import urlparse

from asgiref.sync import sync_to_async
from django.db import transaction
from django.test import Client
from redis.asyncio import Redis

from huddles.queries import facts
from huddles.services import cards
from nhc import authentication, clock
from nhc.models import User
from partners.models import Centre
from tests.bench.arena import Arena, Served
from tests.bench.results import Result
from tests.factories import CentreFactory, MembershipFactory, PartnershipFactory, TeamFactory, UserFactory
from tests.huddles.circle import MAKER

EDITS = 20
"""A second."""
MARGIN = 250.0
"""Milliseconds by which the signals' 99th percentile may lie above that of bare subscribers."""
RIGHT_AFTER = 3.0
"""Seconds after the last edit by which every board is right."""


@dataclass
class Viewer:
    """A board that somebody watches. `heard` is when each version came, by the event loop's clock."""

    centre: Centre
    heard: dict[int, float] = field(default_factory=dict)
    last: int = 0
    went_back: bool = False

    def hear(self, version: int, at: float) -> None:
        self.went_back = self.went_back or version < self.last
        self.last = max(self.last, version)
        self.heard.setdefault(version, at)


def rows(arena: Arena, *, full: bool) -> list[Result]:
    """Measure from the instant before an edit's commit until a board has its version, or a newer one."""
    centres = [CentreFactory.create(slug=f"bench-board-{number}") for number in range(40)]
    client = _everywhere(centres)
    web = arena.web()
    idle = web.memory()
    number, lasts = (500, 60) if full else (100, 10)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        ours, memory = asyncio.run(_measure(web, client, centres, number, lasts))
        bare = asyncio.run(_bare(number, lasts))
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    note = (
        f"{number} boards of {len(centres)} centres, {EDITS} edits a second for {lasts} s: 99th percentile {ours:.0f} "
        f"ms, bare subscribers {bare:.0f} ms; {(memory - idle) / number / 1000:.0f} kB a board"
    )
    return [Result("boards-signal", max(0.0, ours - bare), MARGIN, 1.0, "milliseconds", note=note)]


async def _measure(web: Served, client: Client, centres: list[Centre], number: int, lasts: int) -> tuple[float, int]:
    """Return the 99th percentile in milliseconds, and the bytes that the server holds with everybody connected."""
    viewers = [Viewer(centres[place % len(centres)]) for place in range(number)]
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    address = str(web.client.base_url)
    tasks = [asyncio.create_task(_watch(viewer, address, cookie)) for viewer in viewers]
    await asyncio.sleep(8)  # until all of them are connected
    memory = web.memory()
    sent: dict[tuple[int, int], float] = {}
    begun = time.monotonic()
    for edit in range(lasts * EDITS):
        wait = begun + edit / EDITS - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        centre = centres[edit % len(centres)]
        at, version = await sync_to_async(_edit)(centre, edit)
        sent[centre.pk, version] = at
    await asyncio.sleep(RIGHT_AFTER)
    final = await sync_to_async(facts.versions_of)([centre.pk for centre in centres])
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    wrong = [viewer.centre.pk for viewer in viewers if viewer.last != final[viewer.centre.pk]]
    if wrong or any(viewer.went_back for viewer in viewers):
        raise AssertionError(f"{len(wrong)} boards are wrong three seconds after the last edit.")
    return _late(viewers, sent), memory


def _late(viewers: list[Viewer], sent: dict[tuple[int, int], float]) -> float:
    """Return the 99th percentile, in milliseconds, of how long a board waited for a version or a newer one."""
    waits = []
    for viewer in viewers:
        told = sorted(viewer.heard.items())
        for (centre, version), at in sent.items():
            if centre == viewer.centre.pk:
                came = next((when for known, when in told if known >= version), None)
                waits.append((came or at + RIGHT_AFTER) - at)
    waits.sort()
    return waits[int(len(waits) * 0.99)] * 1000


def _edit(centre: Centre, number: int) -> tuple[float, int]:
    with transaction.atomic():
        cards.add_card(centre=centre, entry=cards.Entry("flow", f"Edit {number}"), by=MAKER, at=clock.now())
        version = facts.version_of(centre.pk)
        return time.monotonic(), version


async def _watch(viewer: Viewer, address: str, cookie: str) -> None:
    place = urlparse(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    path = f"/centres/{viewer.centre.slug}/huddle/live/"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookie}\r\n\r\n".encode())
    try:
        while line := await reader.readline():
            if line.startswith(b'data: {"'):
                viewer.hear(json.loads(line[6:])["version"], time.monotonic())
    finally:
        writer.close()


async def _bare(number: int, lasts: int) -> float:
    """Return the same of subscribers that do nothing else, in this process."""
    url, waits = os.environ["REDIS_URL"], list[float]()
    publisher: Redis = Redis.from_url(url)

    async def listen() -> None:
        client: Redis = Redis.from_url(url)
        async with client, client.pubsub() as subscription:
            await subscription.subscribe("bench-bare")
            async for message in subscription.listen():
                if message["type"] == "message":
                    waits.append(time.monotonic() - float(message["data"]))

    tasks = [asyncio.create_task(listen()) for _ in range(number)]
    await asyncio.sleep(3)
    for _ in range(lasts * EDITS // 10):
        await publisher.publish("bench-bare", str(time.monotonic()))
        await asyncio.sleep(1 / EDITS)
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await publisher.aclose()
    waits.sort()
    return waits[int(len(waits) * 0.99)] * 1000


def _everywhere(centres: list[Centre]) -> Client:
    """Return a browser of somebody who takes part in every centre's huddles."""
    user: User = UserFactory.create()
    for centre in centres:
        team = TeamFactory.create(centre=centre)
        PartnershipFactory.create(organisation=team.organisation, centre=centre)
        MembershipFactory.create(user=user, team=team)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[authentication.SECOND_FACTOR] = True
    session.save()
    return client
