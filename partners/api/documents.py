"""What the REST API answers about partners' things, as plain dictionaries in the words of the contract."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from partners import periods
from partners.dimensions import DIMENSIONS
from partners.models import Measure, MeasureVersion, Observation, Submission
from partners.queries.returns import Owed

type Document = dict[str, object]

_NO_COUNTS = {"received": 0, "created": 0, "changed": 0, "unchanged": 0, "removed": 0, "rejected": 0}


def submission_document(submission: Submission, *, dry_run: bool = False) -> Document:
    """Return a submission as it stands. A dry run's has no identifier, because it is stored nowhere."""
    return {
        "id": None if dry_run else str(submission.pk),
        "state": str(submission.state),
        "dry_run": dry_run,
        "organisation": submission.organisation.code,
        "centre": None if submission.centre is None else submission.centre.slug,
        "mode": str(submission.mode),
        "received_at": instant(submission.received_at),
        "processed_at": None if submission.processed_at is None else instant(submission.processed_at),
        "counts": _NO_COUNTS | submission.counts,
        "periods": submission.periods,
        "warnings": submission.warnings,
        "errors": submission.errors,
    }


def submission_entry(submission: Submission) -> Document:
    """Return a submission for a list: errors and warnings by code, without their places."""
    document = submission_document(submission)
    for name in ("warnings", "errors"):
        document[name] = [_without_places(group) for group in getattr(submission, name)]
    return document


def _without_places(group: Mapping[str, object]) -> Document:
    return {name: group[name] for name in ("code", "detail", "occurrences") if name in group}


def observation_document(observation: Observation) -> Document:
    """Return one row of the history. `current` says whether it still holds."""
    period = periods.containing(observation.period_start, observation.version.period_type)
    return {
        "measure": observation.measure.code,
        "version": observation.version.number,
        **period_members(period),
        "breakdown": {observation.dimension: observation.category} if observation.dimension else None,
        "state": observation.state,
        "numerator": number(observation.numerator),
        "denominator": number(observation.denominator),
        "reason": observation.reason,
        "current": observation.closed_seq is None,
    }


def measure_document(measure: Measure, today: date) -> Document:
    """Return a measure as it is defined today, and every version of it."""
    versions = list(measure.versions.all())
    return {"code": measure.code, **_version(_present(versions, today)), "versions": [_version(v) for v in versions]}


def _present(versions: Sequence[MeasureVersion], today: date) -> MeasureVersion:
    """Return the version in force, else the next one, else the last: versions come oldest first and there is one."""
    for version in versions:
        if version.ends is None or version.ends > today:
            return version
    return versions[-1]


def _version(version: MeasureVersion) -> Document:
    return {
        "version": version.number,
        "starts": version.starts.isoformat(),
        "ends": None if version.ends is None else version.ends.isoformat(),
        "title": version.title,
        "definition": version.definition,
        "numerator": version.numerator_label,
        "denominator": version.denominator_label or None,
        "unit": version.unit,
        "unit_label": version.unit_label,
        "multiplier": version.multiplier,
        "whole_numbers": version.whole_numbers,
        "aggregation": version.aggregation,
        "period_type": version.period_type,
        "breakdowns": version.breakdowns,
        "direction": version.improvement,
        "target": version.target,
        "disclosure": version.disclosure,
        "imd_version": version.imd_version or None,
        "source": version.source or None,
    }


def dimensions_document() -> Document:
    """Return every dimension and its categories, in order."""
    return {
        "results": [
            {
                "code": dimension.code,
                "label": dimension.label,
                "order": place,
                "categories": [
                    {"code": category.code, "label": category.label, "order": order}
                    for order, category in enumerate(dimension.categories)
                ],
            }
            for place, dimension in enumerate(DIMENSIONS.values())
        ],
        "next": None,
    }


def owed_document(entry: Owed) -> Document:
    """Return what is owed for one measure of one period."""
    return {
        "centre": entry.centre,
        "measure": entry.measure,
        "title": entry.title,
        **period_members(entry.period),
        "period_type": entry.period.kind,
        "due": entry.due.isoformat(),
        "closes": None if entry.closes is None else entry.closes.isoformat(),
        "state": entry.state,
    }


def period_members(period: periods.Period) -> Document:
    """Return a period's name with its first and last day, as every answer repeats them."""
    return {"period": period.name, "start": period.start.isoformat(), "end": period.end.isoformat()}


def instant(at: datetime) -> str:
    """Return an instant in RFC 3339, in UTC."""
    return at.astimezone(UTC).isoformat()


def number(value: Decimal | None) -> int | Decimal | None:
    """Return a stored figure as people sent it: 41 and not 41.000000."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else value.normalize()
