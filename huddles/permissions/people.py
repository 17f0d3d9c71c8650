"""Who sees whom. Name, NHS number, date of birth and words are for the circle around a person, and for nobody else.

A record that the viewer may not see looks the same as one that is not there: the same answer from the same questions.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from huddles.models import BreakGlass, CircleMember, Episode, Person, PersonMerge, RecordGrant
from huddles.permissions import openings
from huddles.queries import break_glass as glass_queries
from huddles.queries import circles, merges
from huddles.queries import episodes as episode_queries
from huddles.queries import people as queries
from huddles.queries.circles import Seat
from huddles.queries.episodes import BoardRow
from nhc.access import Permission
from nhc.requests import read_once
from partners.permissions import CentreAccess, NotVisible, Viewer, get_centre_for
from partners.permissions.viewers import standing_of
from partners.queries import placements, rota

if TYPE_CHECKING:
    from partners.models import Centre

_WRITES = frozenset({"team", "key_worker", "circle"})
_LEADS = frozenset({"team", "key_worker"})


@dataclass(frozen=True, slots=True)
class Record:
    """A person's record as one viewer sees it: the kept one, and why they see it."""

    centre: "Centre"
    person: Person
    reasons: frozenset[str]

    @property
    def may_change(self) -> bool:
        """Whether the viewer may write in it: those around the person, and none whom a grant or an emergency let in."""
        return bool(self.reasons & _WRITES)

    @property
    def may_lead(self) -> bool:
        """Whether the viewer says who is around the person and when it ends: the responsible team, the key worker."""
        return bool(self.reasons & _LEADS)


@dataclass(frozen=True, slots=True)
class Closed:
    """An open episode whose record is closed to the viewer: its board row, and that they may break the glass."""

    centre: "Centre"
    row: BoardRow
    person: Person


def seat_of(viewer: Viewer, centre: "Centre", at: datetime) -> Seat | None:
    """Return where a viewer stands at a centre; None for keys, which see no records. Two queries a request."""
    user_id = viewer.user_id
    if user_id is None:
        return None
    teams = read_once(
        ("teams that see records", user_id, centre.pk, at),
        lambda: placements.teams_with(Permission.SEE_RECORDS, user_id, centre, at),
    )
    standing = standing_of(viewer, at)
    elsewhere = {each.organisation_id for each in standing.placements if each.centre_id == centre.pk}
    return Seat(user_id, frozenset(teams), frozenset(teams.values()) | standing.employers | elsewhere)


def visible(viewer: Viewer, centre: "Centre", at: datetime, *, searching: bool = False) -> Q:
    """Return the condition on people at a centre whose records a viewer sees; with `searching`, whom a search may find.

    Nobody for keys and for those whose role there does not see records.
    """
    seat = seat_of(viewer, centre, at)
    if seat is None:
        return circles.NOBODY
    found = circles.readable(seat, centre, at, openings.conditions(seat.user_id, at).values())
    return found & circles.findable(seat, at) if searching else found


def get_people_for(viewer: Viewer, slug: str, at: datetime) -> CentreAccess:
    """Return a centre to those who see records there; PermissionDenied for others who see the centre."""
    access = get_centre_for(viewer, slug, at)
    if Permission.SEE_RECORDS not in access.permissions:
        raise PermissionDenied
    return access


def get_person(viewer: Viewer, reference: str, at: datetime) -> Person:
    """Return the record with a reference, or the one it reads as, to those who may see it; NotVisible to all others."""
    person = queries.of_reference(reference) if "\0" not in reference else None
    if person is None:
        raise NotVisible
    return get_record(viewer, person.centre.slug, reference, at).person


def get_record(viewer: Viewer, slug: str, reference: str, at: datetime) -> Record:
    """Return a record at a centre to those who may see it, and why they may. NotVisible to all others.

    Who sees no records there, whose organisation the person does not share with, who is not around the person and who
    asks for a record that there is not are told the same, after the same questions to the database.
    """
    centre = get_centre_for(viewer, slug, at).centre
    seat = seat_of(viewer, centre, at)
    if seat is None or "\0" in reference:
        raise NotVisible
    opened = openings.conditions(seat.user_id, at)
    found = (
        Person.objects.filter(circles.readable(seat, centre, at, opened.values()), reference=reference)
        .select_related("centre", "merged_into__centre")
        .first()
    )
    if found is None:
        raise NotVisible
    person = queries.kept_of(found)
    return Record(centre, person, circles.why(seat, person, at, opened))


def reasons(viewer: Viewer, person: Person, at: datetime) -> frozenset[str]:
    """Return why a viewer sees a record: see `huddles.queries.circles.why`; nothing where they do not."""
    try:
        return get_record(viewer, person.centre.slug, person.reference, at).reasons
    except NotVisible:
        return frozenset()


def get_record_to_change(viewer: Viewer, slug: str, reference: str, at: datetime) -> Record:
    """Return a record to those around the person. NotVisible as `get_record`; PermissionDenied for other readers."""
    record = get_record(viewer, slug, reference, at)
    if not record.may_change:
        raise PermissionDenied
    return record


def get_episode(viewer: Viewer, slug: str, reference: str, at: datetime) -> tuple[Record, Episode]:
    """Return an episode of a record that the viewer sees; NotVisible otherwise, after the same questions."""
    centre = get_centre_for(viewer, slug, at).centre
    episode = episode_queries.by_reference(centre, reference) if "\0" not in reference else None
    record = get_record(viewer, slug, "" if episode is None else episode.person.reference, at)
    if episode is None:
        raise NotVisible
    return record, episode


def get_episode_to_lead(viewer: Viewer, slug: str, reference: str, at: datetime) -> tuple[Record, Episode]:
    """Return an open episode to the responsible team and the key worker; PermissionDenied for others who read it."""
    record, episode = get_episode(viewer, slug, reference, at)
    if not record.may_lead or episode.closed_at is not None:
        raise PermissionDenied
    return record, episode


def get_circle_member(
    viewer: Viewer, slug: str, reference: str, member_id: int, at: datetime
) -> tuple[Record, CircleMember]:
    """Return one of those around a person to those who say who is. Raises as `get_episode_to_lead`."""
    record, episode = get_episode_to_lead(viewer, slug, reference, at)
    member = episode_queries.circle_member(episode, member_id, at)
    if member is None:
        raise NotVisible
    return record, member


def get_closed_record(viewer: Viewer, slug: str, reference: str, at: datetime) -> Closed:
    """Return an open episode, by its reference on the board, to somebody on duty who may break its glass.

    On duty is on the rota, in a role that sees records. PermissionDenied for others who see records at the centre,
    NotVisible where no episode of that reference is open.
    """
    centre = get_people_for(viewer, slug, at).centre
    on_duty = viewer.user_id is not None and rota.on_since(viewer.user_id, centre.pk, at) is not None
    if not on_duty:
        raise PermissionDenied
    episode = episode_queries.by_reference(centre, reference) if "\0" not in reference else None
    if episode is None or episode.closed_at is not None:
        raise NotVisible
    return Closed(centre, episode_queries.row_of(episode), queries.kept_of(episode.person))


def get_centre_to_review(viewer: Viewer, slug: str, at: datetime) -> "Centre":
    """Return a centre to its privacy officers; PermissionDenied for others who see the centre."""
    access = get_centre_for(viewer, slug, at)
    if Permission.GRANT_EXCEPTIONS not in access.permissions:
        raise PermissionDenied
    return access.centre


def get_break_to_review(viewer: Viewer, slug: str, glass_id: int, at: datetime) -> BreakGlass:
    """Return a broken glass of a centre to its privacy officers."""
    centre = get_centre_to_review(viewer, slug, at)
    glass = glass_queries.by_id(centre, glass_id)
    if glass is None:
        raise NotVisible
    return glass


def get_grant_to_end(viewer: Viewer, slug: str, grant_id: int, at: datetime) -> RecordGrant:
    """Return a grant on a record of a centre to its privacy officers."""
    centre = get_centre_to_review(viewer, slug, at)
    grant = glass_queries.grant_by_id(centre, grant_id)
    if grant is None:
        raise NotVisible
    return grant


def get_merge(viewer: Viewer, slug: str, merge_id: int, at: datetime) -> PersonMerge:
    """Return a merge to those who read both records and are around one of the two, at least.

    Nobody is around a record without an open episode: a grant lets them read that one.
    """
    centre = get_people_for(viewer, slug, at).centre
    merge = merges.by_id(centre, merge_id)
    if merge is None:
        raise NotVisible
    records = [get_record(viewer, slug, person.reference, at) for person in (merge.kept, merge.merged)]
    if not any(record.may_change for record in records):
        raise PermissionDenied
    return merge
