"""Huddles and the board: who takes part, who sets them up, and what of the board somebody sees."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from huddles.models import Action, Card, Harm, Huddle, HuddleRecord, HuddleSchedule
from huddles.queries import cards as card_queries
from huddles.queries import huddle as queries
from nhc.access import Permission
from partners.permissions import NotVisible, Viewer, get_directory_for
from partners.queries import directory, rota

if TYPE_CHECKING:
    from partners.models import Centre, Team


class BoardAudience(StrEnum):
    """Who looks at a board: one rendering serves all of an audience.

    `ON_DUTY` sees rows of episodes, by reference and initials; `MEMBER` sees how many there are; `WALL` slot codes.
    """

    ON_DUTY = "on-duty"
    MEMBER = "member"
    WALL = "wall"


@dataclass(frozen=True, slots=True)
class HuddleAccess:
    """A centre's huddles as one viewer sees them. `manages`: whether they set times and thresholds.

    `on_duty_since` is when their shift began; None off duty.
    """

    centre: "Centre"
    user_id: int
    on_duty_since: datetime | None
    manages: bool

    @property
    def on_duty(self) -> bool:
        """Return whether they are on the centre's rota now."""
        return self.on_duty_since is not None

    @property
    def audience(self) -> BoardAudience:
        """Return as whom they see the board."""
        return BoardAudience.ON_DUTY if self.on_duty else BoardAudience.MEMBER


def get_huddle_for(viewer: Viewer, slug: str, at: datetime) -> HuddleAccess:
    """Return a centre's huddles to those who take part in them; else NotVisible or PermissionDenied."""
    access = get_directory_for(viewer, slug, at)
    if Permission.JOIN_HUDDLE not in access.permissions or viewer.user_id is None:
        raise PermissionDenied
    return HuddleAccess(
        centre=access.centre,
        user_id=viewer.user_id,
        on_duty_since=rota.on_since(viewer.user_id, access.centre.pk, at),
        manages=Permission.MANAGE_CENTRE in access.permissions,
    )


def get_huddles_to_set_up(viewer: Viewer, slug: str, at: datetime) -> HuddleAccess:
    """Return a centre's huddles to those who set their times and thresholds. Raises as `get_huddle_for`."""
    access = get_huddle_for(viewer, slug, at)
    if not access.manages:
        raise PermissionDenied
    return access


def get_schedule_to_end(
    viewer: Viewer, slug: str, schedule_id: int, at: datetime
) -> tuple[HuddleAccess, HuddleSchedule]:
    """Return a schedule to those who set the times of huddles; NotVisible where there is none."""
    access = get_huddles_to_set_up(viewer, slug, at)
    return access, _there(HuddleSchedule.objects.filter(centre=access.centre, pk=schedule_id).first())


def get_meeting_for(viewer: Viewer, slug: str, huddle_id: int, at: datetime) -> tuple[HuddleAccess, Huddle]:
    """Return one huddle to those who take part in the centre's; NotVisible where there is none."""
    access = get_huddle_for(viewer, slug, at)
    return access, _there(queries.huddle_by_id(access.centre, huddle_id))


def get_record_for(
    viewer: Viewer, slug: str, huddle_id: int, at: datetime
) -> tuple[HuddleAccess, Huddle, HuddleRecord]:
    """Return the record of a closed huddle to those who take part in the centre's; NotVisible where there is none."""
    access, huddle = get_meeting_for(viewer, slug, huddle_id, at)
    return access, huddle, _there(queries.record_of(huddle))


def get_card_for(viewer: Viewer, slug: str, card_id: int, at: datetime) -> tuple[HuddleAccess, Card]:
    """Return a card, open or closed, to those who take part in the centre's huddles; NotVisible where there is none."""
    access = get_huddle_for(viewer, slug, at)
    return access, _there(card_queries.card_by_id(access.centre, card_id))


def get_action_for(viewer: Viewer, slug: str, action_id: int, at: datetime) -> tuple[HuddleAccess, Action]:
    """Return an action to those who take part in the centre's huddles; NotVisible where there is none."""
    access = get_huddle_for(viewer, slug, at)
    return access, _there(card_queries.action_by_id(access.centre, action_id))


def get_harm_to_withdraw(viewer: Viewer, slug: str, harm_id: int, at: datetime) -> tuple[HuddleAccess, Harm]:
    """Return a harm to those who look after the centre; NotVisible where there is none."""
    access = get_huddles_to_set_up(viewer, slug, at)
    return access, _there(card_queries.harm_by_id(access.centre, harm_id))


def get_lane_to_fill(viewer: Viewer, slug: str, team_id: int, at: datetime) -> "tuple[HuddleAccess, Team]":
    """Return a team to those who work in it, for its lane; PermissionDenied for others who take part.

    NotVisible for a team that is not one of the centre's.
    """
    access = get_huddle_for(viewer, slug, at)
    team = _there(directory.teams_at(access.centre, at).filter(pk=team_id).first())
    if team not in rota.teams_of(access.user_id, access.centre, at):
        raise PermissionDenied
    return access, team


def _there[Thing](thing: Thing | None) -> Thing:
    if thing is None:
        raise NotVisible
    return thing
