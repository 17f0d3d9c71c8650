"""Exclusion of overlapping date ranges, the same way in every table that has one."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeOperators
from django.db.models import Func


class DateRange(Func):
    """`[from, until)` of two date columns; an absent end is open."""

    function = "DATERANGE"
    template = "%(function)s(%(expressions)s, '[)')"
    output_field = DateRangeField()


class InstantRange(Func):
    """`[starts_at, ends_at)` of two instants; an absent end is open."""

    function = "TSTZRANGE"
    template = "%(function)s(%(expressions)s, '[)')"
    output_field = DateTimeRangeField()


def no_overlap(name: str, *fields: str, starts: str, ends: str, message: str) -> ExclusionConstraint:
    """Refuse two rows with equal `fields` whose date ranges overlap."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((field, RangeOperators.EQUAL) for field in fields),
            (DateRange(starts, ends), RangeOperators.OVERLAPS),
        ],
        violation_error_message=message,
    )


def no_overlap_in_time(name: str, *fields: str, message: str) -> ExclusionConstraint:
    """Refuse two rows with equal `fields` that hold at one instant, from `starts_at` until `ends_at`."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((field, RangeOperators.EQUAL) for field in fields),
            (InstantRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
        ],
        violation_error_message=message,
    )
