"""The norms pulse as a measure of a centre: collected there, and owed by the centre's backbone."""

from datetime import date, datetime

from nhc.actors import Actor
from partners.models import Centre
from partners.queries import pulse as queries
from partners.services import backbone
from partners.services.contract import Definition

LEAST_PEOPLE = 8
"""Fewer answers than this are withheld: the small-number rule hides 1 to 7 too."""

DEFINITION = Definition(
    starts=date(2016, 4, 1),
    title="Norms pulse",
    definition=(
        "Of the answers that people at the centre give to the month's three questions about its norms, those that "
        f"agree or strongly agree. Nobody can tell who answered what. A month that fewer than {LEAST_PEOPLE} people "
        "answer is withheld."
    ),
    numerator_label="Answers that agree",
    denominator_label="Answers",
    unit="proportion",
    multiplier=100,
    aggregation="ratio_of_sums",
    period_type="month",
    improvement="increase",
)


def set_up(*, centre: Centre, month: date, by: Actor, at: datetime) -> bool:
    """Let a centre collect its pulse from a month on, owed by its backbone; return whether anything was to do.

    Raises as `backbone.collect`.
    """
    return backbone.collect(centre=centre, code=queries.CODE, definition=DEFINITION, month=month, by=by, at=at)
