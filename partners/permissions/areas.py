"""Which areas a viewer reads."""

from datetime import datetime

from partners.models import Area
from partners.permissions.viewers import NotVisible, Viewer
from partners.queries import areas as area_queries


def areas_for(viewer: Viewer, at: datetime) -> list[Area]:
    """Return the areas that a person is appointed to, with the parts of these, by name; a key reads none."""
    return [] if viewer.user_id is None else area_queries.read_by(viewer.user_id, at)


def get_area_for(viewer: Viewer, code: str, at: datetime) -> Area:
    """Return the area with a code if the viewer reads it; else NotVisible."""
    found = None if viewer.user_id is None else area_queries.area_read_by(viewer.user_id, code, at)
    if found is None:
        raise NotVisible
    return found
