"""Who speaks for an organisation among the partners of a centre: who signs for it, administers it or sits for it.

Whoever sits for it is its member of the partnership group or the board.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from nhc.clock import london_date
from partners.models import Centre, Employment, Membership, Organisation, Partnership, Signatory
from partners.queries.agreements import signs
from partners.queries.organisations import holds_on
from partners.queries.people import current

SITS = ("group", "board")
"""Roles whose holders sit for their organisation."""


def speaks_for(user_id: int, centre: Centre, at: datetime) -> list[Organisation]:
    """Return for which partners of a centre a person speaks, by name. One query."""
    partners = Partnership.objects.filter(holds_on(london_date(at)), centre=centre).values("organisation_id")
    signing = Signatory.objects.filter(signs(at), user_id=user_id, organisation__in=partners).values("organisation_id")
    administering = Employment.objects.filter(
        current(at), user_id=user_id, administrator=True, organisation__in=partners
    ).values("organisation_id")
    sitting = Membership.objects.filter(
        current(at), user_id=user_id, role__in=SITS, team__centre=centre, team__organisation__in=partners
    ).values("team__organisation_id")
    found = Organisation.objects.filter(pk__in=signing.union(administering, sitting))
    return list(found.order_by("name", "code"))


def speakers(centre: Centre, organisations: Iterable[Organisation], at: datetime) -> Iterator[tuple[Organisation, int]]:
    """Return, for organisations, the keys of those who speak for each at a centre. Three queries."""
    by_id = {each.pk: each for each in organisations}
    signing = Signatory.objects.filter(signs(at), organisation__in=by_id)
    administering = Employment.objects.filter(current(at), administrator=True, organisation__in=by_id)
    sitting = Membership.objects.filter(current(at), role__in=SITS, team__centre=centre, team__organisation__in=by_id)
    pairs = {
        *signing.values_list("organisation_id", "user_id"),
        *administering.values_list("organisation_id", "user_id"),
        *sitting.values_list("team__organisation_id", "user_id"),
    }
    for organisation, user_id in sorted(pairs):
        yield by_id[organisation], user_id
