"""Local pressure levels: what teams declare, and from which thresholds a level is calculated beside it."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class PressureThresholds(models.Model):
    """A version of a centre's thresholds (`huddles.levels`), in force from an instant until the next one's.

    Never changed, never removed: a level of last month is still explained by what was in force then.
    """

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="pressure_thresholds")
    number = models.PositiveIntegerField()
    parts = models.JSONField()
    reason = models.CharField(max_length=300)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["centre", "number"], name="thresholds_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="thresholds_count_from_one"),
            models.CheckConstraint(condition=~Q(reason=""), name="thresholds_have_a_reason"),
        ]

    def __str__(self) -> str:
        return f"thresholds {self.pk}"


class PressureLevel(models.Model):
    """A team declared its level, 1 to 4, at an instant. The newest of an operational day stands; all are kept."""

    team = models.ForeignKey("partners.Team", on_delete=models.PROTECT, related_name="pressure_levels")
    operational_date = models.DateField()
    level = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=200, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()
    form_key = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=4),
                name="pressure_level_one_to_four",
                violation_error_message="A level is a number from 1 to 4.",
            )
        ]
        indexes = [models.Index(fields=["team", "operational_date", "-declared_at"], name="pressure_by_team")]

    def __str__(self) -> str:
        return f"pressure level {self.pk}"
