"""Who gives the roles of the whole centre, and ends them."""

from datetime import datetime

from django.core.exceptions import PermissionDenied

from nhc.access import Permission
from partners.models import Centre, Membership
from partners.permissions.centres import get_centre_for
from partners.permissions.viewers import NotVisible, Viewer
from partners.queries import centre_roles


def get_centre_with_roles(viewer: Viewer, slug: str, at: datetime) -> Centre:
    """Return the centre to its managers. NotVisible for outsiders, PermissionDenied for its others."""
    access = get_centre_for(viewer, slug, at)
    if Permission.GIVE_ROLES not in access.permissions:
        raise PermissionDenied
    return access.centre


def get_role_to_end(viewer: Viewer, slug: str, holding_id: int, at: datetime) -> Membership:
    """Return a role of the centre that somebody holds, to its managers. NotVisible where there is none."""
    holding = centre_roles.by_id(get_centre_with_roles(viewer, slug, at), holding_id, at)
    if holding is None:
        raise NotVisible
    return holding
