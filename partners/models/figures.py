"""Submissions and the append-only history of observations that they made."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from nhc.identity import uuid7
from partners.models.contract import Measure, MeasureVersion
from partners.models.keys import ApiKey
from partners.models.organisations import Centre, Organisation


class Submission(models.Model):
    """One file or message of figures for one centre: stored whole or not at all.

    `counts`, `periods`, `warnings` and `errors` are members of the REST contract's answer, as they were when it ended.
    """

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        PROCESSING = "processing", "Processing"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        FAILED = "failed", "Failed"

    class Mode(models.TextChoices):
        MERGE = "merge", "Merge"
        REPLACE = "replace", "Replace"

    id = models.UUIDField(primary_key=True, default=uuid7)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="submissions")
    centre = models.ForeignKey(Centre, null=True, on_delete=models.PROTECT, related_name="submissions")
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.MERGE)
    media_type = models.CharField(max_length=80)
    reason = models.CharField(max_length=500, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12, choices=State)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+")
    system_name = models.CharField(max_length=60, blank=True)
    counts = models.JSONField(default=dict)
    periods = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    errors = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["received", "processing"], processed_at__isnull=True)
                | Q(state__in=["accepted", "rejected", "failed"], processed_at__isnull=False),
                name="submission_finished_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(centre__isnull=False) | Q(state="rejected"), name="submission_without_centre_is_rejected"
            ),
        ]
        indexes = [
            models.Index(F("organisation"), F("received_at").desc(), F("id").desc(), name="submission_newest_first"),
            models.Index(
                fields=["received_at"],
                condition=Q(state__in=["received", "processing"]),
                name="submission_waiting",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SubmissionBody(models.Model):
    """What was uploaded, encrypted, for 30 days (24 hours where it was rejected), shown to nobody but the sender."""

    submission = models.OneToOneField(Submission, primary_key=True, on_delete=models.CASCADE, related_name="body")
    ciphertext = models.BinaryField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="body_by_expiry")]

    def __str__(self) -> str:
        return f"body of {self.submission_id}"


class SubmissionErrors(models.Model):
    """Every error of a rejected submission, as the compressed lines of its errors.csv."""

    submission = models.OneToOneField(Submission, primary_key=True, on_delete=models.CASCADE, related_name="error_list")
    lines = models.BinaryField()

    def __str__(self) -> str:
        return f"errors of {self.submission_id}"


class Revision(models.Model):
    """A point in a centre's history: one accepted change, in the order in which they became visible.

    `seq` is taken while the centre's advisory lock is held until commit, so a smaller number at a centre is never seen
    after a larger one. `visible_at` is the database's clock at the end of the merge.
    """

    seq = models.BigAutoField(primary_key=True)
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="revisions")
    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="revision")
    visible_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["centre", "visible_at", "seq"], name="revision_by_time")]

    def __str__(self) -> str:
        return str(self.seq)


class Observation(models.Model):
    """One figure as one organisation sent it. A change closes the row and adds another; nothing is updated in place.

    Totals have an empty dimension and category. The open rows (`closed_seq` null) are what holds now; the rows open at
    revision r are those with `opened_seq <= r < closed_seq`. A trigger checks the references of all rows of a
    statement at once, where constraints would check each row.
    """

    class State(models.TextChoices):
        REPORTED = "reported", "Reported"
        NONE_OFFERED = "none_offered", "None offered"
        NOT_COLLECTED = "not_collected", "Not collected"
        WITHHELD = "withheld", "Withheld"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    measure = models.ForeignKey(
        Measure, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    version = models.ForeignKey(
        MeasureVersion, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    period_start = models.DateField()
    dimension = models.CharField(max_length=32, blank=True)
    category = models.CharField(max_length=16, blank=True)
    state = models.CharField(max_length=16, choices=State)
    numerator = models.DecimalField(max_digits=22, decimal_places=6, null=True)
    denominator = models.DecimalField(max_digits=22, decimal_places=6, null=True)
    reason = models.CharField(max_length=300, blank=True)
    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, related_name="observations", db_constraint=False, db_index=False
    )
    opened_seq = models.BigIntegerField()
    closed_seq = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "measure", "period_start", "organisation", "dimension", "category"],
                condition=Q(closed_seq__isnull=True),
                name="observation_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state="reported", numerator__isnull=False)
                | ~Q(state="reported") & Q(numerator__isnull=True, denominator__isnull=True),
                name="observation_figures_only_when_reported",
            ),
            models.CheckConstraint(
                condition=Q(numerator__isnull=True) | Q(numerator__gte=0),
                name="observation_numerator_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(denominator__isnull=True) | Q(denominator__gte=0),
                name="observation_denominator_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(closed_seq__isnull=True) | Q(closed_seq__gt=F("opened_seq")),
                name="observation_closes_later",
            ),
        ]
        indexes = [
            # History at a revision, and what a submission made.
            models.Index(
                fields=["centre", "measure", "period_start"],
                condition=Q(closed_seq__isnull=False),
                name="observation_closed",
            ),
            models.Index(fields=["submission"], name="observation_by_submission"),
        ]

    def __str__(self) -> str:
        return f"observation {self.pk}"


class DirtySlot(models.Model):
    """A (centre, measure, period), or one cell of it, whose roll-up no longer follows from the observations.

    Written in the transaction of the change, removed in the transaction that writes the roll-up; never a watermark.
    Without a dimension and category the mark is for every cell; with them (both empty for the total) for that one.
    """

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="+", db_index=False)
    measure = models.ForeignKey(Measure, on_delete=models.CASCADE, related_name="+", db_index=False)
    period_start = models.DateField()
    dimension = models.CharField(max_length=32, null=True)  # noqa: DJ001  (empty names the total)
    category = models.CharField(max_length=16, null=True)  # noqa: DJ001  (as its dimension)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(dimension__isnull=True, category__isnull=True)
                | Q(dimension__isnull=False, category__isnull=False),
                name="dirty_slot_or_one_cell",
            )
        ]
        indexes = [models.Index(fields=["centre", "id"], name="dirty_by_centre")]

    def __str__(self) -> str:
        return f"dirty slot {self.pk}"


class IdempotencyRecord(models.Model):
    """The first answer to a keyed request, for 30 days. Written in the transaction of the work it answers."""

    caller = models.CharField(max_length=60, help_text="The API key's prefix, or the person and organisation.")
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    submission = models.ForeignKey(Submission, null=True, on_delete=models.CASCADE, related_name="+")
    contract_revision = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["expires_at"], name="idempotency_by_expiry")]

    def __str__(self) -> str:
        return f"idempotency record {self.pk}"
