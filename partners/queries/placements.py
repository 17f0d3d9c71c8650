"""Where somebody works at a centre, for a partner of it, in roles that let them do something."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from nhc.access import ROLES, Permission
from nhc.clock import london_date
from partners.models import Centre, Membership, Partnership, Team
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


def team_at(centre: Centre, team_id: int, at: datetime) -> Team | None:
    """Return an open team of a centre."""
    return Team.objects.filter(pk=team_id, centre=centre, closed_at__isnull=True).first()
