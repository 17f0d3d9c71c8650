"""Roles of the whole centre, such as its manager: given and ended on the centre's behalf, by no employer."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from nhc.access import CENTRES_GIVE, ROLES, Permission
from nhc.actors import Actor
from nhc.models import User
from partners.models import Centre, Membership, Team
from partners.queries import centre_roles, staff
from partners.services import people


@transaction.atomic
def give_centre_role(
    *, user: User, team: Team, role: str, starts_at: datetime, ends_at: datetime | None = None, by: Actor, at: datetime
) -> Membership:
    """Give one of a team's organisation's people a role of the whole centre, on the centre's behalf.

    The organisation's administrator may end the placement as any other. Raises ValidationError for a role that the
    employer gives, for a person who is not the organisation's, and for a person who gives it to themselves.
    """
    if role not in CENTRES_GIVE:
        raise ValidationError(f"'{role}' is not a role that the centre gives. Use one of: {', '.join(CENTRES_GIVE)}.")
    if by.kind != "system":
        _require_giver(team.centre, by, at)
        people.refuse_oneself(user.email, by)
    if not staff.people_of(team.organisation, at).filter(pk=user.pk).exists():
        raise ValidationError(
            f"{user.name} does not work for {team.organisation.name}. Ask its administrator to invite them first."
        )
    return people.place(user=user, team=team, role=role, starts_at=starts_at, ends_at=ends_at, by=by, at=at)


@transaction.atomic
def end_centre_role(*, placement: Membership, by: Actor, at: datetime) -> Membership:
    """End somebody's role of the whole centre now; one that has not begun is withdrawn.

    Raises ValidationError for a role that the employer gives, for one that is over, and for the centre's last manager.
    """
    if placement.role not in CENTRES_GIVE:
        raise ValidationError("The employer gives this role. Ask the organisation's administrator to end it.")
    centre = placement.team.centre
    # Alone with the centre: two managers must not end each other at once.
    Centre.objects.select_for_update(no_key=True).get(pk=centre.pk)
    if by.kind != "system":
        _require_giver(centre, by, at)
    _refuse_last_giver(placement, at)
    return people.end_membership(membership=placement, ends_at=at, by=by, at=at)


def _require_giver(centre: Centre, by: Actor, at: datetime) -> None:
    if by.user_id is None or not centre_roles.givers_at(centre, at).filter(user_id=by.user_id).exists():
        raise ValidationError(f"Only the manager of {centre.name} gives and ends its roles.")


def _refuse_last_giver(placement: Membership, at: datetime) -> None:
    """Somebody else must give the centre's roles from now on, at least as long as this one would have."""
    if Permission.GIVE_ROLES not in ROLES[placement.role].permissions:
        return
    stays = Q(ends_at__isnull=True)
    if placement.ends_at is not None:
        stays |= Q(ends_at__gte=placement.ends_at)
    others = centre_roles.givers_at(placement.team.centre, at).filter(stays).exclude(pk=placement.pk)
    if not others.exists():
        raise ValidationError("This is the centre's last manager. Make somebody else its manager first.")
