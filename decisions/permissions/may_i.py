"""Who asks "May I?": whoever has a place in a team at the centre, as themselves."""

from datetime import datetime

from django.core.exceptions import PermissionDenied

from nhc.access import Permission
from partners.permissions import CentreAccess, Viewer, get_centre_for


def get_centre_to_ask(viewer: Viewer, slug: str, at: datetime) -> CentreAccess:
    """Return the centre to those who work there; PermissionDenied for others who see it, NotVisible for the rest."""
    access = get_centre_for(viewer, slug, at)
    if viewer.user_id is None or Permission.ASK not in access.permissions:
        raise PermissionDenied
    return access
