"""What the partners want for people here, from the board's agreed outcomes down to the measures that show it."""

from django.db import models
from django.db.models import F, Q

from decisions.models.forums import Forum


class Outcome(models.Model):
    """An outcome that the board agreed on, in plain words. Retired ones stay.

    `version` rises with every change, and a change names the version it was made from.
    """

    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="outcomes")
    title = models.CharField(max_length=120)
    words = models.TextField(max_length=2000, blank=True)
    position = models.PositiveIntegerField()
    agreed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="outcome_has_a_title"),
            models.CheckConstraint(condition=Q(version__gte=1), name="outcome_version_counts_from_one"),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(retired_at__gte=F("agreed_at")), name="outcome_retired_later"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Priority(models.Model):
    """What the partners do first towards an outcome, and by which measures they see whether it works."""

    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="priorities")
    title = models.CharField(max_length=120)
    words = models.TextField(max_length=2000, blank=True)
    position = models.PositiveIntegerField()
    set_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="priority_has_a_title"),
            models.CheckConstraint(condition=Q(version__gte=1), name="priority_version_counts_from_one"),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(retired_at__gte=F("set_at")), name="priority_retired_later"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PriorityMeasure(models.Model):
    """A measure that shows whether a priority works."""

    priority = models.ForeignKey(Priority, on_delete=models.CASCADE, related_name="measures")
    measure = models.ForeignKey("partners.Measure", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["priority", "measure"], name="priority_measure_once")]

    def __str__(self) -> str:
        return f"measure of priority {self.priority_id}"
