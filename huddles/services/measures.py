"""What huddles count, as measures: sent by the centre's backbone for each month that is over, by nobody's hand."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction

from huddles.queries import measures as queries
from huddles.queries.measures import Counted
from nhc.actors import Actor
from nhc.clock import london_date
from partners.queries import organisations
from partners.services import backbone
from partners.services.backbone import Figure
from partners.services.contract import Definition

if TYPE_CHECKING:
    from partners.models import Centre

log = structlog.get_logger(__name__)

AGAIN = 3
"""Months that are over for which figures are sent again where they have changed: something may be entered late."""
SETTLED = timedelta(hours=24)
"""After the end of a month: its last huddle may run past midnight and be entered late."""


def _measure(
    title: str,
    definition: str,
    numerator: str,
    denominator: str,
    *,
    unit: str = "proportion",
    unit_label: str = "",
    multiplier: int = 100,
    improvement: str = "increase",
) -> Definition:
    return Definition(
        starts=date(2016, 4, 1),
        title=title,
        definition=definition,
        numerator_label=numerator,
        denominator_label=denominator,
        unit=unit,
        unit_label=unit_label,
        multiplier=multiplier,
        aggregation="ratio_of_sums",
        period_type="month",
        improvement=improvement,
        # It counts meetings and agreements, and nobody who is supported.
        disclosure="none",
    )


MEASURES: dict[str, Definition] = {
    "huddles-held": _measure(
        "Huddles held",
        "Of the huddles that were planned or begun in the month, those that were held. Missed ones record themselves.",
        "Huddles held",
        "Huddles held or missed",
    ),
    "huddle-fidelity": _measure(
        "Huddle fidelity",
        "Of the lanes on the agreed agendas of the huddles held in the month, those that were gone through.",
        "Lanes gone through",
        "Lanes on the agenda",
    ),
    "huddle-minutes": _measure(
        "Length of huddles",
        "How long huddles took that were held in the month, in whole minutes, on average.",
        "Minutes",
        "Huddles held",
        unit="mean",
        unit_label="minutes",
        multiplier=1,
        improvement="neutral",
    ),
    "huddle-actions-in-time": _measure(
        "Actions closed in time",
        "Of the actions agreed at the centre that were due in the month, those done by their time. Actions that were "
        "not needed any more are left out.",
        "Actions done in time",
        "Actions due",
    ),
}


def send_figures(*, by: Actor, at: datetime) -> int:
    """Send what was counted in the months that are over, where it is new or has changed; return how many figures.

    Safe to repeat. The first month in which a centre meets sets the measures up there.
    """
    until = london_date(at - SETTLED).replace(day=1)
    first = until
    for _ in range(AGAIN):
        first = (first - timedelta(days=1)).replace(day=1)
    centres = {centre.pk: centre for centre in organisations.all_centres()}
    return sum(_send(centres[month.centre_id], month, by, at) for month in queries.counted(first, until))


@transaction.atomic
def _send(centre: "Centre", month: Counted, by: Actor, at: datetime) -> int:
    try:
        for code, definition in MEASURES.items():
            backbone.collect(centre=centre, code=code, definition=definition, month=month.month, by=by, at=at)
    except ValidationError as error:
        log.error("huddle_measures_not_set_up", centre=centre.slug, reason="; ".join(error.messages))
        return 0
    return backbone.send(centre=centre, figures=_figures(month), reason="Huddles", by=by, at=at)


def _figures(month: Counted) -> list[Figure]:
    return [
        Figure("huddles-held", month.month, month.held, month.planned),
        Figure("huddle-fidelity", month.month, month.covered, month.lanes),
        Figure("huddle-minutes", month.month, month.minutes, month.held),
        Figure("huddle-actions-in-time", month.month, month.in_time, month.due),
    ]
