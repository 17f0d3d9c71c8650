"""The directory: who reads it, and who writes a team's entry."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied

from nhc.access import Permission
from partners.models import Centre, Team
from partners.permissions.centres import CentreAccess, get_centre_for
from partners.permissions.viewers import NotVisible, Viewer, standing_of
from partners.queries import directory


@dataclass(frozen=True, slots=True)
class TeamAccess:
    """A team as one viewer sees it."""

    access: CentreAccess
    team: Team
    may_edit: bool
    may_close: bool


def get_directory_for(viewer: Viewer, slug: str, at: datetime) -> CentreAccess:
    """Return the centre to those who read its directory; PermissionDenied for others who see the centre."""
    access = get_centre_for(viewer, slug, at)
    if Permission.READ_DIRECTORY not in access.permissions:
        raise PermissionDenied
    return access


def get_directory_to_manage(viewer: Viewer, slug: str, at: datetime) -> Centre:
    """Return the centre to those who look after its teams. Raises as `get_directory_for`."""
    access = get_directory_for(viewer, slug, at)
    if Permission.MANAGE_CENTRE not in access.permissions:
        raise PermissionDenied
    return access.centre


def get_team_for(viewer: Viewer, slug: str, team_id: int, at: datetime) -> TeamAccess:
    """Return an open team of the centre to those who read its directory; else NotVisible or PermissionDenied.

    It may be edited by those who look after the centre, and by administrators of the team's organisation; closed by
    the former.
    """
    access = get_directory_for(viewer, slug, at)
    team = directory.teams_at(access.centre, at).filter(pk=team_id).first()
    if team is None:
        raise NotVisible
    may_close = Permission.MANAGE_CENTRE in access.permissions
    may_edit = may_close or team.organisation_id in standing_of(viewer, at).administers
    return TeamAccess(access, team, may_edit=may_edit, may_close=may_close)


def get_team_to_edit(viewer: Viewer, slug: str, team_id: int, at: datetime) -> TeamAccess:
    """Return the team to those who may edit its entry. Raises as `get_team_for`, and PermissionDenied for readers."""
    found = get_team_for(viewer, slug, team_id, at)
    if not found.may_edit:
        raise PermissionDenied
    return found


def get_team_to_close(viewer: Viewer, slug: str, team_id: int, at: datetime) -> Team:
    """Return the team to those who look after the centre's teams. Raises as `get_team_for`."""
    found = get_team_for(viewer, slug, team_id, at)
    if not found.may_close:
        raise PermissionDenied
    return found.team
