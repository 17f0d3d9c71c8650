"""Acts outside a guardrail: recorded with a reason, reviewed every week, and perhaps a change of the grid."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import MD5, Coalesce

from decisions.models.grids import GridVersion, Scenario


class Override(models.Model):
    """Somebody acted outside what the grid in force allowed, and says why.

    It is reviewed once, and once becomes a proposal: `proposal` is the draft that was marked. Otherwise never changed
    nor removed. `amount` is in the scenario's `limit_unit`.
    """

    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="overrides")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("partners.Team", on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    reason = models.CharField(max_length=1000)
    recorded_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    review_words = models.CharField(max_length=1000, blank=True)
    proposal = models.ForeignKey(
        GridVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="from_overrides"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason"),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0), name="override_amount_not_below_zero"
            ),
            models.CheckConstraint(condition=Q(recorded_at__gte=F("at")), name="override_recorded_after_the_act"),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True, review_words="")
                | Q(reviewed_at__gte=F("recorded_at"), reviewed_by__isnull=False) & ~Q(review_words=""),
                name="override_reviewed_in_words",
            ),
            models.CheckConstraint(
                condition=~Q(reviewed_by=F("user")),
                name="override_reviewed_by_somebody_else",
                violation_error_message="Somebody other than the person who acted reviews it.",
            ),
            models.UniqueConstraint(
                "scenario",
                "user",
                "team",
                "at",
                Coalesce("amount", Value(Decimal(-1))),
                MD5("reason"),
                name="override_of_one_act_once",
                violation_error_message="This act is stored already.",
            ),
        ]
        indexes = [
            models.Index(fields=["scenario", "-at"], name="override_by_scenario"),
            models.Index(fields=["recorded_at"], condition=Q(reviewed_at__isnull=True), name="override_to_review"),
        ]

    def __str__(self) -> str:
        return f"override {self.pk}"
