"""Taking the marks of the dirty log, for the roll-up alone: it writes what they name in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db import connection

# The oldest first, in the order of the index. A slot that is taken whole needs no cell of its own.
_TAKE = """
WITH mark AS (
  DELETE FROM partners_dirtyslot
  WHERE id IN (SELECT id FROM partners_dirtyslot
               WHERE centre_id = ANY(%(centres)s) ORDER BY centre_id, id LIMIT %(limit)s)
  RETURNING centre_id, measure_id, period_start, dimension, category
)
SELECT DISTINCT * FROM mark
WHERE dimension IS NULL
   OR (centre_id, measure_id, period_start) NOT IN
      (SELECT centre_id, measure_id, period_start FROM mark WHERE dimension IS NULL)
ORDER BY centre_id, measure_id, period_start, dimension, category
"""


class Slot(NamedTuple):
    """A (centre, measure, period) whose roll-up no longer follows from the observations."""

    centre_id: int
    measure_id: int
    period_start: date


class Cell(NamedTuple):
    """One cell of a slot whose roll-up no longer follows, the rest of its slot left aside."""

    centre_id: int
    measure_id: int
    period_start: date
    dimension: str
    category: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What to roll up again, each once and in order: whole slots, and cells of other slots."""

    slots: list[Slot]
    cells: list[Cell]

    def touched(self) -> set[Slot]:
        """Return every slot that is named, whole or by a cell."""
        return {*self.slots, *(Slot(*cell[:3]) for cell in self.cells)}


def take(*, centre_ids: Sequence[int], limit: int) -> Taken:
    """Remove up to `limit` marks of these centres from the dirty log and return what they name.

    The caller holds the centres' roll-up locks and rolls up what is named before it commits; if it does not commit, it
    stays dirty. Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Marks are taken in the transaction that rolls up what they name. Wrap both in atomic().")
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"centres": list(centre_ids), "limit": limit})
        marks = cursor.fetchall()
    return Taken(
        slots=[Slot(*mark[:3]) for mark in marks if mark[3] is None],
        cells=[Cell(*mark) for mark in marks if mark[3] is not None],
    )
