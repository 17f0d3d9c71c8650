"""Who reads a centre's agreements, drafts them, opens them and signs them."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied

from nhc.access import Permission
from partners.models import Agreement, AgreementProposal, AgreementVersion, Organisation, Signatory
from partners.permissions.centres import CentreAccess, get_centre_for
from partners.permissions.people import get_administered_organisation
from partners.permissions.viewers import NotVisible, Viewer
from partners.queries import agreements as queries


@dataclass(frozen=True, slots=True)
class AgreementAccess:
    """An agreement as one viewer sees it."""

    centre: CentreAccess
    agreement: Agreement
    may_draft: bool
    may_open: bool


def get_agreements_for(viewer: Viewer, slug: str, at: datetime) -> CentreAccess:
    """Return the centre to those who read its agreements: who reads its directory, and who signs for a partner.

    PermissionDenied for others who see the centre, NotVisible for the rest.
    """
    access = get_centre_for(viewer, slug, at)
    if Permission.READ_DIRECTORY in access.permissions:
        return access
    if viewer.user_id is None or not queries.signs_at(viewer.user_id, access.centre, at):
        raise PermissionDenied
    return access


def get_agreement_for(
    viewer: Viewer, slug: str, kind: str, at: datetime, *, permission: Permission | None = None
) -> AgreementAccess:
    """Return an agreement of a centre.

    NotVisible where it was not begun; PermissionDenied for those who lack a permission that is named.
    """
    access = get_agreements_for(viewer, slug, at)
    if permission is not None and permission not in access.permissions:
        raise PermissionDenied
    agreement = queries.by_kind(access.centre, kind)
    if agreement is None:
        raise NotVisible
    return _of(access, agreement)


def get_centre_to_begin(viewer: Viewer, slug: str, kind: str, at: datetime) -> CentreAccess:
    """Return the centre to those who begin its agreements, for a kind that it may have."""
    access = get_agreements_for(viewer, slug, at)
    if kind not in Agreement.Kind.values:
        raise NotVisible
    if Permission.OPEN_AGREEMENTS not in access.permissions:
        raise PermissionDenied
    return access


def get_version_for(
    viewer: Viewer, slug: str, kind: str, number: int, at: datetime
) -> tuple[AgreementAccess, AgreementVersion]:
    """Return one version of an agreement, the draft included."""
    found = get_agreement_for(viewer, slug, kind, at)
    version = queries.version_by_number(found.agreement, number)
    if version is None:
        raise NotVisible
    return found, version


def get_proposal_for(
    viewer: Viewer, slug: str, proposal_id: int, at: datetime, *, permission: Permission | None = None
) -> tuple[AgreementAccess, AgreementProposal]:
    """Return a proposal of the centre's. Raises as `get_agreement_for`."""
    access = get_agreements_for(viewer, slug, at)
    proposal = queries.proposal_by_id(proposal_id)
    if proposal is None or proposal.agreement.centre_id != access.centre.pk:
        raise NotVisible
    if permission is not None and permission not in access.permissions:
        raise PermissionDenied
    return _of(access, proposal.agreement), proposal


def get_own_proposal(
    viewer: Viewer, slug: str, proposal_id: int, at: datetime
) -> tuple[AgreementAccess, AgreementProposal]:
    """Return a proposal to whoever made it; PermissionDenied for others who read it."""
    found, proposal = get_proposal_for(viewer, slug, proposal_id, at, permission=Permission.DRAFT_AGREEMENTS)
    if proposal.user_id != viewer.user_id:
        raise PermissionDenied
    return found, proposal


def get_version_to_sign(
    viewer: Viewer, slug: str, kind: str, at: datetime
) -> tuple[AgreementAccess, AgreementVersion, list[Signatory]]:
    """Return what is in force and for whom the viewer may still sign it; PermissionDenied where that is nobody."""
    found = get_agreement_for(viewer, slug, kind, at)
    version = queries.version_in_force(found.agreement, at)
    if version is None or viewer.user_id is None:
        raise NotVisible
    powers = queries.may_sign_for(viewer.user_id, version, at)
    if not powers:
        raise PermissionDenied
    return found, version, powers


def get_signatory_for(viewer: Viewer, code: str, signatory_id: int, at: datetime) -> Signatory:
    """Return somebody who signs for an organisation to its administrators; else NotVisible."""
    organisation: Organisation = get_administered_organisation(viewer, code, at)
    signatory = queries.signatory_by_id(signatory_id, at)
    if signatory is None or signatory.organisation_id != organisation.pk:
        raise NotVisible
    return signatory


def _of(access: CentreAccess, agreement: Agreement) -> AgreementAccess:
    return AgreementAccess(
        centre=access,
        agreement=agreement,
        may_draft=Permission.DRAFT_AGREEMENTS in access.permissions,
        may_open=Permission.OPEN_AGREEMENTS in access.permissions,
    )
