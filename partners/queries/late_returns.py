"""Which partners' monthly figures are late at a centre: for whoever asks them to send, without a page of each."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from partners.models import Centre

_LATE = """
WITH month AS (SELECT unnest(%(months)s::date[]) AS starts)
SELECT o.name, count(*), min(month.starts)
FROM month
JOIN partners_return r ON r.centre_id = %(centre)s AND r.period_type = 'month'
 AND r.from_date <= month.starts AND (r.until_date IS NULL OR month.starts < r.until_date)
 AND (month.starts + interval '1 month' - interval '1 day')::date + r.due_after_days < %(today)s
JOIN partners_organisation o ON o.id = r.organisation_id
JOIN partners_partnership p ON p.organisation_id = o.id AND p.centre_id = r.centre_id
 AND p.from_date <= %(today)s AND (p.until_date IS NULL OR p.until_date > %(today)s)
JOIN partners_returnmeasure m ON m.owed_in_id = r.id
WHERE EXISTS (SELECT 1 FROM partners_collection c
              WHERE c.centre_id = r.centre_id AND c.measure_id = m.measure_id AND c.from_date <= month.starts
                AND (c.until_date IS NULL OR month.starts < c.until_date))
  AND NOT EXISTS (SELECT 1 FROM partners_observation x
                  WHERE x.organisation_id = o.id AND x.centre_id = r.centre_id AND x.measure_id = m.measure_id
                    AND x.period_start = month.starts AND x.dimension = '' AND x.closed_seq IS NULL)
GROUP BY o.name ORDER BY o.name
"""


@dataclass(frozen=True, slots=True)
class LateReturn:
    """A partner with figures that are late: how many, and the first day of the earliest month."""

    organisation: str
    figures: int
    since: date


def late_at(centre: Centre, today: date, *, months: int = 3) -> list[LateReturn]:
    """Return the partners whose monthly figures of the last months are late, by name. One query."""
    starts = []
    month = today.replace(day=1)
    for _ in range(months):
        month = (month - timedelta(days=1)).replace(day=1)
        starts.append(month)
    with connection.cursor() as cursor:
        cursor.execute(_LATE, {"centre": centre.pk, "today": today, "months": starts})
        return [LateReturn(*row) for row in cursor.fetchall()]
