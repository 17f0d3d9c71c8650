"""The norms pulse as a measure of a centre: collected there, and owed by the centre's backbone."""

from datetime import date, datetime

from django.db import transaction

from nhc.actors import Actor
from partners.models import Centre, Measure, Organisation
from partners.queries import contract as contract_queries
from partners.queries import organisations as organisation_queries
from partners.queries import pulse as queries
from partners.queries import returns as return_queries
from partners.services import contract, organisations
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


@transaction.atomic
def set_up(*, centre: Centre, month: date, by: Actor, at: datetime) -> bool:
    """Let a centre collect its pulse from a month on, owed by its backbone; return whether anything was to do.

    This is done once: a centre that has ever collected the measure stays as people have arranged it since. Raises
    ValidationError where a measure of the same code is counted in another way.
    """
    if queries.is_collected(centre):
        return False
    measure = contract_queries.measure_by_code(queries.CODE)
    if measure is None:
        measure = contract.add_measure(code=queries.CODE, definition=DEFINITION, by=by, at=at)
    contract.collect_measure(centre=centre, measure=measure, from_date=month, by=by, at=at)
    _owe(_backbone(centre, month, by=by, at=at), centre, measure, month=month, by=by, at=at)
    return True


def _backbone(centre: Centre, day: date, *, by: Actor, at: datetime) -> Organisation:
    """Return the backbone of a centre, which is made and becomes a partner where there is none."""
    found = organisation_queries.backbone_of(centre, day)
    if found is not None:
        return found
    code = f"{organisation_queries.BACKBONE}{centre.pk:07}"
    backbone = organisation_queries.organisation_by_code(code)
    if backbone is None:
        backbone = organisations.add_organisation(
            code=code,
            name=f"Backbone of {centre.name}"[:200],
            sector=Organisation.Sector.OTHER,
            demonstration=centre.figures == Centre.Figures.MADE_UP,
            by=by,
            at=at,
        )
    organisations.add_partnership(organisation=backbone, centre=centre, from_date=day, by=by, at=at)
    return backbone


def _owe(backbone: Organisation, centre: Centre, measure: Measure, *, month: date, by: Actor, at: datetime) -> None:
    """Add the measure to what the backbone owes each month, and fill the times in which it owes nothing yet."""
    day = month
    for owed in return_queries.monthly_from(backbone, centre, month):
        if day < owed.from_date:
            contract.add_return(
                organisation=backbone,
                centre=centre,
                measures=[measure],
                from_date=day,
                until_date=owed.from_date,
                by=by,
                at=at,
            )
        contract.add_to_return(owed=owed, measures=[measure], from_date=max(day, owed.from_date), by=by, at=at)
        if owed.until_date is None:
            return
        day = owed.until_date
    contract.add_return(organisation=backbone, centre=centre, measures=[measure], from_date=day, by=by, at=at)
