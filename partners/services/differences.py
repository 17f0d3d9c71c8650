"""What a merge changed, line by line: the answer to a dry run."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from partners.validation import Figure

_AT_REVISION = """
SELECT o.opened_seq = %(seq)s, o.closed_seq = %(seq)s, m.code, o.measure_id, o.period_start, o.dimension, o.category,
       o.state, o.numerator, o.denominator, o.reason
FROM partners_observation o JOIN partners_measure m ON m.id = o.measure_id
WHERE o.centre_id = %(centre)s AND o.organisation_id = %(organisation)s
  AND (o.opened_seq = %(seq)s OR o.closed_seq = %(seq)s
       OR (o.closed_seq IS NULL AND o.measure_id = ANY(%(measures)s) AND o.period_start = ANY(%(starts)s)))
"""


class Change(NamedTuple):
    """One line of a dry run's difference; `place` is None for what `replace` would remove."""

    place: int | None
    kind: str
    before: dict[str, object] | None
    after: dict[str, object] | None


def made(figures: Sequence[Figure], *, organisation_id: int, centre_id: int, seq: int) -> list[Change]:
    """Read back what a merge at `seq` did, before it is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(
            _AT_REVISION,
            {
                "seq": seq,
                "centre": centre_id,
                "organisation": organisation_id,
                "measures": list({figure.measure_id for figure in figures}),
                "starts": list({figure.period_start for figure in figures}),
            },
        )
        standing: dict[tuple[object, ...], dict[str, object]] = {}
        before: dict[tuple[object, ...], dict[str, object]] = {}
        after: dict[tuple[object, ...], dict[str, object]] = {}
        for (
            opened,
            closed,
            code,
            measure_id,
            start,
            dimension,
            category,
            state,
            numerator,
            denominator,
            reason,
        ) in cursor:
            shown = {"measure": code, "period_start": start.isoformat(), "state": state}
            shown |= {"numerator": numerator, "denominator": denominator, "reason": reason}
            shown |= {"breakdown": {dimension: category}} if dimension else {}
            (after if opened else before if closed else standing)[measure_id, start, dimension, category] = shown
    changes = []
    for figure in figures:
        key = (figure.measure_id, figure.period_start, figure.dimension, figure.category)
        was, becomes = before.pop(key, None), after.get(key)
        if was is becomes:
            stands = standing.get(key)
            changes.append(Change(figure.place, "unchanged", stands, stands))
            continue
        kind = "created" if was is None else "changed" if becomes else "removed"
        changes.append(Change(figure.place, kind, was, becomes))
    changes.extend(Change(None, "removed", was, None) for was in before.values())
    return changes
