"""Which centres a viewer may see, and what of them."""

from dataclasses import dataclass
from datetime import datetime

from nhc.access import Permission
from nhc.requests import read_once
from partners.models import Centre
from partners.permissions.organisations import acting_for
from partners.permissions.viewers import Audience, NotVisible, Viewer, permissions_of, standing_of
from partners.queries import organisations as organisation_queries
from partners.queries.organisations import CentrePartners
from partners.queries.people import Standing


@dataclass(frozen=True, slots=True)
class CentreAccess:
    """A centre as one viewer sees it. `organisations` are those whose own figures the viewer sees exactly.

    `works_here` is whether the viewer has a place in a team of one of its partners.
    """

    centre: Centre
    audience: Audience
    organisations: frozenset[int]
    permissions: frozenset[Permission]
    works_here: bool


def get_centre_for(viewer: Viewer, slug: str, at: datetime) -> CentreAccess:
    """Return the centre and what the viewer may see of it.

    Open to keys of partners, to employees of partners, to members of partners' teams there, to those appointed to an
    area around it, and to people with an exception. Raises NotVisible for everyone else. Read once a request.
    """
    return read_once(("centre access", viewer, slug, at), lambda: _centre_for(viewer, slug, at))


def _centre_for(viewer: Viewer, slug: str, at: datetime) -> CentreAccess:
    found = organisation_queries.centre_at(slug, at) if "\0" not in slug else None
    access = None if found is None else _access(viewer, standing_of(viewer, at), found)
    if access is None:
        raise NotVisible
    return access


def centres_for(viewer: Viewer, at: datetime) -> list[CentreAccess]:
    """Return every centre the viewer may see, by name."""
    standing = standing_of(viewer, at)
    organisations = standing.employers | {placement.organisation_id for placement in standing.placements}
    return [
        access
        for found in organisation_queries.centres_of(organisations, at, others=standing.reads)
        if (access := _access(viewer, standing, found)) is not None
    ]


def _access(viewer: Viewer, standing: Standing, found: CentrePartners) -> CentreAccess | None:
    employers = standing.employers & found.partners
    placed = [
        placement
        for placement in standing.placements
        if placement.centre_id == found.centre.pk and placement.organisation_id in found.partners
    ]
    if not employers and not placed and found.centre.pk not in standing.reads:
        return None
    permissions = permissions_of(placement.role for placement in placed) | {Permission.READ_DASHBOARD}
    # Exact totals come with an organisation that the information-sharing agreement binds, not with any other.
    exact = permissions_of(placement.role for placement in placed if placement.organisation_id in found.bound)
    permissions -= {Permission.READ_EXACT} - exact
    if standing.administers & employers:
        permissions |= {Permission.READ_DIRECTORY}
    if viewer.user_id is None and employers & found.bound:
        permissions |= {Permission.READ_EXACT}
    return CentreAccess(
        centre=found.centre,
        audience=Audience.MEMBER if Permission.READ_EXACT in permissions else Audience.OUTSIDE,
        organisations=acting_for(viewer, standing, None),
        permissions=permissions,
        works_here=bool(placed),
    )
