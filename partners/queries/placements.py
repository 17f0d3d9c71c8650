"""Where somebody works at a centre, for a partner of it, in roles that let them do something."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from nhc.access import ROLES, Permission
from nhc.clock import london_date
from partners.models import Centre, Membership, Partnership
from partners.queries.organisations import holds_on
from partners.queries.people import current


def roles_with(permission: Permission) -> list[str]:
    """Return the codes of the roles that let their holders do something."""
    return [code for code, role in ROLES.items() if permission in role.permissions]


def placed_with(permission: Permission, centre: Centre, at: datetime) -> QuerySet[Membership]:
    """Return placements at a centre, for organisations that are its partners then, in roles with a permission."""
    partners = Partnership.objects.filter(
        holds_on(london_date(at)), centre=centre, organisation_id=OuterRef("team__organisation_id")
    )
    return Membership.objects.filter(
        current(at), Exists(partners), team__centre=centre, role__in=roles_with(permission), user__is_active=True
    )


def teams_with(permission: Permission, user_id: int, centre: Centre, at: datetime) -> dict[int, int]:
    """Return the keys of the teams in which a role lets a person do something, each with its organisation's key."""
    placed = placed_with(permission, centre, at).filter(user_id=user_id)
    return dict(placed.values_list("team_id", "team__organisation_id"))


def holders(permission: Permission, centre: Centre, at: datetime, *, teams: Collection[int] | None = None) -> list[int]:
    """Return the keys of those whom a role at a centre, or in some of its teams, lets do something."""
    placed = placed_with(permission, centre, at)
    if teams is not None:
        placed = placed.filter(team__in=teams)
    return sorted(set(placed.values_list("user_id", flat=True)))


def place_in(permission: Permission, at: datetime, *, user: OuterRef, team: OuterRef) -> Q:
    """Return the condition that a row's person has a role in a row's team that lets them do something."""
    partners = Partnership.objects.filter(
        holds_on(london_date(at)),
        centre=OuterRef("team__centre"),
        organisation=OuterRef("team__organisation"),
    )
    placed = Membership.objects.filter(
        current(at), Exists(partners), user=user, team=team, role__in=roles_with(permission), user__is_active=True
    )
    return Q(Exists(placed))


def not_ended(at: datetime, *, user: OuterRef, centre: OuterRef) -> Q:
    """Return the condition that a row's person works at a row's centre at an instant, or is to."""
    held = Membership.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), user=user, team__centre=centre)
    return Q(Exists(held))
