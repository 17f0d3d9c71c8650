"""What people mark on a chart: rebases, with who agreed, and annotations. Withdrawn ones stay on record."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from dashboard.models import Annotation, Rebase
from nhc import audit
from nhc.actors import Actor
from partners import periods
from partners.queries import contract as contract_queries

if TYPE_CHECKING:
    from partners.models import Centre, Measure


@transaction.atomic
def rebase(
    *, centre: "Centre", measure: "Measure", date: date, reason: str, agreed_by: str, by: Actor, at: datetime
) -> Rebase:
    """Start a new step of the chart at a period's first day.

    Raises ValidationError, with a sentence, where the day starts no period, the step is there already, the reason is
    missing or nobody agreed.
    """
    _refuse_other_than_first_day(measure, date)
    made = Rebase(
        centre=centre,
        measure=measure,
        date=date,
        reason=_words(reason, "reason", "Say why the chart starts a new step here."),
        agreed_by=_words(agreed_by, "agreed_by", "Name who agreed to the new step."),
        created_at=at,
        created_by_id=by.user_id,
    )
    made.clean_fields(exclude=["centre", "measure", "created_by", "withdrawn_at"])
    if Rebase.objects.filter(centre=centre, measure=measure, date=date, withdrawn_at__isnull=True).exists():
        raise ValidationError("The chart is already rebased at this period. Withdraw that rebase first.")
    made.save()
    _record("rebase.added", made, by=by, at=at)
    return made


@transaction.atomic
def withdraw_rebase(*, rebase: Rebase, by: Actor, at: datetime) -> Rebase:
    """Take a rebase off the chart. Raises ValidationError where it was withdrawn before."""
    locked = Rebase.objects.select_for_update(of=("self",)).select_related("centre", "measure").get(pk=rebase.pk)
    _withdraw(locked, "rebase.withdrawn", by=by, at=at)
    return locked


@transaction.atomic
def annotate(*, centre: "Centre", measure: "Measure", date: date, text: str, by: Actor, at: datetime) -> Annotation:
    """Mark something that happened. It explains and changes no statistic.

    Raises ValidationError where it says nothing.
    """
    made = Annotation(
        centre=centre,
        measure=measure,
        date=date,
        text=_words(text, "text", "Say what happened."),
        created_at=at,
        created_by_id=by.user_id,
    )
    made.clean_fields(exclude=["centre", "measure", "created_by", "withdrawn_at"])
    made.save()
    _record("annotation.added", made, by=by, at=at)
    return made


@transaction.atomic
def withdraw_annotation(*, annotation: Annotation, by: Actor, at: datetime) -> Annotation:
    """Take an annotation off the chart. Raises ValidationError where it was withdrawn before."""
    found = Annotation.objects.select_for_update(of=("self",)).select_related("centre", "measure")
    locked = found.get(pk=annotation.pk)
    _withdraw(locked, "annotation.withdrawn", by=by, at=at)
    return locked


def _refuse_other_than_first_day(measure: "Measure", day: date) -> None:
    version = contract_queries.version_in_force(measure, day)
    if version is None:
        raise ValidationError("The measure means nothing on this date yet. Choose a period that it covers.")
    try:
        period = periods.containing(day, version.period_type)
    except periods.InvalidPeriodError as error:
        raise ValidationError("There is no period on this date. Choose a period that the measure covers.") from error
    if period.start != day:
        raise ValidationError(
            f"A step starts with a period. Use {period.start.isoformat()}, the first day of {period.words}."
        )


def _words(text: str, field: str, sentence: str) -> str:
    if not text.strip():
        raise ValidationError({field: sentence})
    return text.strip()


def _withdraw(mark: Rebase | Annotation, verb: str, *, by: Actor, at: datetime) -> None:
    if mark.withdrawn_at is not None:
        raise ValidationError("This was withdrawn before. Reload the page to see the chart as it is.")
    mark.withdrawn_at = at
    mark.save(update_fields=["withdrawn_at"])
    _record(verb, mark, by=by, at=at)


def _record(verb: str, mark: Rebase | Annotation, *, by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject=verb.partition(".")[0],
        subject_id=mark.pk,
        centre=mark.centre.slug,
        details={"measure": mark.measure.code, "date": mark.date.isoformat()},
    )
