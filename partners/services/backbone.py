"""What the work itself counts, as measures of a centre: collected there, owed by its backbone, and sent like any other.

Nobody types these figures, so nothing asks for them: whoever counts them sends them here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
import structlog
from django.db import transaction

from nhc.actors import Actor
from partners.models import Centre, Measure, Observation, Organisation
from partners.queries import backbone as queries
from partners.queries import contract as contract_queries
from partners.queries import organisations as organisation_queries
from partners.queries import returns as return_queries
from partners.services import contract, organisations, submissions
from partners.services.contract import Definition
from partners.services.submissions import Upload

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Figure:
    """A month's figure of a measure, by its code. Without a denominator nothing of the kind happened in that month."""

    measure: str
    month: date
    numerator: int
    denominator: int


@transaction.atomic
def collect(*, centre: Centre, code: str, definition: Definition, month: date, by: Actor, at: datetime) -> bool:
    """Let a centre collect a measure from a month on, owed by its backbone; return whether anything was to do.

    This is done once: a centre that has ever collected the measure stays as people have arranged it since. Raises
    ValidationError where a measure of the same code is counted in another way.
    """
    if queries.is_collected(centre, code):
        return False
    measure = contract_queries.measure_by_code(code)
    if measure is None:
        measure = contract.add_measure(code=code, definition=definition, by=by, at=at)
    contract.collect_measure(centre=centre, measure=measure, from_date=month, by=by, at=at)
    _owe(_backbone(centre, month, by=by, at=at), centre, measure, month=month, by=by, at=at)
    return True


@transaction.atomic
def send(*, centre: Centre, figures: Sequence[Figure], reason: str, by: Actor, at: datetime) -> int:
    """Send figures as the backbone's, as any partner does; return how many were new or have changed.

    Those that stand already are left out. A figure that nobody owes stays here.
    """
    sent = 0
    for organisation, owed in _by_sender(centre, figures).items():
        new = [figure for figure in owed if not _stands(organisation, centre, figure)]
        if not new:
            continue
        body = {"centre": centre.slug, "reason": reason, "observations": [_observation(figure) for figure in new]}
        upload = Upload(organisation, "application/json", msgspec.json.encode(body))
        submission = submissions.receive(upload=upload, by=by, at=at).submission
        if submission.state != "accepted":
            log.error("figures_not_accepted", submission=str(submission.pk), centre=centre.slug)
            continue
        sent += len(new)
    return sent


def _by_sender(centre: Centre, figures: Sequence[Figure]) -> dict[Organisation, list[Figure]]:
    found: dict[Organisation, list[Figure]] = {}
    for figure in figures:
        organisation = queries.sender(centre, figure.measure, figure.month)
        if organisation is None:
            log.error("figures_owed_by_nobody", centre=centre.slug, measure=figure.measure)
        else:
            found.setdefault(organisation, []).append(figure)
    return found


def _observation(figure: Figure) -> dict[str, object]:
    told: dict[str, object] = {"measure": figure.measure, "period": f"{figure.month:%Y-%m}"}
    if figure.denominator:
        return told | {"numerator": figure.numerator, "denominator": figure.denominator}
    return told | {"state": "none_offered"}


def _stands(organisation: Organisation, centre: Centre, figure: Figure) -> bool:
    """Whether a figure is the one that was sent last."""
    held = queries.last_sent(organisation, centre, figure.measure, figure.month)
    if held is None:
        return False
    if not figure.denominator:
        return held.state == Observation.State.NONE_OFFERED
    return held.numerator == figure.numerator and held.denominator == figure.denominator


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
