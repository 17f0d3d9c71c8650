"""Exceptions for named people, each with an end, a reason and somebody who made it."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models.functions import Coalesce

from nhc.models import NamedException
from partners.models.constraints import InstantRange
from partners.models.organisations import Centre


class CentreException(NamedException):
    """A named person reads one centre's dashboard, under the small-number rule, until the exception ends."""

    content_object = models.ForeignKey(
        Centre, on_delete=models.PROTECT, related_name="exceptions", db_column="centre_id"
    )

    class Meta(NamedException.Meta):
        abstract = False
        indexes = [models.Index(fields=["content_object", "-granted_at", "-id"], name="exception_by_centre")]
        constraints = [
            *NamedException.Meta.constraints,
            ExclusionConstraint(
                name="one_exception_a_person_and_centre",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("content_object", RangeOperators.EQUAL),
                    (InstantRange("granted_at", Coalesce("revoked_at", "expires_at")), RangeOperators.OVERLAPS),
                ],
                violation_error_message="The person already has an exception for this centre. End that one first.",
            ),
        ]

    def __str__(self) -> str:
        return f"exception {self.pk}"
