"""The one signal that a centre's huddle looks at: chosen from its charts, and pinned to the board."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from dashboard import wording
from dashboard.charts import small_multiple
from dashboard.notation import notation
from dashboard.queries import charts
from dashboard.queries.charts import Charted
from huddles.services import pinned
from huddles.services.pinned import Signal
from nhc.actors import Actor
from nhc.clock import london_date
from partners.permissions import Audience
from partners.queries import organisations

if TYPE_CHECKING:
    from partners.models import Centre

FIRST = ("concern", "improvement", "neutral")
"""What is looked at first: a concern, then what went well, then what merely changed."""


def pin_signals(*, by: Actor, at: datetime) -> int:
    """Pin to every centre's board the signal to look at, or that there is none; return how many changed."""
    return sum(_pin(centre, by, at) for centre in organisations.all_centres())


def _pin(centre: "Centre", by: Actor, at: datetime) -> bool:
    # As outsiders see it: the same board hangs where anybody may pass.
    found = charts.overview(centre, audience=Audience.OUTSIDE, own=(), today=london_date(at))
    return pinned.pin(centre=centre, signal=_chosen(found) or pinned.NOTHING, by=by, at=at)


def _chosen(found: list[Charted]) -> Signal | None:
    """Return the first concern in the centre's order of measures, or else the first other signal."""
    told = [each for each in found if each.chart is not None and each.chart.signal.shown]
    for variation in FIRST:
        for each in told:
            if each.chart is not None and each.chart.signal.variation == variation:
                return _signal(each)
    return None


def _signal(found: Charted) -> Signal | None:
    chart = found.chart
    if chart is None or chart.signal.at is None:
        return None
    at, write = chart.signal.at, notation(chart)
    value = chart.xmr.values[at]
    return Signal(
        measure=found.measure.code,
        title=found.version.title,
        period=chart.points[at].label,
        value="No figure" if value is None else write.value(value),
        sentence=f"{wording.VARIATION_WORDS[chart.signal.variation]}: {wording.reason(chart, at, write)}",
        pictured=asdict(small_multiple(chart)),
    )
