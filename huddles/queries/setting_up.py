"""What is set up at a centre that has not held a huddle yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from huddles.lifecycle import HuddleState
from huddles.models import Huddle, HuddleSchedule
from huddles.queries import streams

if TYPE_CHECKING:
    from partners.models import Centre


@dataclass(frozen=True, slots=True)
class SettingUp:
    """Which parts are there: a time to meet, and a team and streams for referrals. A huddle needs none of them."""

    meets: bool
    receives: bool


def before_the_first(centre: "Centre", at: datetime) -> SettingUp | None:
    """Return what is set up at a centre; None once it has held a huddle, after a single query."""
    if Huddle.objects.filter(centre=centre, state=HuddleState.CLOSED).exists():
        return None
    return SettingUp(
        meets=HuddleSchedule.objects.filter(centre=centre, until_date__isnull=True).exists(),
        receives=streams.front_door(centre, at) is not None and bool(streams.streams_of(centre)),
    )
