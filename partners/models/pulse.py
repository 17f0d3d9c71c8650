"""The norms pulse: three questions a month whose answers nobody can lead back to a person.

Who has answered and what was answered stand in two tables with the round alone in common. Answers are one row of
counts a round, rewritten by every answer: there is no row, order, time or transaction of one person's answers to find.
"""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from partners.models.organisations import Centre

QUESTIONS = 3
CHOICES = 5
"""From strongly disagree to strongly agree."""


def no_answers() -> list[int]:
    """Return the counts of a round that nobody has answered."""
    return [0] * (QUESTIONS * CHOICES)


class PulseRound(models.Model):
    """A month's pulse at a centre. Open until `closes_at`; `closed_at` is when its figures were sent."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="pulse_rounds")
    month = models.DateField(help_text="Its first day.")
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["centre", "month"], name="pulse_once_a_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="pulse_month_by_its_first_day"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opened_at")), name="pulse_closes_after_opening"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("closes_at")), name="pulse_not_closed_early"
            ),
        ]

    def __str__(self) -> str:
        return f"pulse round {self.pk}"


class PulseTally(models.Model):
    """How often each choice was made in a round: for question q and choice c, from 0, the entry q * 5 + c."""

    round = models.OneToOneField(PulseRound, on_delete=models.PROTECT, related_name="tally")
    counts = ArrayField(models.PositiveIntegerField(), default=no_answers, size=QUESTIONS * CHOICES)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(counts__len=QUESTIONS * CHOICES), name="pulse_tally_is_whole")
        ]

    def __str__(self) -> str:
        return f"pulse tally {self.pk}"


class PulseParticipation(models.Model):
    """A person has answered a round: without a time and with a random key, so without an order. Gone at the close."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    round = models.ForeignKey(PulseRound, on_delete=models.PROTECT, related_name="participations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "user"], name="pulse_answered_once")]

    def __str__(self) -> str:
        return f"participation {self.pk}"
