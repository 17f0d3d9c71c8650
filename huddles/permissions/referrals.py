"""Referrals: staff of any partner refer; the team around the person reads; the responsible team takes further."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from huddles.models import FrontDoor, Referral
from huddles.permissions import people
from huddles.permissions.people import Record
from huddles.queries import referrals as queries
from huddles.queries import streams as stream_queries
from nhc.access import Permission
from partners.permissions import NotVisible, Viewer, get_centre_for
from partners.permissions.viewers import standing_of
from partners.queries import agreements, directory

if TYPE_CHECKING:
    from partners.models import Centre, Organisation


@dataclass(frozen=True, slots=True)
class Inbox:
    """A centre's referrals as one viewer sees them: those of the people of `visible`; a search finds `findable`."""

    centre: "Centre"
    visible: Q
    findable: Q
    manages: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One referral as one viewer sees it, with the record of the person."""

    record: Record
    referral: Referral

    @property
    def may_act(self) -> bool:
        """Whether the viewer takes the referral further: their team is responsible now."""
        return "team" in self.record.reasons


def get_centre_to_refer(viewer: Viewer, slug: str, at: datetime) -> "tuple[Centre, list[Organisation]]":
    """Return a centre and the partners for which somebody may refer there: those they work for.

    PermissionDenied for others who see the centre; NotVisible for the rest.
    """
    centre = get_centre_for(viewer, slug, at).centre
    if viewer.user_id is None:
        raise PermissionDenied
    employers = standing_of(viewer, at).employers
    found = [each for each in directory.partners_at(centre, at) if each.pk in employers]
    placed = agreements.organisation_at(viewer.user_id, centre, at)
    if placed is not None and placed not in found:
        found.append(placed)
    if not found:
        raise PermissionDenied
    return centre, found


def get_inbox_for(viewer: Viewer, slug: str, at: datetime) -> Inbox:
    """Return a centre's referrals to those who see records there; PermissionDenied for others who see the centre."""
    access = people.get_people_for(viewer, slug, at)
    return Inbox(
        centre=access.centre,
        visible=people.visible(viewer, access.centre, at),
        findable=people.visible(viewer, access.centre, at, searching=True),
        manages=Permission.MANAGE_CENTRE in access.permissions,
    )


def get_referral_for(viewer: Viewer, slug: str, reference: str, at: datetime) -> Found:
    """Return a referral to those who see its person's record; to all others it is absent, after the same questions."""
    centre = people.get_people_for(viewer, slug, at).centre
    referral = queries.of_reference(centre, reference) if "\0" not in reference else None
    of_person = "" if referral is None else referral.episode.person.reference
    record = people.get_record(viewer, slug, of_person, at)
    if referral is None:
        raise NotVisible
    return Found(record, referral)


def get_referral_to_act(viewer: Viewer, slug: str, reference: str, at: datetime) -> Found:
    """Return a referral to those in the team that is responsible; PermissionDenied for others who read it."""
    found = get_referral_for(viewer, slug, reference, at)
    if not found.may_act:
        raise PermissionDenied
    return found


def get_sent_referral(organisation: "Organisation", reference: str, at: datetime) -> Referral:
    """Return a referral that the organisation's systems sent; NotVisible for anybody else's."""
    found = queries.sent_by(organisation, at=at).filter(reference=reference).first() if "\0" not in reference else None
    if found is None:
        raise NotVisible
    return found


def get_door_for_everybody(slug: str, at: datetime) -> FrontDoor:
    """Return the front door of a centre where people and carers may refer themselves; to everybody, signed in or not.

    NotVisible where there is none: whether the centre exists is not said.
    """
    door = stream_queries.open_to_everybody(slug, at) if "\0" not in slug else None
    if door is None:
        raise NotVisible
    return door
