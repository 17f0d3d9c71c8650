"""Who looks after which people: administrators after their organisation's, home line managers after their own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nhc.models import User
from partners.models import Invitation, Membership, Organisation
from partners.permissions.viewers import NotVisible, Viewer, standing_of
from partners.queries import invitations as invitation_queries
from partners.queries import organisations as organisation_queries
from partners.queries import staff
from partners.queries.staff import Colleague


@dataclass(frozen=True, slots=True)
class Managed:
    """Someone a home line manager looks after, and their placements."""

    user: User
    placements: list[Membership]


def administered_organisations(viewer: Viewer, at: datetime) -> list[Organisation]:
    """Return the organisations whose people the viewer looks after, by code; a key looks after nobody."""
    if viewer.user_id is None:
        return []
    return organisation_queries.organisations_by_id(standing_of(viewer, at).administers)


def get_administered_organisation(viewer: Viewer, code: str, at: datetime) -> Organisation:
    """Return the organisation with a code if the viewer looks after its people; else NotVisible."""
    for organisation in administered_organisations(viewer, at):
        if organisation.code == code:
            return organisation
    raise NotVisible


def get_colleague_for(viewer: Viewer, code: str, user_id: int, at: datetime) -> tuple[Organisation, Colleague]:
    """Return one of the people of an organisation that the viewer administers; NotVisible for anybody else's."""
    organisation = get_administered_organisation(viewer, code, at)
    user = staff.person_of(organisation, user_id, at)
    if user is None:
        raise NotVisible
    return organisation, staff.colleagues(organisation, [user], at)[0]


def get_placement_for(viewer: Viewer, code: str, placement_id: int, at: datetime) -> tuple[Organisation, Membership]:
    """Return a placement that has not ended, of an organisation's people or in its teams, to its administrators."""
    organisation = get_administered_organisation(viewer, code, at)
    placement = staff.placement_by_id(placement_id, at)
    if placement is None:
        raise NotVisible
    employed = staff.employment_of(placement.user, organisation, at) is not None
    if not staff.is_ours(placement, organisation, employed=employed):
        raise NotVisible
    return organisation, placement


def get_invitation_for(viewer: Viewer, code: str, invitation_id: UUID, at: datetime) -> Invitation:
    """Return an invitation to an organisation that the viewer administers; else NotVisible."""
    organisation = get_administered_organisation(viewer, code, at)
    invitation = invitation_queries.by_id(invitation_id)
    if invitation is None or invitation.organisation_id != organisation.pk:
        raise NotVisible
    return invitation


def managed_people(viewer: Viewer, at: datetime) -> list[User]:
    """Return whom the viewer manages from their own employer, by name."""
    return [] if viewer.user_id is None else list(staff.managed_by(viewer.user_id, at))


def get_managed_for(viewer: Viewer, user_id: int, at: datetime) -> Managed:
    """Return someone whom the viewer manages, with the placements they look after; else NotVisible."""
    if viewer.user_id is None:
        raise NotVisible
    user = staff.managed_by(viewer.user_id, at).filter(pk=user_id).first()
    if user is None:
        raise NotVisible
    return Managed(user, staff.managed(viewer.user_id, [user], at)[user.pk])


def get_person_for(viewer: Viewer, user_id: int, at: datetime) -> User:
    """Return a person to themselves, to their home line manager and to their organisation's administrators."""
    if viewer.user_id is None:
        raise NotVisible
    found = User.objects.filter(pk=user_id).first() if viewer.user_id == user_id else None
    found = found or staff.managed_by(viewer.user_id, at).filter(pk=user_id).first()
    for organisation in [] if found else administered_organisations(viewer, at):
        found = found or staff.person_of(organisation, user_id, at)
    if found is None:
        raise NotVisible
    return found
