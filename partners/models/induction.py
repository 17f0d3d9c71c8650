"""What people go through before they may decide alone at a centre, and how far each has come."""

from datetime import date, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from nhc.clock import london_date
from partners.models.agreements import AgreementVersion
from partners.models.organisations import Centre


class InductionPack(models.Model):
    """A centre's induction: the full one, or the short one for bank staff. Its steps are in its versions."""

    class Kind(models.TextChoices):
        FULL = "full", "Full induction"
        FAST_TRACK = "fast-track", "Fast track for bank staff"

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="induction_packs")
    kind = models.CharField(max_length=12, choices=Kind)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["centre", "kind"], name="induction_pack_once_at_a_centre")]

    def __str__(self) -> str:
        return f"induction pack {self.pk}"


class InductionPackVersion(models.Model):
    """The steps of a pack. A draft until it is opened; from then nothing of it changes, its steps included.

    `edition` rises with every change of the draft, and a change names the edition it was made from.
    """

    pack = models.ForeignKey(InductionPack, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    valid_for_days = models.PositiveSmallIntegerField()
    edition = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pack", "number"], name="pack_version_number_once"),
            models.UniqueConstraint(fields=["pack"], condition=Q(opened_at__isnull=True), name="pack_one_draft"),
            models.UniqueConstraint(
                fields=["pack"],
                condition=Q(opened_at__isnull=False, superseded_at__isnull=True),
                name="pack_one_version_open",
            ),
            models.CheckConstraint(
                condition=Q(valid_for_days__gte=1, valid_for_days__lte=1096),
                name="pack_version_valid_for_days_to_years",
                violation_error_message="An induction holds for 1 to 1,096 days.",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True) | Q(superseded_at__gt=F("opened_at")),
                name="pack_version_superseded_later",
            ),
        ]

    def __str__(self) -> str:
        return f"induction pack version {self.pk}"


class InductionStep(models.Model):
    """One step. `read`: `body`, Markdown. `watch`: `address` of a film. `confirm`: tick `question`. `check`: answer it.

    A check has `options`, of which the one at `answer` (from 0) is right, and `feedback` that says why. A step that is
    `norms` shows the norms charter in force, and doing it is confirming that version.
    """

    class Kind(models.TextChoices):
        READ = "read", "Read"
        WATCH = "watch", "Watch"
        CONFIRM = "confirm", "Confirm"
        CHECK = "check", "Short check"

    version = models.ForeignKey(InductionPackVersion, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    title = models.CharField(max_length=120)
    body = models.TextField(max_length=20_000, blank=True)
    address = models.URLField(max_length=300, blank=True)
    question = models.CharField(max_length=300, blank=True)
    options = ArrayField(models.CharField(max_length=200), default=list, blank=True, size=6)
    answer = models.PositiveSmallIntegerField(null=True, blank=True)
    feedback = models.CharField(max_length=500, blank=True)
    norms = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "position"], name="step_position_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["version"], condition=Q(norms=True), name="step_one_for_norms"),
            models.CheckConstraint(condition=~Q(title=""), name="step_has_a_title"),
            models.CheckConstraint(
                condition=~Q(kind="check")
                | Q(options__len__gte=2, answer__isnull=False, answer__lt=F("options__len"))
                & ~Q(question="")
                & ~Q(feedback=""),
                name="step_check_can_be_answered",
                violation_error_message="A check needs a question, two options or more, one of them right, and why.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="confirm") | ~Q(question=""),
                name="step_confirm_says_what",
                violation_error_message="Say what is confirmed.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="watch") | Q(address__startswith="https://"),
                name="step_watch_says_where",
                violation_error_message="Give the address of the film, starting with https://",
            ),
        ]

    def __str__(self) -> str:
        return f"induction step {self.pk}"


class Induction(models.Model):
    """A person's way through one version of a pack. Completing it says until when it holds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="inductions")
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="inductions")
    version = models.ForeignKey(InductionPackVersion, on_delete=models.PROTECT, related_name="inductions")
    started_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "version"],
                condition=Q(completed_at__isnull=True),
                name="induction_one_under_way",
            ),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True, expires_at__isnull=True)
                | Q(completed_at__gte=F("started_at"), expires_at__gt=F("completed_at")),
                name="induction_completed_until",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "centre", "-expires_at"], name="induction_by_person"),
            models.Index(fields=["centre", "expires_at"], name="induction_by_centre"),
        ]

    def __str__(self) -> str:
        return f"induction {self.pk}"

    @property
    def last_day(self) -> date | None:
        """Return the last day on which it holds, in Europe/London."""
        return None if self.expires_at is None else london_date(self.expires_at - timedelta(microseconds=1))


class InductionStepDone(models.Model):
    """A step that a person has done, once. Wrong answers to a check are not kept: it is for learning."""

    induction = models.ForeignKey(Induction, on_delete=models.PROTECT, related_name="done")
    step = models.ForeignKey(InductionStep, on_delete=models.PROTECT, related_name="done")
    done_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["induction", "step"], name="step_done_once")]

    def __str__(self) -> str:
        return f"step done {self.pk}"


class NormsConfirmation(models.Model):
    """A person has read one version of a centre's norms charter and keeps to it. Never changed, never removed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="norms_confirmed")
    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="confirmations")
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "version"], name="norms_confirmed_once")]
        indexes = [models.Index(fields=["version", "user"], name="confirmation_by_version")]

    def __str__(self) -> str:
        return f"confirmation {self.pk}"
