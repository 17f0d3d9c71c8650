"""What a person says of figures without a spreadsheet: typed, or one of five answers where there is none."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

import msgspec
from django.db import transaction

from nhc.actors import Actor
from partners.formats.grids import Grid
from partners.formats.reading import CSV, JSON
from partners.models import Centre, Observation, Organisation, Submission
from partners.services import checks, merge, submissions
from partners.services.checks import Check
from partners.services.submissions import Upload


class Answer(StrEnum):
    """Why there is no figure. Nought is a figure, the next three are states, later is nothing at all."""

    NONE = "none"
    NOT_OFFERED = "none_offered"
    NOT_COLLECTED = "not_collected"
    WITHHELD = "withheld"
    LATER = "later"


WITHDRAWN = "withdrawn"

type Standing = Mapping[tuple[int, date], int | None]
"""By measure and first day of the period, the observation that the sender answers; None where there was none."""


class ChangedMeanwhileError(ValueError):
    """A figure is not any more what it was when the sender looked."""


def send_answer(
    *,
    organisation: Organisation,
    centre: Centre,
    measure: str,
    period: str,
    answer: Answer,
    pair: bool,
    standing: Standing,
    by: Actor,
    at: datetime,
) -> Submission:
    """Say of one total that there was none, or why there is no figure: stored or rejected like any submission.

    `pair` tells that the measure has a denominator, which is then nought too. ValueError for LATER, which says nothing;
    ChangedMeanwhileError where `standing` holds no more.
    """
    if answer is Answer.LATER:
        raise ValueError("What will be sent later is not sent now.")
    said: dict[str, object] = {"measure": measure, "period": period}
    if answer is Answer.NONE:
        said |= {"numerator": 0, "denominator": 0} if pair else {"numerator": 0}
    else:
        said["state"] = answer.value
    with transaction.atomic():
        _refuse_changed(organisation, centre, standing)
        return _send(organisation, centre, said, by, at)


def withdraw(
    *, organisation: Organisation, centre: Centre, measure: str, period: str, by: Actor, at: datetime
) -> Submission:
    """Take back whatever was sent of one total. The history keeps it."""
    said: dict[str, object] = {"measure": measure, "period": period, "state": WITHDRAWN}
    return _send(organisation, centre, said, by, at)


def send_typed(
    *, organisation: Organisation, centre: Centre, grid: Grid, standing: Standing, by: Actor, at: datetime
) -> Submission | Check:
    """Send typed figures, given as a sheet: the submission, or what is wrong with it, of which then nothing is kept.

    Raises ChangedMeanwhileError where `standing` holds no more.
    """
    with transaction.atomic():
        _refuse_changed(organisation, centre, standing)
        tried = checks.check(organisation=organisation, centre=centre, grid=grid, by=by, at=at)
        if not tried.general and tried.figures == len(tried.unanswered):
            tried.general.append(checks.NOTHING)
        if tried.errors or tried.general:
            return tried
        upload = Upload(organisation=organisation, media_type=CSV, body=grid.as_csv(), centre=centre.slug)
        return submissions.receive(upload=upload, by=by, at=at).submission


def _refuse_changed(organisation: Organisation, centre: Centre, standing: Standing) -> None:
    """Hold the centre's history until the transaction ends, and raise where a figure is not what it was."""
    merge.hold(centre_id=centre.pk)
    totals = Observation.objects.filter(
        organisation=organisation,
        centre=centre,
        measure_id__in={measure for measure, _ in standing},
        period_start__in={start for _, start in standing},
        dimension="",
        closed_seq__isnull=True,
    )
    current = {(each.measure_id, each.period_start): each.pk for each in totals}
    if any(current.get(place) != was for place, was in standing.items()):
        raise ChangedMeanwhileError


def _send(organisation: Organisation, centre: Centre, said: dict[str, object], by: Actor, at: datetime) -> Submission:
    body = msgspec.json.encode({"centre": centre.slug, "observations": [said]})
    upload = Upload(organisation=organisation, media_type=JSON, body=body)
    return submissions.receive(upload=upload, by=by, at=at).submission
