"""What a centre would get with a starter grid."""

from typing import TYPE_CHECKING

from decisions.starters import Starter, StarterRole
from partners.queries import rota

if TYPE_CHECKING:
    from partners.models import Centre


def lacking_duty_roles(starter: Starter, centre: "Centre") -> list[StarterRole]:
    """Return the starter's duty roles that the centre has not, those that stand in for others first."""
    here = {role.code for role in rota.duty_roles(centre)}
    lacking = [role for role in starter.duty_roles if role.code not in here]
    deputies = {role.deputy for role in starter.duty_roles}
    return sorted(lacking, key=lambda role: (role.code not in deputies, starter.duty_roles.index(role)))
