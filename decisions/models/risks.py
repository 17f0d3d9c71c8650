"""Shared risks: owned by a forum and by named organisations together."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from decisions.lifecycle import RiskState
from decisions.models.forums import Forum

LEAST, MOST = 1, 5


class Risk(models.Model):
    """A risk that partners share. `likelihood` and `impact` are of the last review, each from 1 to 5.

    `version` rises with every change, and a change names the version it was made from.
    """

    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="risks")
    title = models.CharField(max_length=120)
    words = models.TextField(max_length=5000)
    likelihood = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    review_on = models.DateField()
    state = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in RiskState], default=RiskState.OPEN
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title="") & ~Q(words=""), name="risk_says_something"),
            models.CheckConstraint(
                condition=Q(likelihood__gte=LEAST, likelihood__lte=MOST, impact__gte=LEAST, impact__lte=MOST),
                name="risk_scored_from_one_to_five",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="risk_version_counts_from_one"),
            models.CheckConstraint(condition=Q(state__in=list(RiskState)), name="risk_state_known"),
        ]
        indexes = [models.Index(fields=["forum", "state"], name="risk_by_forum")]

    def __str__(self) -> str:
        return f"risk {self.pk}"

    @property
    def score(self) -> int:
        """Return likelihood times impact: 1 to 25."""
        return self.likelihood * self.impact


class RiskHolder(models.Model):
    """An organisation that holds a risk together with others. `carries` says what of it lands on them.

    A risk has a holder at every instant (a deferred trigger). Only the end is ever set, once.
    """

    risk = models.ForeignKey(Risk, on_delete=models.PROTECT, related_name="holders")
    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="risks_held")
    carries = models.CharField(max_length=500, blank=True)
    since_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["risk", "organisation"],
                condition=Q(until_at__isnull=True),
                name="risk_held_once_by_an_organisation",
                violation_error_message="The organisation holds this risk already.",
            ),
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gte=F("since_at")), name="risk_held_until_later"
            ),
        ]

    def __str__(self) -> str:
        return f"risk holder {self.pk}"


class RiskControl(models.Model):
    """What is done about a risk, and by whom. In place from `in_place_at`, until then planned; ended ones stay."""

    risk = models.ForeignKey(Risk, on_delete=models.PROTECT, related_name="controls")
    words = models.CharField(max_length=500)
    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    added_at = models.DateTimeField()
    in_place_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="risk_control_says_something"),
            models.CheckConstraint(
                condition=Q(in_place_at__isnull=True) | Q(in_place_at__gte=F("added_at")), name="risk_control_in_order"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("added_at")), name="risk_control_ended_later"
            ),
        ]

    def __str__(self) -> str:
        return f"risk control {self.pk}"


class RiskReview(models.Model):
    """How a risk stood when it was opened, reviewed, closed or opened again. Never changed, never removed."""

    risk = models.ForeignKey(Risk, on_delete=models.PROTECT, related_name="reviews")
    state = models.CharField(max_length=10)
    likelihood = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    words = models.TextField(max_length=5000)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="risk_review_says_something"),
            models.CheckConstraint(
                condition=Q(likelihood__gte=LEAST, likelihood__lte=MOST, impact__gte=LEAST, impact__lte=MOST),
                name="risk_review_scored_from_one_to_five",
            ),
        ]
        indexes = [models.Index(fields=["risk", "reviewed_at"], name="risk_review_by_risk")]

    def __str__(self) -> str:
        return f"risk review {self.pk}"

    @property
    def score(self) -> int:
        """Return likelihood times impact: 1 to 25."""
        return self.likelihood * self.impact
