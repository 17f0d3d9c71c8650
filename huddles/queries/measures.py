"""What huddles count, by centre and month: how many were held, how much was gone through, how long, what was kept."""

from dataclasses import dataclass
from datetime import date

from django.db import connection


@dataclass(frozen=True, slots=True)
class Counted:
    """A centre's month. `due` actions are those whose time fell in it, `in_time` those done by then."""

    centre_id: int
    month: date
    held: int
    planned: int
    covered: int
    lanes: int
    minutes: int
    in_time: int
    due: int


_COUNTED = """
WITH huddle AS (
  SELECT centre_id, date_trunc('month', operational_date)::date AS month,
         count(*) FILTER (WHERE state = 'closed') AS held, count(*) AS planned,
         coalesce(sum(covered), 0) AS covered,
         coalesce(sum(cardinality(agenda)) FILTER (WHERE state = 'closed'), 0) AS lanes,
         coalesce(sum(floor(extract(epoch FROM closed_at - started_at) / 60)), 0) AS minutes
  FROM huddles_huddle
  WHERE operational_date >= %(first)s AND operational_date < %(until)s AND state IN ('closed', 'missed')
  GROUP BY 1, 2
), action AS (
  SELECT centre_id, date_trunc('month', due_at AT TIME ZONE 'Europe/London')::date AS month,
         count(*) FILTER (WHERE state = 'done' AND done_at <= due_at) AS in_time, count(*) AS due
  FROM huddles_action
  WHERE due_at >= (%(first)s::timestamp AT TIME ZONE 'Europe/London')
    AND due_at < (%(until)s::timestamp AT TIME ZONE 'Europe/London') AND state <> 'dropped'
  GROUP BY 1, 2
)
SELECT centre_id, month, coalesce(held, 0), coalesce(planned, 0), coalesce(covered, 0), coalesce(lanes, 0),
       coalesce(minutes, 0)::bigint, coalesce(in_time, 0), coalesce(due, 0)
FROM huddle FULL JOIN action USING (centre_id, month) ORDER BY centre_id, month
"""


def counted(first: date, until: date) -> list[Counted]:
    """Return the months in `[first, until)` of every centre that met, missed or agreed anything in them. One query.

    A huddle belongs to the month of its operational day, an action to that of its time in London.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"first": first, "until": until})
        return [Counted(*row) for row in cursor.fetchall()]
