"""Rounds of consent: what each partner says to a version of the grid, until a deadline."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from decisions.lifecycle import ConsentAnswerKind, RoundOutcome
from decisions.models.grids import GridVersion


class ConsentRound(models.Model):
    """A version put to every partner of the centre until `deadline`. It closes once, with an outcome."""

    version = models.ForeignKey(GridVersion, on_delete=models.PROTECT, related_name="rounds")
    opened_at = models.DateTimeField()
    deadline = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, blank=True, choices=[(each.value, each.value) for each in RoundOutcome])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version"],
                condition=Q(closed_at__isnull=True),
                name="consent_one_round_open",
                violation_error_message="A round of consent is open already.",
            ),
            models.CheckConstraint(condition=Q(deadline__gt=F("opened_at")), name="consent_deadline_after_opening"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="") | Q(closed_at__gte=F("opened_at")) & ~Q(outcome=""),
                name="consent_closed_with_an_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["deadline"], condition=Q(closed_at__isnull=True), name="consent_round_due"),
        ]

    def __str__(self) -> str:
        return f"consent round {self.pk}"


class ConsentAnswer(models.Model):
    """What a partner says in a round, by a named person; the newest counts. Never changed, never removed.

    `no_answer` is written when the round closes, by nobody, with how many reminders those who speak for the
    organisation had: none where nobody speaks for it.
    """

    round = models.ForeignKey(ConsentRound, on_delete=models.PROTECT, related_name="answers")
    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=16, choices=[(each.value, each.value) for each in ConsentAnswerKind])
    reason = models.CharField(max_length=1000, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField()
    reminders = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="no_answer", user__isnull=True, reminders__isnull=False)
                | ~Q(answer="no_answer") & Q(user__isnull=False, reminders__isnull=True),
                name="consent_answered_by_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(answer="object") | ~Q(reason=""),
                name="consent_objection_has_a_reason",
                violation_error_message="Say why, so that the partnership group can decide.",
            ),
        ]
        indexes = [models.Index(fields=["round", "organisation", "-answered_at"], name="consent_answer_newest")]

    def __str__(self) -> str:
        return f"consent answer {self.pk}"
