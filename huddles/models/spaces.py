"""Rooms of a centre: what they suit, and who is in them from when until when."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.lookups import LessThanOrEqual

from huddles.models.constraints import once_at_a_time

LONGEST_BOOKING = timedelta(hours=24)
"""Elapsed. Lets an index on the start of a booking answer who is in a room."""


class Space(models.Model):
    """A room. `quiet`, `sensory_aware` and `accessible` (for wheelchairs) are what it suits; `notes` says more."""

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="spaces")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    seats = models.PositiveSmallIntegerField()
    quiet = models.BooleanField(default=False)
    sensory_aware = models.BooleanField(default=False)
    accessible = models.BooleanField(default=False)
    notes = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "code"],
                name="space_code_once_at_a_centre",
                violation_error_message="The centre has a room with this name already. Choose another.",
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9][a-z0-9-]*$"), name="space_code_shape"),
            models.CheckConstraint(condition=~Q(name=""), name="space_has_a_name"),
            models.CheckConstraint(condition=Q(seats__gte=1), name="space_has_a_seat"),
            models.CheckConstraint(condition=Q(version__gte=1), name="space_version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return self.name


class SpaceBooking(models.Model):
    """A team has a room from one instant until another, perhaps for the person of an episode. Never two at once.

    One that ends early has its end moved; one that is cancelled is kept.
    """

    class Purpose(models.TextChoices):
        ONE_TO_ONE = "one_to_one", "One to one"
        GROUP = "group", "Group"
        QUIET_TIME = "quiet_time", "Quiet time"
        FAMILY = "family", "Family or carers"
        MEETING = "meeting", "Staff meeting"
        OTHER = "other", "Something else"

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="bookings")
    team = models.ForeignKey("partners.Team", on_delete=models.PROTECT, related_name="space_bookings")
    episode = models.ForeignKey(
        "huddles.Episode", null=True, blank=True, on_delete=models.PROTECT, related_name="space_bookings"
    )
    purpose = models.CharField(max_length=12, choices=Purpose)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="space_bookings")
    booked_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    form_key = models.UUIDField(null=True, blank=True, unique=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            once_at_a_time(
                "space_one_booking_at_a_time",
                "space",
                message="The room is booked at that time. Choose another room or time.",
                condition=Q(cancelled_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="booking_ends_after_it_starts",
                violation_error_message="A booking must end after it starts.",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=DurationField()),
                    Value(LONGEST_BOOKING, output_field=DurationField()),
                ),
                name="booking_a_day_at_most",
                violation_error_message="A booking must be 24 hours or shorter.",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="booking_version_counts_from_one"),
        ]
        indexes = [
            models.Index(
                fields=["space", "starts_at"], condition=Q(cancelled_at__isnull=True), name="booking_by_space"
            ),
            models.Index(fields=["episode", "starts_at"], name="booking_by_episode"),
            models.Index(fields=["team", "starts_at"], name="booking_by_team"),
        ]

    def __str__(self) -> str:
        return f"booking {self.pk}"
