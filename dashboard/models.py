"""Roll-ups and the ledger of runs that made them; rebases and annotations of charts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class RollupRun(models.Model):
    """One run of the roll-up. Nights are a ledger: one row for each London date, whatever schedulers and workers do.

    `fence` rises with every claim; a worker whose fence is not the row's has lost the run and may write nothing.
    """

    class Kind(models.TextChoices):
        NIGHT = "night", "Night run"
        DRAIN = "drain", "Daytime catch-up"
        FULL = "full", "Full rebuild"

    class State(models.TextChoices):
        DUE = "due", "Due"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=8, choices=Kind)
    business_date = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    fence = models.BigIntegerField(default=0)
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    slots = models.BigIntegerField(default=0)
    rows_written = models.BigIntegerField(default=0)
    differences = models.BigIntegerField(default=0, help_text="Rows where the check found another figure than stored.")
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["business_date"], condition=Q(kind="night"), name="one_night_run_a_date"),
            models.CheckConstraint(
                condition=~Q(state="succeeded") | Q(finished_at__isnull=False),
                name="run_succeeded_has_finished",
            ),
        ]
        indexes = [models.Index(fields=["kind", "business_date"], name="run_by_date")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.business_date}"


class RollupShard(models.Model):
    """One centre's share of a run. Workers claim shards; a shard whose worker died is claimed again."""

    class State(models.TextChoices):
        DUE = "due", "Due"
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    run = models.ForeignKey(RollupRun, on_delete=models.CASCADE, related_name="shards")
    centre = models.ForeignKey("partners.Centre", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.DUE)
    fence = models.BigIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    slots = models.BigIntegerField(default=0)
    rows_written = models.BigIntegerField(default=0)
    differences = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "centre"], name="one_shard_a_centre")]
        indexes = [models.Index(fields=["run", "state"], name="shard_by_state")]

    def __str__(self) -> str:
        return f"shard {self.pk}"


class Rollup(models.Model):
    """All organisations of a centre together: one row for each key that has an open observation.

    Derived: a full rebuild makes the same table again, so rows hold no foreign-key constraints. `value` is numerator
    over
    denominator (or the numerator alone) as a float of the exact sums; limits are 95 per cent. Figures are exact; what a
    reader may see is decided on the way out (`dashboard.disclosure`).
    """

    pk = models.CompositePrimaryKey("centre", "measure", "period_start", "dimension", "category")
    centre = models.ForeignKey("partners.Centre", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    measure = models.ForeignKey("partners.Measure", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    version = models.ForeignKey(
        "partners.MeasureVersion", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    period_start = models.DateField()
    dimension = models.CharField(max_length=32)
    category = models.CharField(max_length=16)
    numerator = models.DecimalField(max_digits=28, decimal_places=6, null=True)
    denominator = models.DecimalField(max_digits=28, decimal_places=6, null=True)
    value = models.FloatField(null=True)
    lower = models.FloatField(null=True)
    upper = models.FloatField(null=True)
    organisations_expected = models.PositiveIntegerField()
    organisations_reported = models.PositiveIntegerField()
    run = models.ForeignKey(RollupRun, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)

    def __str__(self) -> str:
        return f"{self.centre_id} {self.measure_id} {self.period_start}"


class Rebase(models.Model):
    """From this period the chart starts a new step, with the reason and who agreed. Never because a run looks nice."""

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="+")
    measure = models.ForeignKey("partners.Measure", on_delete=models.PROTECT, related_name="+")
    date = models.DateField(help_text="First day of the first period of the new step.")
    reason = models.CharField(max_length=300)
    agreed_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "measure", "date"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_rebase_a_period",
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(agreed_by=""), name="rebase_has_reason_and_agreement"),
        ]

    def __str__(self) -> str:
        return f"rebase of {self.date}"


class Annotation(models.Model):
    """Something that happened, marked on the chart at its date: it explains and changes no statistic."""

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="+")
    measure = models.ForeignKey("partners.Measure", on_delete=models.PROTECT, related_name="+")
    date = models.DateField()
    text = models.CharField(max_length=300)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="annotation_has_text")]
        indexes = [models.Index(fields=["centre", "measure", "date"], name="annotation_by_chart")]

    def __str__(self) -> str:
        return f"annotation of {self.date}"
