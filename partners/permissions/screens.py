"""Who looks after a centre's wall screens."""

from datetime import datetime

from django.core.exceptions import PermissionDenied

from nhc.access import Permission
from partners.models import Centre, WallScreen
from partners.permissions.centres import get_centre_for
from partners.permissions.viewers import NotVisible, Viewer
from partners.queries import screens


def get_centre_with_screens(viewer: Viewer, slug: str, at: datetime) -> Centre:
    """Return the centre to those who look after it. NotVisible for outsiders, PermissionDenied for its others."""
    access = get_centre_for(viewer, slug, at)
    if Permission.MANAGE_CENTRE not in access.permissions:
        raise PermissionDenied
    return access.centre


def get_screen_for(viewer: Viewer, slug: str, screen_id: int, at: datetime) -> WallScreen:
    """Return a screen in use to those who look after its centre. NotVisible where there is none."""
    screen = screens.by_id(get_centre_with_screens(viewer, slug, at), screen_id)
    if screen is None:
        raise NotVisible
    return screen
