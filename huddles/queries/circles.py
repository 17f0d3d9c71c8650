"""Who is around a person: the conditions on episodes and people that a seat at a centre opens. Nobody else asks them.

A record that was merged reads as the kept one: conditions name the kept record, and hold for those merged into it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from huddles.models import BreakGlass, CircleMember, Episode, Person, RecordGrant, SharingPreference
from partners.queries.people import current

if TYPE_CHECKING:
    from partners.models import Centre

READ_RECORD = "view_person"
"""What every grant of today lets somebody do: read one person's record."""

NOBODY = Q(pk__in=[])
_REFUSED = "refused"
_ANYWAY = frozenset({"team", "broken"})
"""Why a record is open though the person does not share with an organisation of whoever looks."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody stands at a centre: the teams in which they see records, and whose people they are."""

    user_id: int
    teams: frozenset[int]
    organisations: frozenset[int]


type Roots = QuerySet[Any, dict[str, Any]]


def responsible(seat: Seat, at: datetime) -> Q:
    """Return the condition on open episodes that somebody is of the team that is responsible.

    It holds though the person does not share with that team's own organisation, because somebody has to answer for
    them until another team does; not for staff of another organisation with which they do not share.
    """
    own = OuterRef("responsible_team__organisation")
    others = (
        _said_no(seat, at)
        .exclude(organisation=own)
        .filter(root=Coalesce(OuterRef("person__merged_into_id"), OuterRef("person_id")))
    )
    return Q(responsible_team_id__in=seat.teams) & ~Q(Exists(others))


def around(seat: Seat, at: datetime) -> dict[str, Q]:
    """Return the conditions on open episodes that put somebody around their person, by why.

    Of a key worker only while they work in the responsible team, whatever is stored.
    """
    joined = CircleMember.objects.filter(current(at), episode=OuterRef("pk"))
    return {
        "team": responsible(seat, at),
        "key_worker": Q(key_worker_id=seat.user_id, responsible_team_id__in=seat.teams),
        "circle": Q(Exists(joined.filter(Q(team_id__in=seat.teams) | Q(user_id=seat.user_id)))),
    }


def supported(condition: Q) -> Roots:
    """Return the kept records of people with an open episode for which a condition holds."""
    return _roots(Episode.objects.filter(condition, closed_at__isnull=True), "person")


def granted(seat: Seat, at: datetime) -> Roots:
    """Return the kept records that a grant opens to somebody at an instant."""
    grants = RecordGrant.objects.filter(
        Q(revoked_at__isnull=True) | Q(revoked_at__gt=at),
        user_id=seat.user_id,
        permission__codename=READ_RECORD,
        granted_at__lte=at,
        expires_at__gt=at,
    )
    return _roots(grants, "content_object")


def broken(seat: Seat, at: datetime) -> Roots:
    """Return the kept records that breaking the glass has opened to somebody at an instant."""
    return _roots(BreakGlass.objects.filter(user_id=seat.user_id, at__lte=at, until_at__gt=at), "person")


def refused(seat: Seat, at: datetime) -> Roots:
    """Return the kept records of people who do not share with an organisation whose person somebody is."""
    return _said_no(seat, at).values("root")


def among(roots: Roots) -> Q:
    """Return the condition that a person's record is one of some kept ones, or merged into one."""
    return Q(pk__in=roots) | Q(merged_into__isnull=False, merged_into_id__in=roots)


def readable(seat: Seat, centre: "Centre", at: datetime, openings: Iterable[Q] = ()) -> Q:
    """Return the condition on people whose name and record somebody sees at an instant.

    They are around the person, or were asked to take something over (`openings`, conditions on episodes), or a grant
    says so; in each case only where the person shares with their organisation. Whatever was said, it is open to the
    team that is responsible (`responsible`), and to who has broken the glass.
    """
    if not seat.teams:
        return NOBODY
    near = Q()
    for condition in (*around(seat, at).values(), *openings):
        near |= condition
    opened = among(supported(near)) | among(granted(seat, at))
    anyway = among(supported(responsible(seat, at))) | among(broken(seat, at))
    return Q(centre=centre, disposed_at__isnull=True) & (opened & ~among(refused(seat, at)) | anyway)


def findable(seat: Seat, at: datetime) -> Q:
    """Return the condition that a search may find somebody it may show: not sensitive, or granted to the searcher."""
    return Q(sensitive=False) & ~Q(merged_into__isnull=False, merged_into__sensitive=True) | among(granted(seat, at))


def why(seat: Seat, person: Person, at: datetime, openings: dict[str, Q]) -> frozenset[str]:
    """Return why somebody may see a kept record: `team`, `key_worker`, `circle`, `grant`, `broken` or an opening.

    Where the person does not share with their organisation only `team` and `broken` are left.
    """
    asked = {
        **{name: supported(each) for name, each in {**around(seat, at), **openings}.items()},
        "grant": granted(seat, at),
        "broken": broken(seat, at),
        _REFUSED: refused(seat, at),
    }
    found = Person.objects.filter(pk=person.pk).annotate(
        **{
            f"why_{name}": ExpressionWrapper(Q(pk__in=roots), output_field=BooleanField())
            for name, roots in asked.items()
        }
    )
    row = found.values(*(f"why_{name}" for name in asked)).first() or {}
    reasons = frozenset(name for name in asked if row.get(f"why_{name}"))
    return reasons & _ANYWAY if _REFUSED in reasons else reasons


def _said_no(seat: Seat, at: datetime) -> QuerySet[Any]:
    """Return what people said against sharing with somebody's organisations, each with `root`, the kept record."""
    said = SharingPreference.objects.filter(current(at), shares=False, organisation_id__in=seat.organisations)
    return said.annotate(root=Coalesce("person__merged_into_id", "person_id"))


def _roots(rows: QuerySet[Any], path: str) -> Roots:
    return rows.values(root=Coalesce(f"{path}__merged_into_id", f"{path}__id"))
