"""Who has left a centre, and in which team they worked last: for what they carried to go there."""

from collections.abc import Collection
from datetime import datetime

from partners.models import Membership, Team

type Pair = tuple[int, int]
"""A person and a centre, by key."""


def last_teams(pairs: Collection[Pair], at: datetime, *, besides: int | None = None) -> dict[Pair, Team]:
    """Return the team in which each person worked last at a centre where they work no more. One query.

    Nobody who has a place there, or will have one. `besides` is a placement that counts as over.
    """
    found: dict[Pair, Team] = {}
    there: set[Pair] = set()
    placed = Membership.objects.filter(
        user_id__in={user for user, _ in pairs}, team__centre_id__in={centre for _, centre in pairs}
    )
    for each in placed.select_related("team__organisation", "team__centre").order_by("starts_at", "pk"):
        pair = (each.user_id, each.team.centre_id)
        if each.pk != besides and (each.ends_at is None or each.ends_at > at):
            there.add(pair)
        found[pair] = each.team
    return {pair: team for pair, team in found.items() if pair in set(pairs) - there}
