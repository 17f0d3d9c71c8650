"""The shared data contract: measures and versions, which centres collect them, and returns.

Every function validates, stores and audits in one transaction, and marks the slots of the roll-up that the change makes
stale. ValidationError carries a sentence for whoever asked.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from nhc import audit
from nhc.actors import Actor
from partners.dimensions import DIMENSIONS
from partners.models import (
    Centre,
    Collection,
    Measure,
    MeasureVersion,
    Observation,
    Organisation,
    Return,
    ReturnMeasure,
)
from partners.queries import contract as contract_queries
from partners.queries import organisations as organisation_queries
from partners.services import slots


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a measure means for periods that start in `[starts, ends)`: the fields of `MeasureVersion`.

    `target` and values are fractions for proportions; `breakdowns` holds codes of `partners.dimensions`.
    """

    starts: date
    title: str
    definition: str
    numerator_label: str
    unit: str
    aggregation: str
    period_type: str
    improvement: str
    denominator_label: str = ""
    unit_label: str = ""
    multiplier: int = 1
    whole_numbers: bool = True
    breakdowns: tuple[str, ...] = ()
    target: float | None = None
    disclosure: str = MeasureVersion.Disclosure.HES
    imd_version: str = ""
    source: str = ""
    ends: date | None = None


@transaction.atomic
def add_measure(*, code: str, definition: Definition, by: Actor, at: datetime) -> Measure:
    """Store a measure and its first version."""
    measure = Measure(code=code)
    measure.full_clean()
    measure.save()
    _store_version(measure, definition, number=1, ends=definition.ends)
    audit.record(by=by, at=at, verb="measure.added", subject="measure", subject_id=code, details={"version": 1})
    return measure


@transaction.atomic
def add_measure_version(*, measure: Measure, definition: Definition, by: Actor, at: datetime) -> MeasureVersion:
    """Store a new version, which takes over from the one in force at its start.

    Without `ends` it holds until the next version starts. Observations stay as they are: slots of past periods that it
    covers are marked, and the roll-up reads them by the new meaning. Raises ValidationError where the version would
    leave a gap, start together with another one, or change the period type of figures already sent.
    """
    Measure.objects.select_for_update().get(pk=measure.pk)
    ends = definition.ends or contract_queries.next_version_starts(measure, after=definition.starts)
    before = contract_queries.version_in_force(measure, definition.starts)
    if before is not None:
        _shorten(before, starts=definition.starts, ends=ends)
    _refuse_other_period_type(measure, definition, ends)
    number = (measure.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = _store_version(measure, definition, number=number, ends=ends)
    marked = slots.dirty_observed(measures=[measure.pk], from_date=definition.starts, until_date=ends)
    audit.record(
        by=by,
        at=at,
        verb="measure.version_added",
        subject="measure",
        subject_id=measure.code,
        details={"version": number, "starts": definition.starts.isoformat(), "slots": marked},
    )
    return version


def _shorten(before: MeasureVersion, *, starts: date, ends: date | None) -> None:
    if before.starts == starts:
        raise ValidationError(f"Version {before.number} starts on the same day. Choose a later start.")
    if ends is not None and (before.ends is None or before.ends > ends):
        raise ValidationError(
            f"Version {before.number} goes on after the new one ends, which would leave a gap. Leave the end open."
        )
    before.ends = starts
    before.save(update_fields=["ends"])


def _refuse_other_period_type(measure: Measure, definition: Definition, ends: date | None) -> None:
    sent = Observation.objects.filter(measure=measure, closed_seq__isnull=True, period_start__gte=definition.starts)
    if ends is not None:
        sent = sent.filter(period_start__lt=ends)
    if sent.exclude(version__period_type=definition.period_type).exists():
        raise ValidationError(
            "Figures of another period type were already sent for these dates. Start the version after them."
        )


def _store_version(measure: Measure, definition: Definition, *, number: int, ends: date | None) -> MeasureVersion:
    unknown = [code for code in definition.breakdowns if code not in DIMENSIONS]
    if unknown:
        raise ValidationError(f"{', '.join(unknown)}: not a dimension. Use codes of: {', '.join(DIMENSIONS)}.")
    fields = asdict(definition) | {"breakdowns": list(definition.breakdowns), "ends": ends}
    version = MeasureVersion(measure=measure, number=number, **fields)
    version.full_clean()
    version.save()
    return version


@transaction.atomic
def collect_measure(
    *,
    centre: Centre,
    measure: Measure,
    from_date: date,
    until_date: date | None = None,
    position: int | None = None,
    by: Actor,
    at: datetime,
) -> Collection:
    """Let the centre collect a measure, for periods that start in `[from_date, until_date)`.

    `position` orders the centre's overview; without one the measure comes last.
    """
    if position is None:
        last = centre.collections.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else last + 1
    collection = Collection(
        centre=centre, measure=measure, from_date=from_date, until_date=until_date, position=position
    )
    collection.full_clean()
    collection.save()
    audit.record(
        by=by,
        at=at,
        verb="measure.collected",
        subject="measure",
        subject_id=measure.code,
        details={"from": from_date.isoformat()},
        centre=centre.slug,
    )
    return collection


@transaction.atomic
def add_return(
    *,
    organisation: Organisation,
    centre: Centre,
    measures: Sequence[Measure],
    from_date: date,
    until_date: date | None = None,
    period_type: str = "month",
    due_after_days: int = 14,
    closes_after_days: int | None = None,
    by: Actor,
    at: datetime,
) -> Return:
    """Agree what the organisation owes the centre for periods that start in `[from_date, until_date)`.

    More organisations are then expected, so slots already observed are marked. Raises ValidationError where the
    organisation is no partner, or a measure is not collected there or is counted in other periods.
    """
    if not organisation_queries.is_partner(organisation, centre, from_date):
        raise ValidationError(f"{organisation.name} is no partner of {centre.name} on {from_date:%d %B %Y}.")
    _refuse_measures(centre, measures, from_date=from_date, period_type=period_type)
    owed = Return(
        organisation=organisation,
        centre=centre,
        period_type=period_type,
        due_after_days=due_after_days,
        closes_after_days=closes_after_days,
        from_date=from_date,
        until_date=until_date,
    )
    owed.full_clean()
    owed.save()
    ReturnMeasure.objects.bulk_create(ReturnMeasure(owed_in=owed, measure=measure) for measure in measures)
    marked = slots.dirty_observed(
        centre=centre, measures=[measure.pk for measure in measures], from_date=from_date, until_date=until_date
    )
    audit.record(
        by=by,
        at=at,
        verb="return.added",
        subject="return",
        subject_id=owed.pk,
        details={"measures": [measure.code for measure in measures], "slots": marked},
        centre=centre.slug,
        organisation=organisation.code,
    )
    return owed


@transaction.atomic
def add_to_return(*, owed: Return, measures: Sequence[Measure], from_date: date, by: Actor, at: datetime) -> Return:
    """Add measures to what a return owes for periods that start on `from_date` or later; return what holds from then.

    Where the return begins earlier it ends on that day, and another with all the measures goes on from there. Raises
    ValidationError as `add_return`, and where the return is over by then.
    """
    locked = Return.objects.select_for_update(of=("self",)).select_related("organisation", "centre").get(pk=owed.pk)
    if locked.until_date is not None and locked.until_date <= from_date:
        raise ValidationError("The return is over by then. Agree another one.")
    if locked.from_date < from_date:
        return _split(locked, measures, from_date=from_date, by=by, at=at)
    _refuse_measures(locked.centre, measures, from_date=locked.from_date, period_type=locked.period_type)
    ReturnMeasure.objects.bulk_create(
        [ReturnMeasure(owed_in=locked, measure=measure) for measure in measures], ignore_conflicts=True
    )
    marked = slots.dirty_observed(
        centre=locked.centre,
        measures=[measure.pk for measure in measures],
        from_date=locked.from_date,
        until_date=locked.until_date,
    )
    audit.record(
        by=by,
        at=at,
        verb="return.extended",
        subject="return",
        subject_id=locked.pk,
        details={"measures": [measure.code for measure in measures], "slots": marked},
        centre=locked.centre.slug,
        organisation=locked.organisation.code,
    )
    return locked


def _split(owed: Return, measures: Sequence[Measure], *, from_date: date, by: Actor, at: datetime) -> Return:
    until = owed.until_date
    before = [each.measure for each in owed.measures.select_related("measure").order_by("pk")]
    end_return(owed=owed, until_date=from_date, by=by, at=at)
    return add_return(
        organisation=owed.organisation,
        centre=owed.centre,
        measures=[*before, *(measure for measure in measures if measure not in before)],
        from_date=from_date,
        until_date=until,
        period_type=owed.period_type,
        due_after_days=owed.due_after_days,
        closes_after_days=owed.closes_after_days,
        by=by,
        at=at,
    )


def _refuse_measures(centre: Centre, measures: Sequence[Measure], *, from_date: date, period_type: str) -> None:
    if not measures:
        raise ValidationError("Name at least one measure.")
    collected = contract_queries.collected_versions(centre, from_date)
    for measure in measures:
        version = collected.get(measure.pk)
        if version is None:
            raise ValidationError(f"{centre.name} does not collect {measure.code} on {from_date:%d %B %Y}.")
        if version.period_type != period_type:
            raise ValidationError(
                f"{measure.code} is counted by {version.period_type.replace('_', ' ')}, "
                f"not by {period_type.replace('_', ' ')}. Put it in a return of its own."
            )


@transaction.atomic
def end_return(*, owed: Return, until_date: date, by: Actor, at: datetime) -> Return:
    """End a return: nothing is owed for periods that start on `until_date` or later. Figures stay."""
    locked = Return.objects.select_for_update(of=("self",)).select_related("organisation", "centre").get(pk=owed.pk)
    if until_date < locked.from_date:
        raise ValidationError("A return cannot end before it begins. Choose a later date.")
    measures = list(locked.measures.values_list("measure_id", flat=True))
    earlier, later = sorted([until_date, locked.until_date or date.max])
    locked.until_date = until_date
    locked.full_clean()
    locked.save(update_fields=["until_date"])
    marked = slots.dirty_observed(
        centre=locked.centre, measures=measures, from_date=earlier, until_date=None if later == date.max else later
    )
    audit.record(
        by=by,
        at=at,
        verb="return.ended",
        subject="return",
        subject_id=locked.pk,
        details={"until": until_date.isoformat(), "slots": marked},
        centre=locked.centre.slug,
        organisation=locked.organisation.code,
    )
    return locked
