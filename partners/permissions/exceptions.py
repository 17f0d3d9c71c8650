"""Who makes exceptions for named people, and ends them."""

from datetime import datetime

from django.core.exceptions import PermissionDenied

from nhc.access import Permission
from partners.models import Centre, CentreException
from partners.permissions.centres import get_centre_for
from partners.permissions.viewers import NotVisible, Viewer
from partners.queries import exceptions as queries


def get_centre_for_exceptions(viewer: Viewer, slug: str, at: datetime) -> Centre:
    """Return a centre to its privacy officers. PermissionDenied for others who see it, NotVisible for the rest."""
    access = get_centre_for(viewer, slug, at)
    if Permission.GRANT_EXCEPTIONS not in access.permissions:
        raise PermissionDenied
    return access.centre


def get_exception_for(viewer: Viewer, exception_id: int, at: datetime) -> CentreException:
    """Return an exception with its person to the privacy officers of its centre; else as for the centre."""
    exception = queries.by_id(exception_id)
    if exception is None:
        raise NotVisible
    get_centre_for_exceptions(viewer, exception.content_object.slug, at)
    return exception
