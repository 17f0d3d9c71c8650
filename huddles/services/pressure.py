"""Local pressure: what a team declares, what it tells the huddle ahead, and the thresholds that a level comes from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from huddles import levels
from huddles.models import LaneNote, PressureLevel, PressureThresholds
from huddles.services import board
from huddles.services.cards import plain
from nhc.actors import Actor
from partners.hours import operational_date

if TYPE_CHECKING:
    from partners.models import Centre, Team


@transaction.atomic
def fill_lane(
    *, team: "Team", level: int, why: str, words: str, by: Actor, at: datetime, form_key: UUID | None = None
) -> PressureLevel:
    """Say ahead of the huddle how a team stands today: its level, why, and what the huddle should know.

    The newest stands and all are kept. A form that is sent twice (`form_key`) counts once. Raises ValidationError for
    a level that is none.
    """
    if form_key is not None:
        board.hold(form_key)
        if (made := PressureLevel.objects.filter(form_key=form_key, team=team).first()) is not None:
            return made
    day = operational_date(at, team.centre.day_starts)
    declared = PressureLevel(
        team=team,
        operational_date=day,
        level=level,
        words=plain(why),
        user_id=by.user_id,
        declared_at=at,
        form_key=form_key,
    )
    declared.full_clean(exclude=["team", "user"])
    note = LaneNote(
        team=team, operational_date=day, words=plain(words), user_id=by.user_id, noted_at=at, form_key=form_key
    )
    note.full_clean(exclude=["team", "user"])
    declared.save(force_insert=True)
    note.save(force_insert=True)
    board.record("lane.filled", "team", team.pk, team.centre, by=by, at=at, level=level)
    return declared


@transaction.atomic
def set_thresholds(
    *,
    centre: "Centre",
    parts: Mapping[str, Sequence[int]],
    reason: str,
    version: int,
    by: Actor,
    at: datetime,
) -> PressureThresholds:
    """Set from which numbers on a centre's levels rise; what was in force before stays on record.

    `version` is the number of those that were read, 0 where there were none. Raises ValidationError where they were
    changed since, do not rise, or no reason is given.
    """
    board.in_turn(centre.pk)
    last = PressureThresholds.objects.filter(centre=centre).order_by("-number").first()
    number = 0 if last is None else last.number
    if number != version:
        raise ValidationError("Somebody else changed the thresholds meanwhile. Read them, then change them again.")
    if wrong := levels.faults(parts):
        raise ValidationError(wrong)
    if not reason.strip():
        raise ValidationError({"reason": "Say why, so that everyone can follow it."})
    made = PressureThresholds(
        centre=centre,
        number=number + 1,
        parts={code: list(bounds) for code, bounds in parts.items()},
        reason=plain(reason),
        set_by_id=by.user_id,
        from_at=at,
    )
    made.full_clean(exclude=["centre", "set_by"])
    made.save(force_insert=True)
    board.record("thresholds.set", "centre", centre.pk, centre, by=by, at=at, number=made.number)
    return made
