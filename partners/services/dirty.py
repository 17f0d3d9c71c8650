"""Taking dirty slots, for the roll-up alone: whoever takes them writes their roll-up in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

# In the order of the index, so that one batch reads neighbouring rows.
_TAKE = """
DELETE FROM partners_dirtyslot
WHERE id IN (SELECT id FROM partners_dirtyslot
             WHERE centre_id = ANY(%(centres)s) ORDER BY centre_id, id LIMIT %(limit)s)
RETURNING centre_id, measure_id, period_start
"""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A (centre, measure, period) whose roll-up no longer follows from the observations."""

    centre_id: int
    measure_id: int
    period_start: date


def take(*, centre_ids: Sequence[int], limit: int) -> list[Slot]:
    """Remove up to `limit` rows of the dirty log of these centres and return their slots, each once, in order.

    The caller holds the centres' roll-up locks and rolls the slots up before it commits; if it does not commit, they
    stay dirty. Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Slots are taken in the transaction that rolls them up. Wrap both in atomic().")
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"centres": list(centre_ids), "limit": limit})
        return sorted({Slot(*row) for row in cursor.fetchall()})
