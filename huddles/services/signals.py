"""The one signal from the figures that the huddle looks at, pinned by whoever reads the charts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from huddles.models import PinnedSignal
from huddles.services import board
from nhc.actors import Actor

if TYPE_CHECKING:
    from partners.models import Centre


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal in words and as a picture: `pictured` is what `components/spc_small.jinja` draws, as plain JSON.

    Texts and picture hold what anybody may see: figures under the small-number rule.
    """

    measure: str
    title: str
    period: str
    value: str
    sentence: str
    pictured: Mapping[str, object]


@transaction.atomic
def pin(*, centre: "Centre", signal: Signal, by: Actor, at: datetime) -> bool:
    """Pin a signal to a centre's board in place of the one before; return whether it is a new one."""
    last = PinnedSignal.objects.filter(centre=centre).order_by("-pinned_at", "-pk").first()
    if last is not None and (last.measure, last.period, last.sentence) == (
        signal.measure,
        signal.period,
        signal.sentence,
    ):
        return False
    pinned = PinnedSignal.objects.create(
        centre=centre,
        measure=signal.measure,
        title=signal.title,
        period=signal.period,
        value=signal.value,
        sentence=signal.sentence,
        pictured=dict(signal.pictured),
        pinned_at=at,
    )
    board.record("signal.pinned", "signal", pinned.pk, centre, by=by, at=at, measure=signal.measure)
    return True
