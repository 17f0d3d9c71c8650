"""Rooms: those who read the centre's directory see who has them, those who work there book them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from huddles.models import Episode, Person, Space, SpaceBooking, Stream
from huddles.permissions import people
from huddles.queries import episodes as episode_queries
from huddles.queries import spaces as queries
from huddles.queries import streams as stream_queries
from nhc.access import Permission
from partners.permissions import NotVisible, Viewer, get_directory_for, get_directory_to_manage
from partners.queries import rota

if TYPE_CHECKING:
    from partners.models import Centre, Team


@dataclass(frozen=True, slots=True)
class SpacesAccess:
    """A centre's rooms as one viewer sees them.

    `teams` are those for which the viewer books. `sees_episodes`: references of episodes are board rows, for members
    of the centre on duty.
    """

    centre: "Centre"
    teams: tuple["Team", ...]
    manages: bool
    sees_episodes: bool

    @property
    def may_book(self) -> bool:
        """Whether the viewer may book a room."""
        return bool(self.teams)

    def may_end(self, booking: SpaceBooking) -> bool:
        """Whether the viewer may end or cancel a booking: their team's, or any where they look after the centre."""
        return self.manages or booking.team_id in {team.pk for team in self.teams}


def get_spaces_for(viewer: Viewer, slug: str, at: datetime) -> SpacesAccess:
    """Return a centre's rooms to those who read its directory; else NotVisible or PermissionDenied."""
    access = get_directory_for(viewer, slug, at)
    user_id = viewer.user_id
    works = user_id is not None and access.works_here
    return SpacesAccess(
        centre=access.centre,
        teams=tuple(rota.teams_of(user_id, access.centre, at)) if works and user_id is not None else (),
        manages=Permission.MANAGE_CENTRE in access.permissions,
        sees_episodes=works and user_id is not None and rota.on_since(user_id, access.centre.pk, at) is not None,
    )


def get_spaces_to_book(viewer: Viewer, slug: str, at: datetime) -> SpacesAccess:
    """Return the rooms to those who work at the centre. Raises as `get_spaces_for`."""
    found = get_spaces_for(viewer, slug, at)
    if not found.may_book:
        raise PermissionDenied
    return found


def get_episodes_to_book(viewer: Viewer, found: SpacesAccess, at: datetime) -> list[Episode]:
    """Return the open episodes for whose person a viewer books, of the teams for which they book.

    A reference is a board row, for members on duty. Off duty there are those alone whose record the viewer sees.
    """
    rows = [episode_queries.open_by_team(team, at) for team in found.teams]
    if not found.sees_episodes:
        seen = Person.objects.filter(people.visible(viewer, found.centre, at))
        rows = [episodes.filter(person__in=seen) for episodes in rows]
    return [episode for episodes in rows for episode in episodes]


def get_booking_to_end(viewer: Viewer, slug: str, booking_id: int, at: datetime) -> tuple[SpacesAccess, SpaceBooking]:
    """Return a booking to the team that has it and to those who look after the centre. Raises as `get_spaces_for`."""
    found = get_spaces_for(viewer, slug, at)
    booking = queries.booking_at(found.centre, booking_id)
    if booking is None:
        raise NotVisible
    if not found.may_end(booking):
        raise PermissionDenied
    return found, booking


def get_space_to_edit(viewer: Viewer, slug: str, code: str, at: datetime) -> Space:
    """Return a room to those who look after the centre; NotVisible where there is none."""
    return _there(queries.space_by_code(get_directory_to_manage(viewer, slug, at), code))


def get_stream_to_edit(viewer: Viewer, slug: str, code: str, at: datetime) -> Stream:
    """Return a stream to those who look after the centre; NotVisible where there is none."""
    return _there(stream_queries.stream_by_code(get_directory_to_manage(viewer, slug, at), code))


def _there[Thing](thing: Thing | None) -> Thing:
    if thing is None:
        raise NotVisible
    return thing
