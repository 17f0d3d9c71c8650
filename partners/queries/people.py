"""Where people stand: whose employees they are and in which teams they work."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, F, IntegerField, Q, Value
from django.db.models.functions import Cast

from partners.models import Employment, Membership


@dataclass(frozen=True, slots=True)
class Placement:
    """A current role in a team of `organisation_id` at `centre_id`."""

    organisation_id: int
    centre_id: int
    role: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that a person's access follows from, at one instant."""

    employers: frozenset[int]
    placements: tuple[Placement, ...]


def current(at: datetime) -> Q:
    """Return the condition that a row with `starts_at` and `ends_at` holds at an instant."""
    return Q(starts_at__lte=at) & (Q(ends_at__isnull=True) | Q(ends_at__gt=at))


def standing(user_id: int, at: datetime) -> Standing:
    """Return employers and placements of a person, in one query."""
    employments = (
        Employment.objects.filter(current(at), user_id=user_id)
        .annotate(where=Cast(Value(None), IntegerField()), what=Value("", output_field=CharField()))
        .values_list("organisation_id", "where", "what")
    )
    memberships = (
        Membership.objects.filter(current(at), user_id=user_id)
        .annotate(where=F("team__centre_id"), what=F("role"))
        .values_list("team__organisation_id", "where", "what")
    )
    rows: list[tuple[int, int | None, str]] = list(employments.union(memberships, all=True))
    return Standing(
        employers=frozenset(organisation for organisation, centre, _ in rows if centre is None),
        placements=tuple(
            Placement(organisation, centre, role) for organisation, centre, role in rows if centre is not None
        ),
    )
