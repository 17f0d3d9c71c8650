"""Who is at a huddle: by organisation, with a tap."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from huddles.models import Attendance, Huddle
from huddles.services import board
from huddles.services.huddles import lock, must_be_live
from nhc.actors import Actor
from nhc.clock import london_date
from partners.queries import organisations

if TYPE_CHECKING:
    from partners.models import Organisation


@transaction.atomic
def mark(*, huddle: Huddle, organisation: "Organisation", here: bool, by: Actor, at: datetime) -> None:
    """Say that a partner is at a huddle that is under way, or is not. Saying the same again changes nothing.

    Raises IllegalMoveError where the huddle is not under way, ValidationError for who is no partner of the centre.
    """
    locked = lock(huddle)
    must_be_live(locked)
    if not organisations.is_partner(organisation, locked.centre, london_date(at)):
        raise ValidationError({"organisation": "Choose a partner of the centre."})
    if Attendance.objects.filter(huddle=locked, organisation=organisation, here=here).exists():
        return
    Attendance.objects.update_or_create(
        huddle=locked,
        organisation=organisation,
        defaults={"here": here, "user_id": by.user_id, "marked_at": at},
    )
    board.record(
        "huddle.attended" if here else "huddle.not-attended",
        "huddle",
        locked.pk,
        locked.centre,
        by=by,
        at=at,
        organisation=organisation.code,
    )
