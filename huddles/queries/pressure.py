"""What teams declared and said ahead, and a centre's thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from huddles.models import LaneNote, PressureLevel, PressureThresholds

if TYPE_CHECKING:
    from partners.models import Centre, Team


@dataclass(frozen=True, slots=True)
class Filled:
    """A team's lane on a day: what it declared last, None where it has not, and what it wrote."""

    team: "Team"
    declared: PressureLevel | None
    note: LaneNote | None


@dataclass(frozen=True, slots=True)
class Said:
    """One time that a team filled its lane."""

    level: int
    why: str
    words: str
    who: str
    at: datetime


def filled(teams: "Sequence[Team]", day: date) -> list[Filled]:
    """Return how teams have filled their lanes on an operational day, in the order given. Two queries."""
    levels = PressureLevel.objects.filter(team__in=teams, operational_date=day).order_by("declared_at", "pk")
    notes = LaneNote.objects.filter(team__in=teams, operational_date=day).order_by("noted_at", "pk")
    last = {each.team_id: each for each in levels}
    written = {each.team_id: each for each in notes}
    return [Filled(team, last.get(team.pk), written.get(team.pk)) for team in teams]


def said_on(team: "Team", day: date) -> list[Said]:
    """Return everything that a team has said ahead on an operational day, the newest first. Two queries."""
    notes = {(each.noted_at, each.user_id): each for each in LaneNote.objects.filter(team=team, operational_date=day)}
    levels = PressureLevel.objects.filter(team=team, operational_date=day).select_related("user")
    return [
        Said(
            level=each.level,
            why=each.words,
            words=note.words if (note := notes.get((each.declared_at, each.user_id))) is not None else "",
            who="" if each.user is None else each.user.name,
            at=each.declared_at,
        )
        for each in levels.order_by("-declared_at", "-pk")
    ]


def in_force(centre: "Centre", at: datetime) -> PressureThresholds | None:
    """Return the thresholds in force at an instant; None where the centre has set none."""
    return PressureThresholds.objects.filter(centre=centre, from_at__lte=at).order_by("-number").first()


def thresholds_of(centre: "Centre") -> QuerySet[PressureThresholds]:
    """Return every version of a centre's thresholds, the newest first."""
    return PressureThresholds.objects.filter(centre=centre).select_related("set_by").order_by("-number")
