"""Swaps that somebody asked for or was asked for, and a person's own shifts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from nhc.models import User
from partners.lifecycle import SwapState
from partners.models import Centre, Membership, Shift, Swap, Team
from partners.queries.people import current


def with_shifts(swaps: QuerySet[Swap]) -> QuerySet[Swap]:
    """Return swaps with everything that a sentence about them says."""
    return swaps.select_related(
        "asked_by",
        "asked_of",
        "shift__user",
        "shift__duty_role__centre",
        "shift__team__organisation",
        "offered__user",
        "offered__duty_role__centre",
        "offered__team__organisation",
    )


def by_id(swap_id: int) -> Swap | None:
    """Return a swap with its shifts and people, or None."""
    return with_shifts(Swap.objects.all()).filter(pk=swap_id).first()


def waiting_for(user_id: int, at: datetime) -> list[Swap]:
    """Return swaps that a person asked for or is asked for and that can still be answered, oldest first."""
    concerned = Q(asked_by_id=user_id) | Q(asked_of_id=user_id)
    open_then = with_shifts(Swap.objects.filter(concerned, state=SwapState.ASKED, shift__starts_at__gt=at))
    return list(open_then.order_by("asked_at", "pk"))


def waiting_at(centre: Centre, start: datetime, end: datetime) -> dict[int, Swap]:
    """Return the swaps that wait for an answer, by the shift in question, where it starts between two instants."""
    swaps = with_shifts(
        Swap.objects.filter(
            state=SwapState.ASKED,
            shift__duty_role__centre=centre,
            shift__starts_at__gte=start,
            shift__starts_at__lt=end,
        )
    )
    return {swap.shift_id: swap for swap in swaps}


def shifts_ahead(user_id: int, at: datetime) -> QuerySet[Shift]:
    """Return a person's shifts that are not over, at every centre, by start."""
    return (
        Shift.objects.filter(user_id=user_id, cancelled_at__isnull=True, ends_at__gt=at)
        .select_related("duty_role__centre", "team__organisation", "user")
        .order_by("starts_at", "pk")
    )


def teams_for(user_id: int, centre_id: int, at: datetime) -> list[Team]:
    """Return the teams of a centre in which a person works at an instant, by name."""
    teams = Team.objects.filter(current(at, "memberships__"), memberships__user_id=user_id, centre_id=centre_id)
    return list(teams.select_related("organisation").order_by("name").distinct())


def colleagues(centre: Centre, at: datetime, *, besides: int) -> list[User]:
    """Return the people who work in a team of a centre at an instant, without one of them, by name."""
    placed = User.objects.filter(current(at, "memberships__"), memberships__team__centre=centre, is_active=True)
    return list(placed.exclude(pk=besides).order_by("name", "pk").distinct())


@dataclass(frozen=True, slots=True)
class Available:
    """Somebody who works in a team, and so may be on duty for it."""

    user: User
    team: Team


def available(centre: Centre, at: datetime, *, organisations: Collection[int] | None = None) -> list[Available]:
    """Return who works, or is soon to work, in which open team of a centre, by name and team.

    With `organisations`, only in teams of theirs.
    """
    found = Membership.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=at), team__centre=centre, team__closed_at__isnull=True
    )
    if organisations is not None:
        found = found.filter(team__organisation_id__in=organisations)
    rows = found.select_related("user", "team__organisation").order_by("user__name", "team__name", "pk")
    return list({(each.user_id, each.team_id): Available(each.user, each.team) for each in rows}.values())
