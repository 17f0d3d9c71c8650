"""Figures far from the sender's own history: a question, never an obstacle."""

from collections.abc import Sequence
from datetime import date
from math import sqrt
from statistics import median

from django.db import connection

from partners.formats import Batch, Fault
from partners.validation import DETAILS, Figure

LEAST_HISTORY = 6
MOST_HISTORY = 24
THRESHOLD = 3.5
"""Modified z score above which a value is far off (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993)."""

_SCALE = 0.6745

_HISTORY = """
SELECT measure_id, period_start, numerator::float8, denominator::float8 FROM partners_observation
WHERE closed_seq IS NULL AND centre_id = %s AND organisation_id = %s AND measure_id = ANY(%s)
  AND dimension = '' AND state = 'reported'
ORDER BY measure_id, period_start
"""


def found(figures: Sequence[Figure], batch: Batch, *, organisation_id: int, centre_id: int) -> list[Fault]:
    """Return a warning for each total that stands far from the 6 to 24 totals before it.

    Counts are compared as square roots, which makes the spread of counts even; pairs as ratios. The value itself is not
    part of what it is compared with.
    """
    totals = [figure for figure in figures if figure.state == "reported" and not figure.dimension]
    if not totals:
        return []
    history: dict[int, list[tuple[date, float]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, [centre_id, organisation_id, sorted({figure.measure_id for figure in totals})])
        for measure_id, start, numerator, denominator in cursor:
            size = _size(numerator, denominator)
            if size is not None:
                history.setdefault(measure_id, []).append((start, size))
    warnings = []
    for figure in totals:
        size = _size(float(figure.numerator or 0), None if figure.denominator is None else float(figure.denominator))
        earlier = [before for start, before in history.get(figure.measure_id, []) if start < figure.period_start]
        if size is not None and _is_far(size, earlier[-MOST_HISTORY:]):
            warnings.append(Fault("outlier", DETAILS["outlier"], figure.place, "numerator", batch.line(figure.place)))
    return warnings


def _size(numerator: float, denominator: float | None) -> float | None:
    if denominator is None:
        return sqrt(numerator)
    return numerator / denominator if denominator else None


def _is_far(value: float, earlier: list[float]) -> bool:
    if len(earlier) < LEAST_HISTORY:
        return False
    middle = median(earlier)
    spread = median(abs(each - middle) for each in earlier)
    return spread > 0 and _SCALE * abs(value - middle) / spread > THRESHOLD
