"""Harms: recorded, so that the board says how long ago the last one was, and withdrawn where one was none."""

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from huddles.models import Harm
from huddles.services import board
from huddles.services.cards import plain
from nhc.actors import Actor
from nhc.clock import london_date

if TYPE_CHECKING:
    from partners.models import Centre


@transaction.atomic
def record_harm(
    *, centre: "Centre", happened_on: date, words: str, by: Actor, at: datetime, form_key: UUID | None = None
) -> Harm:
    """Record that somebody came to harm on a day. `words` name no one.

    A form that is sent twice (`form_key`) makes one. Raises ValidationError for a day to come, and without words.
    """
    if form_key is not None:
        board.hold(form_key)
        if (made := Harm.objects.filter(form_key=form_key, centre=centre).first()) is not None:
            return made
    if happened_on > london_date(at):
        raise ValidationError({"happened_on": "Enter a day that has come."})
    harm = Harm(
        centre=centre,
        happened_on=happened_on,
        words=plain(words),
        recorded_by_id=by.user_id,
        recorded_at=at,
        form_key=form_key,
    )
    harm.full_clean(exclude=["centre", "recorded_by"])
    harm.save(force_insert=True)
    board.record("harm.recorded", "harm", harm.pk, centre, by=by, at=at)
    return harm


@transaction.atomic
def withdraw_harm(*, harm: Harm, reason: str, by: Actor, at: datetime) -> Harm:
    """Take back a harm that was recorded in error. Raises ValidationError without a reason. Twice changes nothing."""
    locked = Harm.objects.select_for_update(of=("self",)).select_related("centre").get(pk=harm.pk)
    if locked.withdrawn_at is not None:
        return locked
    if not reason.strip():
        raise ValidationError({"reason": "Say why it was recorded in error."})
    locked.withdrawn_at, locked.withdrawn_by_id, locked.withdrawn_why = at, by.user_id, plain(reason)
    locked.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_why"])
    board.record("harm.withdrawn", "harm", locked.pk, locked.centre, by=by, at=at)
    return locked
