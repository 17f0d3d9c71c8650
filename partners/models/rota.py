"""Who is on, when, for which duty; what somebody must be on for; and how the rota came to be as it is."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.lookups import LessThanOrEqual

from partners.lifecycle import SwapState
from partners.models.constraints import InstantRange
from partners.models.organisations import Centre, Team

LONGEST_SHIFT = timedelta(hours=24)
"""Elapsed, so that the night on which clocks go back has one hour less of wall time in it."""


class DutyRole(models.Model):
    """A duty that somebody holds at a centre at a time, like shift lead. Several people may hold one together.

    Gaps are counted from `created_at` until `retired_at`, so that a new duty has no past to answer for.
    """

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="duty_roles")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    what_for = models.CharField(max_length=200, blank=True)
    deputy = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="deputy_of")
    position = models.PositiveSmallIntegerField(default=0)
    round_the_clock = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "code"],
                name="duty_role_code_once_at_a_centre",
                violation_error_message="The centre has a duty role with this code already.",
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9][a-z0-9-]*$"), name="duty_role_code_shape"),
            models.CheckConstraint(
                condition=Q(deputy__isnull=True) | ~Q(deputy=F("id")),
                name="duty_role_not_own_deputy",
                violation_error_message="A duty role cannot be its own deputy.",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="duty_role_version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return self.name


class Cover(models.Model):
    """Hours of a weekday, Europe/London, in which somebody must be on. Monday is 0.

    An `ends` at or before `starts` is on the next day: 20:00 to 08:00 is a night, 09:00 to 09:00 a whole day.
    """

    duty_role = models.ForeignKey(DutyRole, on_delete=models.CASCADE, related_name="cover")
    weekday = models.PositiveSmallIntegerField()
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="cover_on_a_weekday"),
            models.UniqueConstraint(fields=["duty_role", "weekday", "starts"], name="cover_starts_once"),
        ]

    def __str__(self) -> str:
        return f"cover {self.pk}"


class CalendarFeed(models.Model):
    """A calendar that an employer's own rota system publishes, read every 15 minutes for one team and duty role.

    Whoever knows its address can read it, so the address is sealed (`nhc.encryption`, purpose: "calendar feed") and
    found again by a keyed digest; `shown` is its host and last four characters. `outcome` is the sentence people read
    about the last reading; `etag` is the publisher's.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="calendar_feeds")
    duty_role = models.ForeignKey(DutyRole, on_delete=models.PROTECT, related_name="calendar_feeds")
    sealed_address = models.BinaryField()
    address_digest = models.BinaryField(max_length=32)
    shown = models.CharField(max_length=300)
    etag = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    polled_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True, help_text="When it was last read without a fault.")
    outcome = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "duty_role", "address_digest"],
                condition=Q(ended_at__isnull=True),
                name="calendar_feed_once",
                violation_error_message="This calendar is read for the team and duty role already.",
            ),
        ]

    def __str__(self) -> str:
        return f"calendar feed {self.pk}"


class Shift(models.Model):
    """A person on duty from one instant to another, for a team and a duty role of the same centre.

    `operational_date` is the centre's day on which it starts. Nobody is on two shifts at once, whatever the centre. A
    shift that was covered or swapped is cancelled and kept; the rows in its place name it in `covers`.

    `came_on_at` is when its person came on where that was after it started: they were put on it, or it was moved, while
    it ran. What lapses takes nothing away inside a shift, so a start in the past must not give back what had lapsed.
    """

    class Source(models.TextChoices):
        PAGE = "page", "Entered here"
        CSV = "csv", "From a file"
        ICALENDAR = "icalendar", "From a calendar"
        OVERRIDE = "override", "Cover"
        SWAP = "swap", "Swap"

    class Ending(models.TextChoices):
        CANCELLED = "cancelled", "Cancelled"
        COVERED = "covered", "Covered by somebody else"
        SWAPPED = "swapped", "Swapped"
        GONE = "gone", "No longer in the calendar"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="shifts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="shifts")
    duty_role = models.ForeignKey(DutyRole, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    came_on_at = models.DateTimeField(null=True, blank=True)
    operational_date = models.DateField()
    source = models.CharField(max_length=12, choices=Source)
    feed = models.ForeignKey(CalendarFeed, null=True, blank=True, on_delete=models.PROTECT, related_name="shifts")
    external_id = models.CharField(max_length=400, blank=True)
    covers = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="covered_by")
    reason = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_how = models.CharField(max_length=12, blank=True, choices=Ending)
    cancelled_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="shift_one_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (InstantRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
                violation_error_message="This person is on another shift at that time.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="shift_ends_after_it_starts",
                violation_error_message="A shift must end after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(came_on_at__isnull=True) | Q(came_on_at__gt=F("starts_at")),
                name="shift_came_on_after_it_started",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=DurationField()),
                    Value(LONGEST_SHIFT, output_field=DurationField()),
                ),
                name="shift_a_day_at_most",
                violation_error_message="A shift must be 24 hours or shorter.",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True, cancelled_how="", cancelled_why="")
                | Q(cancelled_at__isnull=False) & ~Q(cancelled_how=""),
                name="shift_cancelled_says_how",
            ),
            models.CheckConstraint(
                condition=~Q(source__in=["override", "swap"]) | ~Q(reason="") | Q(covers__isnull=False),
                name="shift_override_says_why",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="shift_version_counts_from_one"),
            models.UniqueConstraint(
                fields=["team", "duty_role", "source", "external_id"],
                condition=Q(cancelled_at__isnull=True) & ~Q(external_id=""),
                name="shift_imported_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["duty_role", "starts_at"], condition=Q(cancelled_at__isnull=True), name="shift_on_duty"
            ),
            models.Index(fields=["user", "starts_at"], name="shift_by_person"),
            models.Index(fields=["team", "starts_at"], name="shift_by_team"),
            models.Index(fields=["feed", "starts_at"], condition=Q(feed__isnull=False), name="shift_by_feed"),
            models.Index(
                fields=["team", "duty_role", "external_id"], condition=~Q(external_id=""), name="shift_by_external_id"
            ),
            models.Index(fields=["covers"], condition=Q(covers__isnull=False), name="shift_by_covered"),
        ]

    def __str__(self) -> str:
        return f"shift {self.pk}"

    @property
    def began_at(self) -> datetime:
        """Return when its person came on: its start, or later where they were put on while it ran."""
        return self.came_on_at or self.starts_at


class Swap(models.Model):
    """One person asks another to take their shift, perhaps for one of the other's. Both have then agreed.

    `asked_by` consents by asking, `asked_of` by agreeing. It moves once (`partners.lifecycle.SWAP_MOVES`).
    """

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="swaps")
    offered = models.ForeignKey(Shift, null=True, blank=True, on_delete=models.PROTECT, related_name="offered_in")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="swaps_asked")
    asked_of = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="swaps_received")
    note = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=[(each.value, each.value) for each in SwapState])
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(asked_by=F("asked_of")), name="swap_between_two_people"),
            models.CheckConstraint(
                condition=Q(state="asked", answered_at__isnull=True) | ~Q(state="asked") & Q(answered_at__isnull=False),
                name="swap_answered_when_it_moved",
            ),
            models.CheckConstraint(
                condition=Q(offered__isnull=True) | ~Q(offered=F("shift")), name="swap_of_two_shifts"
            ),
            models.UniqueConstraint(
                fields=["shift"],
                condition=Q(state="asked"),
                name="swap_one_open_for_a_shift",
                violation_error_message="A swap of this shift is waiting for an answer. Withdraw it first.",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_of", "asked_at"], name="swap_by_asked_of"),
            models.Index(fields=["asked_by", "asked_at"], name="swap_by_asked_by"),
            models.Index(fields=["offered"], condition=Q(state="asked"), name="swap_by_offered"),
        ]

    def __str__(self) -> str:
        return f"swap {self.pk}"


class DoubleBooking(models.Model):
    """A shift that a calendar asked for and that was not taken, because the person is on another one then.

    Made anew by each reading of the feed; what the feed no longer asks for, or what fits by now, is removed.
    """

    feed = models.ForeignKey(CalendarFeed, on_delete=models.CASCADE, related_name="double_bookings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    clashes_with = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="double_bookings")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    external_id = models.CharField(max_length=400)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="double_booking_ends_after_start"),
            models.UniqueConstraint(fields=["feed", "external_id"], name="double_booking_once"),
        ]

    def __str__(self) -> str:
        return f"double booking {self.pk}"
