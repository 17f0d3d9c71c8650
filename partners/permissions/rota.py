"""The rota: who reads it, who changes whose part of it, and whose shifts and swaps are one's own."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied

from nhc.access import Permission
from partners.models import CalendarFeed, Centre, DutyRole, Shift, Swap, Team
from partners.permissions.teams import get_directory_for
from partners.permissions.viewers import NotVisible, Viewer, standing_of
from partners.queries import rota as queries
from partners.queries import rota_sources
from partners.queries import swaps as swap_queries


@dataclass(frozen=True, slots=True)
class RotaAccess:
    """A centre's rota as one viewer sees it.

    `manages` is for all of it; otherwise `organisations` are those whose teams' shifts the viewer may change.
    """

    centre: Centre
    manages: bool
    organisations: frozenset[int]

    @property
    def changes_some(self) -> bool:
        """Whether the viewer may change the shifts of any team."""
        return self.manages or bool(self.organisations)

    def may_change(self, team: Team) -> bool:
        """Whether the viewer may change the shifts of a team."""
        return self.manages or team.organisation_id in self.organisations


def get_rota_for(viewer: Viewer, slug: str, at: datetime) -> RotaAccess:
    """Return a centre's rota to those who read its directory; else NotVisible or PermissionDenied."""
    access = get_directory_for(viewer, slug, at)
    manages = Permission.MANAGE_ROTA in access.permissions
    # The standing is read again only by those few who look after an organisation's people without managing the rota.
    organisations = frozenset() if manages else standing_of(viewer, at).administers
    return RotaAccess(access.centre, manages, organisations)


def get_rota_to_change(viewer: Viewer, slug: str, at: datetime) -> RotaAccess:
    """Return the rota to those who may change some team's shifts. Raises as `get_rota_for`."""
    access = get_rota_for(viewer, slug, at)
    if not access.changes_some:
        raise PermissionDenied
    return access


def get_rota_to_manage(viewer: Viewer, slug: str, at: datetime) -> RotaAccess:
    """Return the rota to those who may change all of it, duty roles included. Raises as `get_rota_for`."""
    access = get_rota_for(viewer, slug, at)
    if not access.manages:
        raise PermissionDenied
    return access


def get_shift_to_change(viewer: Viewer, slug: str, shift_id: int, at: datetime) -> tuple[RotaAccess, Shift]:
    """Return a shift on the centre's rota to those who may change its team's. Raises as `get_rota_for`."""
    access = get_rota_for(viewer, slug, at)
    shift = queries.shift_at(access.centre, shift_id)
    if shift is None:
        raise NotVisible
    if not access.may_change(shift.team):
        raise PermissionDenied
    return access, shift


def get_duty_role_to_change(viewer: Viewer, slug: str, code: str, at: datetime) -> tuple[RotaAccess, DutyRole]:
    """Return a duty role in use to those who may change the whole rota. Raises as `get_rota_for`."""
    access = get_rota_to_manage(viewer, slug, at)
    role = queries.duty_role_by_code(access.centre, code)
    if role is None or role.retired_at is not None:
        raise NotVisible
    return access, role


def get_feed_to_change(viewer: Viewer, slug: str, feed_id: int, at: datetime) -> tuple[RotaAccess, CalendarFeed]:
    """Return a calendar that is read for a team, to those who may change the team's shifts. Raises as above."""
    access = get_rota_to_change(viewer, slug, at)
    feed = next((feed for feed in rota_sources.feeds_of(access.centre) if feed.pk == feed_id), None)
    if feed is None or not access.may_change(feed.team):
        raise NotVisible
    return access, feed


def get_own_shift(viewer: Viewer, shift_id: int, at: datetime) -> Shift:
    """Return a shift of the viewer's own that is on the rota and not over, while they work at its centre.

    NotVisible for everything else: a placement that has lapsed opens none of the centre's people and shifts.
    """
    shift = (
        None if viewer.user_id is None else swap_queries.shifts_ahead(viewer.user_id, at).filter(pk=shift_id).first()
    )
    if shift is None or shift.duty_role.centre_id not in get_workplaces(viewer, at):
        raise NotVisible
    return shift


def get_swap_for(viewer: Viewer, swap_id: int, at: datetime) -> Swap:
    """Return a swap to the two people whom it concerns while they work at its centre; else NotVisible."""
    swap = swap_queries.by_id(swap_id)
    if swap is None or viewer.user_id not in {swap.asked_by_id, swap.asked_of_id} or viewer.user_id is None:
        raise NotVisible
    if swap.shift.duty_role.centre_id not in get_workplaces(viewer, at):
        raise NotVisible
    return swap


def get_workplaces(viewer: Viewer, at: datetime) -> frozenset[int]:
    """Return the keys of the centres in whose teams the viewer works at an instant."""
    return frozenset(placement.centre_id for placement in standing_of(viewer, at).placements)
