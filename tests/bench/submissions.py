"""Figures over HTTP against what PostgreSQL can do alone, and against the usual way in Django."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from statistics import median
from uuid import uuid4

import httpx
import psycopg
from django.db import connection, transaction
from django.test import Client
from rest_framework import serializers

from partners.models import DirtySlot, Measure, MeasureVersion, Observation, Organisation
from tests.bench import scene
from tests.bench.arena import Arena, Served
from tests.bench.results import Result, seconds

PATH = "/api/v1/submissions/"
COLUMNS = "measure_id, version_id, period_start, dimension, category, state, numerator, denominator, reason"


_BENCH_STAGE = """
CREATE TEMPORARY TABLE bench_stage (measure_id bigint, version_id bigint, period_start date, dimension text,
                                    category text, state text, numerator numeric, denominator numeric, reason text)
  ON COMMIT DROP
"""

_BENCH_INSERT = f"""
INSERT INTO partners_observation (organisation_id, centre_id, submission_id, opened_seq, {COLUMNS})
SELECT %(organisation)s, %(centre)s, %(submission)s, 1, {COLUMNS} FROM bench_stage s
WHERE NOT EXISTS (SELECT FROM partners_observation o WHERE o.closed_seq IS NULL AND o.centre_id = %(centre)s
                  AND o.organisation_id = %(organisation)s AND o.measure_id = s.measure_id
                  AND o.period_start = s.period_start AND o.dimension = s.dimension AND o.category = s.category)
"""


class Stage:
    """A centre with its measures, and fresh organisations to send for."""

    def __init__(self, size: int) -> None:
        self.centre = scene.centre("bench")
        scene.measures(self.centre)
        self.sent = scene.observations(size)
        self.body = scene.message(self.centre.slug, self.sent)
        self.codes = iter(f"LB{number}" for number in range(1, 1000))

    def organisation(self) -> Organisation:
        """Make another organisation: history is per organisation, so each starts empty."""
        return scene.partner(next(self.codes), self.centre)


def rows(arena: Arena, *, full: bool) -> list[Result]:
    """Measure the rows on submissions."""
    stage = Stage(100_000 if full else 20_000)
    web, worker = arena.web(), arena.worker()
    rounds = 5 if full else 3
    _send(_newcomer(web, stage), scene.message(stage.centre.slug, stage.sent[:6000]), "created", 6000)
    # Watching memory takes processor time, so a send that is watched is not timed.
    memory = _memory([web, worker], partial(_send, _newcomer(web, stage), stage.body, "created", len(stage.sent)))
    first, again, floor = [], [], []
    for _ in range(rounds):
        client = _newcomer(web, stage)
        first.append(seconds(partial(_send, client, stage.body, "created", len(stage.sent))))
        dirty = DirtySlot.objects.count()
        again.append(seconds(partial(_send, client, stage.body, "unchanged", len(stage.sent))))
        if DirtySlot.objects.count() != dirty:
            raise AssertionError("The same payload again marked slots dirty.")
        floor.append(_floor(arena, stage))
    usual = _usual(stage)
    return [
        Result(
            "submission", median(first), median(floor), 0.6, "seconds", higher_is_better=True,
            note=f"{len(stage.sent):,} new observations against COPY and one INSERT ... SELECT",
        ),
        Result(
            "submission-usual", median(first), usual, 3.0, "seconds", higher_is_better=True,
            note="the same against a ModelSerializer with many=True and bulk_create",
        ),
        Result(
            "resend", median(again), median(first), 0.85, "seconds",
            note="the same payload again: 0 changed, 0 dirtied",
        ),
        Result("submission-memory", memory / 1e6, 150, 1.0, "megabytes", note="peak over idle, web and worker"),
        _single(arena, stage),
    ]  # fmt: skip


def _newcomer(web: Served, stage: Stage) -> httpx.Client:
    web.client.headers["Authorization"] = f"Bearer {scene.key(stage.organisation())}"
    return web.client


def _send(http: httpx.Client, body: bytes, counted: str, count: int) -> None:
    answer = http.post(PATH, content=body, headers={"Content-Type": "application/json"})
    document = answer.json()
    where = answer.headers.get("Location", "")
    while document.get("state") in {"received", "processing"}:
        time.sleep(0.03)  # a client that polls
        document = http.get(where).json()
    if document["state"] != "accepted" or document["counts"][counted] != count:
        raise AssertionError(f"Not {count} {counted}: {document['state']}, {document.get('counts')}")


def _memory(servers: Sequence[Served], work: Callable[[], object]) -> int:
    """Return how far the resident memory of the servers rises during the work, sampled every 5 ms."""
    idle = peak = sum(server.memory() for server in servers)
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.005):
            peak = max(peak, sum(server.memory() for server in servers))

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    done.set()
    watcher.join()
    return peak - idle


type _Prepared = tuple[int, int, date, str, str, str, object, object, str]


def _prepared(stage: Stage) -> list[_Prepared]:
    measures = dict(Measure.objects.values_list("code", "id"))
    versions = dict(MeasureVersion.objects.values_list("measure_id", "id"))
    prepared: list[_Prepared] = []
    for sent in stage.sent:
        broken = sent.get("breakdown")
        ((dimension, category),) = broken.items() if isinstance(broken, dict) else [("", "")]
        year, month = str(sent["period"]).split("-")
        measure = measures[str(sent["measure"])]
        place = (measure, versions[measure], date(int(year), int(month), 1), dimension, category)
        prepared.append((*place, "reported", sent["numerator"], sent["denominator"], ""))
    return prepared


def _floor(arena: Arena, stage: Stage) -> float:
    """Time COPY and one INSERT ... SELECT with an anti-join into the same table, rows ready made as text."""
    organisation = stage.organisation()
    text = "".join("\t".join(map(str, row)) + "\n" for row in _prepared(stage))
    submission = _submission(arena.owner(), organisation.pk, stage.centre.pk)
    store = arena.owner()
    keys = {"organisation": organisation.pk, "centre": stage.centre.pk, "submission": submission}

    def work() -> None:
        with store.transaction(), store.cursor() as cursor:
            cursor.execute(_BENCH_STAGE)
            with cursor.copy(f"COPY bench_stage ({COLUMNS}) FROM STDIN") as copy:
                copy.write(text)
            cursor.execute(_BENCH_INSERT, keys)

    return seconds(work)


def _submission(owner: psycopg.Connection[tuple[object, ...]], organisation_id: int, centre_id: int) -> str:
    identity = str(uuid4())
    owner.execute(
        "INSERT INTO partners_submission (id, organisation_id, centre_id, mode, media_type, reason, file_name, state, "
        "received_at, processed_at, attempts, system_name, counts, periods, warnings, errors) VALUES "
        "(%s, %s, %s, 'merge', 'x', '', '', 'accepted', now(), now(), 0, 'bench', '{}', '[]', '[]', '[]')",
        [identity, organisation_id, centre_id],
    )
    return identity


class ObservationSerializer(serializers.ModelSerializer[Observation]):
    """The usual way: one field at a time, without validators that ask the database for each row."""

    class Meta:
        model = Observation
        fields = ["period_start", "dimension", "category", "state", "numerator", "denominator", "reason"]
        validators: list[object] = []


def _usual(stage: Stage) -> float:
    """Time a serializer with many=True and bulk_create for the same rows."""
    organisation = stage.organisation()
    names = ("period_start", "dimension", "category", "state", "numerator", "denominator", "reason")
    prepared = _prepared(stage)
    data = [dict(zip(names, row[2:], strict=True)) for row in prepared]

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM partners_submission LIMIT 1")
            submission = cursor.fetchone()[0]
        serializer = ObservationSerializer(data=data, many=True)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            Observation.objects.bulk_create(
                [
                    Observation(
                        organisation=organisation, centre=stage.centre, measure_id=row[0], version_id=row[1],
                        submission_id=submission, opened_seq=1, **valid,
                    )
                    for row, valid in zip(prepared, serializer.validated_data, strict=True)
                ],
                batch_size=1000,
            )  # fmt: skip

    return seconds(work)


def _single(arena: Arena, stage: Stage) -> Result:
    """One observation over HTTP against one insert by a bare Django, 200 of each in turn."""
    web, bare = arena.web(), arena.bare()
    key = scene.key(stage.organisation())
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    bodies = iter([scene.message(stage.centre.slug, [sent]) for sent in scene.observations(400)])
    ours: list[float] = []
    theirs: list[float] = []
    before = web.cpu_seconds()
    for number in range(300):
        body = next(bodies)
        taken = seconds(partial(_post, web.client, PATH, body, headers))
        other = seconds(partial(_post, bare.client, "/insert/", body, {}))
        if number >= 50:
            ours.append(taken)
            theirs.append(other)
    cpu = (web.cpu_seconds() - before) / 300 * 1000
    queries = _queries(key, next(bodies))
    return Result(
        "observation", median(ours) * 1000, median(theirs) * 1000, 10.0, "milliseconds", cpu_ms=cpu, queries=queries,
        most_queries=14, note="one observation over HTTP against one insert by a bare Django",
    )  # fmt: skip


def _post(client: httpx.Client, path: str, body: bytes, headers: dict[str, str]) -> None:
    client.post(path, content=body, headers=headers).raise_for_status()


def _queries(key: str, body: bytes) -> int:
    counted = 0

    def count(execute: Callable[..., object], *rest: object) -> object:
        nonlocal counted
        counted += 1
        return execute(*rest)

    with connection.execute_wrapper(count):
        Client(headers={"Authorization": f"Bearer {key}"}).post(PATH, body, content_type="application/json")
    return counted
