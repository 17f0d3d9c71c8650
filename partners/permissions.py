"""Who may see what. Getters return a thing and what its viewer may see of it; what they refuse looks absent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from django.http import Http404

from nhc.access import ROLES, Permission
from nhc.clock import london_date
from nhc.models import User
from partners.models import ApiKey, Centre, Organisation, SheetDraft, Submission
from partners.queries import drafts as draft_queries
from partners.queries import keys as key_queries
from partners.queries import organisations as organisation_queries
from partners.queries import people as people_queries
from partners.queries import submissions as submission_queries
from partners.queries.organisations import CentrePartners
from partners.queries.people import Standing


class NotVisible(Http404):
    """Absent, or not for this viewer: the answer is the same."""


class Audience(StrEnum):
    """How much of a centre's figures a viewer sees.

    `MEMBER`: exact totals. `OUTSIDE`: the small-number rule on everything. Breakdowns are under the rule for both; an
    organisation's own figures are always exact to it.
    """

    MEMBER = "member"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a signed-in person, or an organisation by its API key. Exactly one of the two identifiers is set."""

    user_id: int | None
    organisation_id: int | None

    @classmethod
    def user(cls, user: User) -> Self:
        """Return the viewer for a signed-in person."""
        return cls(user_id=user.pk, organisation_id=None)

    @classmethod
    def key(cls, key: ApiKey) -> Self:
        """Return the viewer for an API key: its organisation."""
        return cls(user_id=None, organisation_id=key.organisation_id)


@dataclass(frozen=True, slots=True)
class CentreAccess:
    """A centre as one viewer sees it. `organisations` are those whose own figures the viewer sees exactly."""

    centre: Centre
    audience: Audience
    organisations: frozenset[int]
    permissions: frozenset[Permission]


def get_centre_for(viewer: Viewer, slug: str, at: datetime) -> CentreAccess:
    """Return the centre and what the viewer may see of it.

    Open to keys of partners, to employees of partners and to members of partners' teams there. Raises NotVisible for
    everyone else.
    """
    found = organisation_queries.centre_with_partners(slug, london_date(at)) if "\0" not in slug else None
    access = None if found is None else _access(viewer, _standing(viewer, at), found)
    if access is None:
        raise NotVisible
    return access


def centres_for(viewer: Viewer, at: datetime) -> list[CentreAccess]:
    """Return every centre the viewer may see, by name."""
    standing = _standing(viewer, at)
    organisations = standing.employers | {placement.organisation_id for placement in standing.placements}
    return [
        access
        for found in organisation_queries.centres_of(organisations, london_date(at))
        if (access := _access(viewer, standing, found)) is not None
    ]


def organisations_for(viewer: Viewer, at: datetime, *, permission: Permission | None = None) -> list[Organisation]:
    """Return the organisations the viewer acts for, by code.

    They are a key's own organisation; a person's employers and the organisations they submit for. With a permission,
    only those for which a person holds it; a key's permissions are its scopes, checked by the REST API.
    """
    standing = _standing(viewer, at)
    return organisation_queries.organisations_by_id(_acts_for(viewer, standing, permission))


def get_organisation_for(
    viewer: Viewer, code: str, at: datetime, *, permission: Permission | None = None
) -> Organisation:
    """Return the organisation with a code if the viewer acts for it, with the permission if named; else NotVisible."""
    for organisation in organisations_for(viewer, at, permission=permission):
        if organisation.code == code:
            return organisation
    raise NotVisible


def get_submission_for(viewer: Viewer, submission_id: UUID, at: datetime) -> Submission:
    """Return a submission of an organisation the viewer acts for, with its organisation and centre; else NotVisible."""
    submission = submission_queries.by_id(submission_id)
    if submission is None or submission.organisation_id not in _acts_for(viewer, _standing(viewer, at), None):
        raise NotVisible
    return submission


def get_place_for(viewer: Viewer, code: str, slug: str, at: datetime) -> tuple[Organisation, Centre]:
    """Return an organisation the viewer acts for and a centre where it is a partner today; else NotVisible."""
    organisation = get_organisation_for(viewer, code, at)
    found = organisation_queries.centre_with_partners(slug, london_date(at)) if "\0" not in slug else None
    if found is None or organisation.pk not in found.partners:
        raise NotVisible
    return organisation, found.centre


def get_draft_for(viewer: Viewer, draft_id: UUID, at: datetime) -> SheetDraft:
    """Return a sheet that is not sent yet, or was, to those who send its organisation's figures; else NotVisible."""
    draft = draft_queries.by_id(draft_id)
    if draft is None or draft.organisation_id not in _may(viewer, Permission.SUBMIT_FIGURES, at):
        raise NotVisible
    return draft


def get_key_for(viewer: Viewer, prefix: str, at: datetime) -> ApiKey:
    """Return an API key with its organisation, to those who manage that organisation's keys; else NotVisible."""
    key = key_queries.by_prefix(prefix) if "\0" not in prefix else None
    if key is None or key.organisation_id not in _may(viewer, Permission.MANAGE_KEYS, at):
        raise NotVisible
    return key


def _may(viewer: Viewer, permission: Permission, at: datetime) -> frozenset[int]:
    return _acts_for(viewer, _standing(viewer, at), permission)


def _standing(viewer: Viewer, at: datetime) -> Standing:
    if viewer.user_id is not None:
        return people_queries.standing(viewer.user_id, at)
    if viewer.organisation_id is None:
        raise ValueError("A viewer is a person or an organisation.")
    return Standing(employers=frozenset({viewer.organisation_id}), placements=())


def _acts_for(viewer: Viewer, standing: Standing, permission: Permission | None) -> frozenset[int]:
    submits_for = {
        placement.organisation_id
        for placement in standing.placements
        if (permission or Permission.SUBMIT_FIGURES) in _permissions([placement.role])
    }
    if viewer.user_id is not None and permission is not None:
        return frozenset(submits_for)
    return standing.employers | submits_for


def _access(viewer: Viewer, standing: Standing, found: CentrePartners) -> CentreAccess | None:
    employers = standing.employers & found.partners
    roles = [
        placement.role
        for placement in standing.placements
        if placement.centre_id == found.centre.pk and placement.organisation_id in found.partners
    ]
    if not employers and not roles:
        return None
    permissions = _permissions(roles) | {Permission.READ_DASHBOARD}
    if viewer.user_id is None:
        permissions |= {Permission.READ_EXACT}
    return CentreAccess(
        centre=found.centre,
        audience=Audience.MEMBER if Permission.READ_EXACT in permissions else Audience.OUTSIDE,
        organisations=_acts_for(viewer, standing, None),
        permissions=permissions,
    )


def _permissions(roles: Iterable[str]) -> frozenset[Permission]:
    return frozenset().union(*(ROLES[role].permissions for role in roles if role in ROLES))
