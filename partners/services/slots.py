"""Slots of the roll-up that a change of the contract makes stale."""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from partners.models import Centre

# The lock that a merge takes, centre by centre in one order, so that two changes cannot wait for each other.
_HOLD_OFF_MERGES = """
SELECT pg_advisory_xact_lock(73001, id::int)
FROM (SELECT DISTINCT centre_id AS id FROM partners_collection
      WHERE measure_id = ANY(%(measures)s) AND (%(centre)s::bigint IS NULL OR centre_id = %(centre)s)
      ORDER BY id) AS centres
"""

_MARK = """
INSERT INTO partners_dirtyslot (centre_id, measure_id, period_start)
SELECT DISTINCT centre_id, measure_id, period_start
FROM partners_observation
WHERE closed_seq IS NULL
  AND measure_id = ANY(%(measures)s)
  AND (%(centre)s::bigint IS NULL OR centre_id = %(centre)s)
  AND period_start >= %(from)s
  AND (%(until)s::date IS NULL OR period_start < %(until)s)
"""


def dirty_observed(
    *, measures: Sequence[int], from_date: date, until_date: date | None, centre: Centre | None = None
) -> int:
    """Mark the slots with an open observation of these measures, for periods that start in `[from_date, until_date)`.

    At one centre, or at all of them. Runs in the caller's transaction, so that the change and its mark stand or fall
    together, and holds off merges into the same centres until it ends: figures that such a merge adds are rolled up by
    the changed contract. Returns how many slots were marked.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Slots are marked in the transaction of the change. Wrap both in atomic().")
    with connection.cursor() as cursor:
        parameters = {
            "measures": list(measures),
            "centre": None if centre is None else centre.pk,
            "from": from_date,
            "until": until_date,
        }
        cursor.execute(_HOLD_OFF_MERGES, parameters)
        cursor.execute(_MARK, parameters)
        return int(cursor.rowcount)
