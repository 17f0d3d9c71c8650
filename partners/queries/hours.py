"""Hours on the rota, for those who manage people from their own employer."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import DurationField, ExpressionWrapper, F, Sum, Value
from django.db.models.functions import Greatest, Least

from partners.models import Membership
from partners.queries.rota import live, overlapping


def hours_on_rota(placements: Iterable[Membership], start: datetime, end: datetime) -> dict[int, timedelta]:
    """Return how long each person is on shift in the teams of these placements, within two instants, by person.

    Elapsed time, so that a night on which the clocks change counts as long as it lasts. One query.
    """
    wanted = {(placement.user_id, placement.team_id) for placement in placements}
    if not wanted:
        return {}
    within = ExpressionWrapper(
        Least(F("ends_at"), Value(end)) - Greatest(F("starts_at"), Value(start)), output_field=DurationField()
    )
    # Two short lists, which the indexes answer; which team goes with which person is then told apart here.
    found = live().filter(
        overlapping(start, end), user_id__in={user for user, _ in wanted}, team_id__in={team for _, team in wanted}
    )
    long: dict[int, timedelta] = {}
    for user, team, time in found.order_by().values_list("user_id", "team_id").annotate(time=Sum(within)):
        if (user, team) in wanted:
            long[user] = long.get(user, timedelta()) + time
    return long
