"""For which organisations a viewer acts."""

from datetime import datetime

from nhc.access import Permission
from nhc.clock import london_date
from partners.models import Centre, Organisation
from partners.permissions.viewers import NotVisible, Viewer, permissions_of, standing_of
from partners.queries import organisations as organisation_queries
from partners.queries.people import Standing


def organisations_for(viewer: Viewer, at: datetime, *, permission: Permission | None = None) -> list[Organisation]:
    """Return the organisations the viewer acts for, by code.

    They are a key's own organisation; a person's employers and the organisations they submit for. With a permission,
    only those for which a person holds it; a key's permissions are its scopes, checked by the REST API.
    """
    standing = standing_of(viewer, at)
    return organisation_queries.organisations_by_id(acting_for(viewer, standing, permission))


def get_organisation_for(
    viewer: Viewer, code: str, at: datetime, *, permission: Permission | None = None
) -> Organisation:
    """Return the organisation with a code if the viewer acts for it, with the permission if named; else NotVisible."""
    for organisation in organisations_for(viewer, at, permission=permission):
        if organisation.code == code:
            return organisation
    raise NotVisible


def get_place_for(viewer: Viewer, code: str, slug: str, at: datetime) -> tuple[Organisation, Centre]:
    """Return an organisation the viewer acts for and a centre where it is a partner today; else NotVisible."""
    organisation = get_organisation_for(viewer, code, at)
    found = organisation_queries.centre_with_partners(slug, london_date(at)) if "\0" not in slug else None
    if found is None or organisation.pk not in found.partners:
        raise NotVisible
    return organisation, found.centre


def acting_for(viewer: Viewer, standing: Standing, permission: Permission | None) -> frozenset[int]:
    """Return the keys of the organisations a viewer acts for; with a permission, of those for which they hold it."""
    submits_for = {
        placement.organisation_id
        for placement in standing.placements
        if (permission or Permission.SUBMIT_FIGURES) in permissions_of([placement.role])
    }
    if viewer.user_id is not None and permission is not None:
        return frozenset(submits_for)
    return standing.employers | submits_for
