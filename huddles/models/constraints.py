"""What several tables ask of PostgreSQL in the same words."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db.models import CheckConstraint, F, Func, Q


class InstantRange(Func):
    """`[starts_at, ends_at)`; an absent end is open."""

    function = "TSTZRANGE"
    template = "%(function)s(%(expressions)s, '[)')"
    output_field = DateTimeRangeField()


def once_at_a_time(name: str, *fields: str, message: str, condition: Q | None = None) -> ExclusionConstraint:
    """Refuse two rows with equal `fields` that hold at one instant, from `starts_at` until `ends_at`."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((field, RangeOperators.EQUAL) for field in fields),
            (InstantRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
        ],
        condition=condition,
        violation_error_message=message,
    )


def ends_later(name: str) -> CheckConstraint:
    """Refuse a row that ends before it starts; one that ends when it starts never held."""
    return CheckConstraint(condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")), name=name)
