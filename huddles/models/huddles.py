"""Huddles: when a centre meets, one meeting from its plan to its record, who was there and what was gone through."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from huddles.agenda import KIND_NAMES
from huddles.lifecycle import HuddleState

MOST_TURNS = 4
_KINDS = [(kind.value, name) for kind, name in KIND_NAMES.items()]


class _Days(Func):
    """`[from_date, until_date)`; an absent end is open."""

    function = "DATERANGE"
    template = "%(function)s(%(expressions)s, '[)')"
    output_field = DateRangeField()


class HuddleSchedule(models.Model):
    """On which weekdays (Monday is 0) and at what time a centre holds a kind of huddle, from a date until another.

    `starts` is Europe/London. `turn` counts within the operational day: a transfer of care hub meets twice. `agenda`
    are codes of lanes (`huddles.agenda`), in order.
    """

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="huddle_schedules")
    kind = models.CharField(max_length=20, choices=_KINDS)
    turn = models.PositiveSmallIntegerField(default=1)
    weekdays = ArrayField(models.PositiveSmallIntegerField())
    starts = models.TimeField()
    timer_minutes = models.PositiveSmallIntegerField(default=15)
    agenda = ArrayField(models.CharField(max_length=20))
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="schedule_once_at_a_time",
                expressions=[
                    ("centre", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("turn", RangeOperators.EQUAL),
                    (_Days("from_date", "until_date"), RangeOperators.OVERLAPS),
                ],
                violation_error_message="This huddle has a time already. Change that one.",
            ),
            models.CheckConstraint(
                condition=Q(until_date__isnull=True) | Q(until_date__gte=F("from_date")), name="schedule_ends_later"
            ),
            models.CheckConstraint(condition=Q(turn__gte=1, turn__lte=MOST_TURNS), name="schedule_turn_of_a_day"),
            models.CheckConstraint(condition=Q(timer_minutes__gte=5, timer_minutes__lte=120), name="schedule_timer"),
            models.CheckConstraint(condition=Q(weekdays__len__gte=1), name="schedule_on_some_day"),
            models.CheckConstraint(condition=Q(agenda__len__gte=1), name="schedule_has_an_agenda"),
        ]

    def __str__(self) -> str:
        return f"schedule {self.pk}"


class Huddle(models.Model):
    """One huddle of a centre's operational day. Once closed nothing of it changes (triggers); see `HuddleRecord`.

    `chair_organisation` is whom the chair worked for: turns go round employers. `lane` is the one that is open now.
    `covered` is how many lanes of the agenda were gone through, which is fidelity. `entered_late_at`: it was held while
    the service was down and written up at this instant. `closed_itself`: nobody closed it, so it ends with the last
    thing that was done in it.
    """

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="huddles")
    operational_date = models.DateField()
    kind = models.CharField(max_length=20, choices=_KINDS)
    turn = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=8, choices=[(each.value, each.value) for each in HuddleState])
    planned_at = models.DateTimeField()
    chair = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="huddles_chaired"
    )
    chair_organisation = models.ForeignKey(
        "partners.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    chair_why = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    agenda = ArrayField(models.CharField(max_length=20))
    timer_minutes = models.PositiveSmallIntegerField(default=15)
    lane = models.CharField(max_length=20, blank=True)
    covered = models.PositiveSmallIntegerField(null=True, blank=True)
    summary = models.TextField(max_length=5000, blank=True)
    entered_late_at = models.DateTimeField(null=True, blank=True)
    closed_itself = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "operational_date", "kind", "turn"],
                name="huddle_once_a_turn",
                violation_error_message="This huddle is there already.",
            ),
            models.UniqueConstraint(
                fields=["centre", "kind"],
                condition=Q(state="live"),
                name="huddle_one_of_a_kind_at_a_time",
                violation_error_message="A huddle of this kind is under way. Close it first.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "missed"], started_at__isnull=True, closed_at__isnull=True)
                | Q(state="live", started_at__isnull=False, closed_at__isnull=True)
                | Q(state="closed", started_at__isnull=False, closed_at__gte=F("started_at")),
                name="huddle_times_fit_its_state",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", covered__isnull=False) | ~Q(state="closed") & Q(covered__isnull=True),
                name="huddle_counts_when_closed",
            ),
            models.CheckConstraint(condition=Q(turn__gte=1), name="huddle_turn_counts_from_one"),
            models.CheckConstraint(condition=Q(version__gte=1), name="huddle_version_counts_from_one"),
        ]
        indexes = [
            models.Index(fields=["centre", "-planned_at"], name="huddle_by_centre"),
            models.Index(fields=["planned_at"], condition=Q(state="planned"), name="huddle_planned"),
            models.Index(fields=["chair", "-started_at"], condition=Q(chair__isnull=False), name="huddle_by_chair"),
        ]

    def __str__(self) -> str:
        return f"huddle {self.pk}"


class HuddleMove(models.Model):
    """A huddle came into a state, or its chair passed to somebody. Never changed, never removed."""

    huddle = models.ForeignKey(Huddle, on_delete=models.PROTECT, related_name="moves")
    state = models.CharField(max_length=8)
    chair = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=500, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    moved_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["huddle", "moved_at"], name="huddle_move_by_huddle")]

    def __str__(self) -> str:
        return f"huddle move {self.pk}"


class LaneVisit(models.Model):
    """A lane was opened in a huddle: what fidelity is counted from. Never changed, never removed."""

    huddle = models.ForeignKey(Huddle, on_delete=models.PROTECT, related_name="visits")
    lane = models.CharField(max_length=20)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["huddle", "opened_at"], name="lane_visit_by_huddle")]

    def __str__(self) -> str:
        return f"lane visit {self.pk}"


class Attendance(models.Model):
    """Whether a partner is at a huddle. Without a row nobody has said so. Frozen once the huddle is closed."""

    huddle = models.ForeignKey(Huddle, on_delete=models.PROTECT, related_name="attendance")
    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    here = models.BooleanField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["huddle", "organisation"], name="attendance_once_an_organisation")
        ]

    def __str__(self) -> str:
        return f"attendance {self.pk}"


class HuddleRecord(models.Model):
    """What a huddle was, frozen when it closed. `digest` is SHA-256 of `contents` in canonical JSON, in hexadecimal.

    Never changed, never removed.
    """

    huddle = models.OneToOneField(Huddle, on_delete=models.PROTECT, related_name="record")
    contents = models.JSONField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"record of huddle {self.huddle_id}"
