"""Hours on the rota, for those who manage people from their own employer."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import DurationField, ExpressionWrapper, F, Q, Sum, Value
from django.db.models.functions import Greatest, Least

from partners.models import Membership
from partners.queries.rota import live, overlapping


def hours_on_rota(placements: Iterable[Membership], start: datetime, end: datetime) -> dict[int, timedelta]:
    """Return how long each person is on shift in the teams of these placements, within two instants, by person.

    Elapsed time, so that a night on which the clocks change counts as long as it lasts. One query.
    """
    wanted = Q()
    for placement in placements:
        wanted |= Q(user_id=placement.user_id, team_id=placement.team_id)
    if not wanted:
        return {}
    within = ExpressionWrapper(
        Least(F("ends_at"), Value(end)) - Greatest(F("starts_at"), Value(start)), output_field=DurationField()
    )
    found = live().filter(overlapping(start, end), wanted).order_by().values("user_id").annotate(long=Sum(within))
    return {row["user_id"]: row["long"] for row in found}
