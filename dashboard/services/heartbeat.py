"""Showing that a process lives while one long statement keeps its connection: from a second connection, in a thread."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from dashboard.services.rollup import Claim

log = structlog.get_logger(__name__)

_BEATS = 4
"""How often a holder is heard of before it would count as silent."""

_SHARDS = """
UPDATE dashboard_rollupshard AS shard SET claimed_at = clock_timestamp()
  FROM unnest(%(shards)s::bigint[], %(fences)s::bigint[]) AS held(id, fence)
 WHERE shard.id = held.id AND shard.fence = held.fence AND shard.state = 'running'
"""

_RUN = "UPDATE dashboard_rolluprun SET heartbeat_at = clock_timestamp() WHERE id = %(run)s AND state = 'running'"


@contextmanager
def beating(*, run_id: int, claims: Sequence[Claim] = ()) -> Iterator[None]:
    """Keep a run, and shards that are still held, from counting as silent until the block ends or the process dies.

    It gives nothing back that was lost: every write is fenced by itself.
    """
    ended = threading.Event()
    beats = threading.Thread(target=_beat, args=(ended, run_id, claims), name="roll-up heartbeat", daemon=True)
    beats.start()
    try:
        yield
    finally:
        ended.set()
        beats.join()


def _beat(ended: threading.Event, run_id: int, claims: Sequence[Claim]) -> None:
    parameters: dict[str, int | list[int]] = {
        "run": run_id,
        "shards": [claim.shard_id for claim in claims],
        "fences": [claim.fence for claim in claims],
    }
    while not ended.wait(min(settings.ROLLUP_SHARD_STALE_SECONDS, settings.ROLLUP_RUN_STALE_SECONDS) / _BEATS):
        try:
            with connection.cursor() as cursor:
                cursor.execute(_SHARDS, parameters)
                cursor.execute(_RUN, parameters)
        except (DatabaseError, InterfaceError) as error:
            log.warning("rollup_heartbeat_missed", run=run_id, reason=type(error).__name__)
        finally:
            connection.close()
