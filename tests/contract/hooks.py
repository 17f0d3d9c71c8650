"""What schemathesis cannot read from the OpenAPI document: how lines travel, and rules that no schema can say."""

import zlib
from collections.abc import Iterator, MutableMapping
from typing import Any

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.generation import GenerationMode

# What schemathesis calls an accepted request that breaks the schema, and a refused one that keeps it.
ACCEPTED, REFUSED = "ST201", "ST202"

type Case = schemathesis.Case[Any]

BEYOND_SCHEMAS = {
    "/problems/invalid-cursor",  # signed: nobody can make one up
    "/problems/submission-rejected",  # measures, periods and partnerships
    "/problems/idempotency-key-reused",
}
PERIODS = {"period", "from", "to"}
KNOWN: dict[str, tuple[object, ...]] = {
    "centre": ("riverside",),
    "measure": ("crisis-contacts-seen-in-4h", "visits-to-community-partners"),
    "period": ("2026-03", "2026-02"),
    "from": ("2026-01",),
    "to": ("2026-03",),
    "code": ("crisis-contacts-seen-in-4h",),
}


@schemathesis.serializer("application/x-ndjson")
def lines(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """Send a text of lines as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def filter_failure(
    _context: schemathesis.HookContext, failure: Failure, case: Case, response: schemathesis.Response
) -> bool:
    """Pass over dry runs that say no with 200, and refusals by a rule that no schema can say."""
    if failure.code == ACCEPTED:
        return bool(response.json().get("state") != "rejected")
    if failure.code != REFUSED:
        return True
    problem = response.json()
    if problem["type"] == "/problems/malformed":
        return case.media_type == "application/json"
    if problem["type"] == "/problems/invalid-parameter":
        return problem["parameter"] not in PERIODS
    return problem["type"] not in BEYOND_SCHEMAS


@schemathesis.hook
def map_case(_context: schemathesis.HookContext, case: Case) -> Case:
    """Put names that exist into most of what fits the schema: nobody would guess them."""
    if case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE:
        for members in _named(case):
            for name, value in members.items():
                place = zlib.crc32(repr(value).encode())
                if name in KNOWN and place % 8:
                    members[name] = KNOWN[name][place % len(KNOWN[name])]
    return case


def _named(case: Case) -> Iterator[MutableMapping[str, object]]:
    yield case.path_parameters
    yield case.query
    body: object = case.body
    if case.media_type == "application/json" and isinstance(body, dict):
        yield body
        observations = body.get("observations")
        if isinstance(observations, list):
            yield from (each for each in observations if isinstance(each, dict))
