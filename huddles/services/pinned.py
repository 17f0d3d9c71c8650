"""The one signal from the figures that the huddle looks at, pinned by whoever reads the charts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
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


NOTHING = Signal(measure="", title="", period="", value="", sentence="", pictured={})
"""What is pinned where nothing calls for a look any more."""


@transaction.atomic
def pin(*, centre: "Centre", signal: Signal, by: Actor, at: datetime) -> bool:
    """Pin a signal to a centre's board in place of the one before, or `NOTHING`; return whether anything changed."""
    board.in_turn(centre.pk)
    # As it comes back from the table, so that the two can be compared.
    signal = replace(signal, pictured=json.loads(json.dumps(signal.pictured)))
    last = PinnedSignal.objects.filter(centre=centre).order_by("-pinned_at", "-pk").first()
    if signal == (NOTHING if last is None else _signal(last)):
        return False
    pinned = PinnedSignal.objects.create(
        centre=centre,
        measure=signal.measure,
        title=signal.title,
        period=signal.period,
        value=signal.value,
        sentence=signal.sentence,
        pictured=signal.pictured,
        pinned_at=at,
    )
    verb = "signal.unpinned" if signal == NOTHING else "signal.pinned"
    board.record(verb, "signal", pinned.pk, centre, by=by, at=at, measure=signal.measure)
    return True


def _signal(pinned: PinnedSignal) -> Signal:
    return Signal(pinned.measure, pinned.title, pinned.period, pinned.value, pinned.sentence, pinned.pictured)
