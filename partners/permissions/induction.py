"""Who goes through a centre's induction, writes it and sees who is inducted."""

from datetime import datetime

from django.core.exceptions import PermissionDenied

from nhc.access import Permission
from partners.models import Centre, Induction, InductionPack, InductionPackVersion, InductionStep
from partners.permissions.centres import CentreAccess, get_centre_for
from partners.permissions.teams import get_directory_for
from partners.permissions.viewers import NotVisible, Viewer
from partners.queries import induction as queries


def get_workplace_for(viewer: Viewer, slug: str, at: datetime) -> Centre:
    """Return the centre to those who work there: they are inducted and asked for the pulse.

    PermissionDenied for others who see the centre, NotVisible for the rest.
    """
    access = get_centre_for(viewer, slug, at)
    if viewer.user_id is None or not access.works_here:
        raise PermissionDenied
    return access.centre


def get_induction_for(viewer: Viewer, slug: str, induction_id: int, at: datetime) -> tuple[Centre, Induction]:
    """Return one's own induction at a centre where one works; nobody goes through another's."""
    centre = get_workplace_for(viewer, slug, at)
    induction = queries.by_id(induction_id)
    if induction is None or induction.centre_id != centre.pk or induction.user_id != viewer.user_id:
        raise NotVisible
    return centre, induction


def get_version_to_begin(viewer: Viewer, slug: str, kind: str, at: datetime) -> tuple[Centre, InductionPackVersion]:
    """Return the version of a pack that is open, to those who work at the centre."""
    centre = get_workplace_for(viewer, slug, at)
    pack = queries.pack_by_kind(centre, kind)
    version = None if pack is None else queries.version_open(pack)
    if version is None:
        raise NotVisible
    return centre, version


def get_inducted_for(viewer: Viewer, slug: str, at: datetime) -> CentreAccess:
    """Return the centre to those who see who is inducted: everybody who reads its directory."""
    return get_directory_for(viewer, slug, at)


def get_packs_for(viewer: Viewer, slug: str, at: datetime) -> Centre:
    """Return the centre to those who write its induction. PermissionDenied for others who see the centre."""
    access = get_centre_for(viewer, slug, at)
    if Permission.MANAGE_INDUCTION not in access.permissions:
        raise PermissionDenied
    return access.centre


def get_pack_to_write(viewer: Viewer, slug: str, kind: str, at: datetime) -> tuple[Centre, InductionPack | None]:
    """Return a pack to those who write it; None where it has no version yet. Raises as `get_packs_for`."""
    centre = get_packs_for(viewer, slug, at)
    if kind not in InductionPack.Kind.values:
        raise NotVisible
    return centre, queries.pack_by_kind(centre, kind)


def get_draft_step(viewer: Viewer, slug: str, step_id: int, at: datetime) -> InductionStep:
    """Return a step of a draft to those who write it. Raises as `get_packs_for`."""
    centre = get_packs_for(viewer, slug, at)
    step = queries.step_by_id(step_id)
    if step is None or step.version.pack.centre_id != centre.pk or step.version.opened_at is not None:
        raise NotVisible
    return step
