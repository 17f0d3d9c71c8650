"""The shared data contract: measures and their versions, which centres collect them, who owes what and when."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from partners.models.constraints import no_overlap
from partners.models.organisations import Centre, Organisation


class PeriodType(models.TextChoices):
    """How often a measure is counted. The type decides how a period's name is read (`partners.periods`)."""

    DAY = "day", "Day"
    WEEK = "week", "Week"
    MONTH = "month", "Month"
    QUARTER = "quarter", "Quarter"
    FINANCIAL_QUARTER = "financial_quarter", "Financial quarter"
    YEAR = "year", "Year"
    FINANCIAL_YEAR = "financial_year", "Financial year"


class Measure(models.Model):
    """Something the network counts, accountable to all of it and never to one team or person."""

    code = models.SlugField(
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"\A[a-z0-9][a-z0-9-]*\Z", "Use small letters and hyphens.")],
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9][a-z0-9-]*$"), name="measure_code_shape")
        ]

    def __str__(self) -> str:
        return self.code


class MeasureVersion(models.Model):
    """What a measure means for periods that start in `[starts, ends)`. They never overlap; a period's start picks one.

    Values are `numerator / denominator`, or the numerator where there is no denominator. `multiplier` is for people to
    read: 100 for per cent, 1000 for a rate per thousand. `breakdowns` names the dimensions that may be sent.
    """

    class Unit(models.TextChoices):
        PROPORTION = "proportion", "Proportion"
        RATE = "rate", "Rate"
        COUNT = "count", "Count"
        MEAN = "mean", "Mean"

    class Aggregation(models.TextChoices):
        SUM = "sum", "Sum"
        RATIO_OF_SUMS = "ratio_of_sums", "Sum over sum"
        NONE = "none", "Cannot be added"

    class Improvement(models.TextChoices):
        INCREASE = "increase", "Higher is better"
        DECREASE = "decrease", "Lower is better"
        NEUTRAL = "neutral", "Neither"

    class Disclosure(models.TextChoices):
        HES = "hes", "1 to 7 hidden, the rest rounded to 5"
        NONE = "none", "Already published nationally"

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)
    title = models.CharField(max_length=120)
    definition = models.TextField()
    numerator_label = models.CharField(max_length=200)
    denominator_label = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=12, choices=Unit)
    unit_label = models.CharField(
        max_length=40, blank=True, help_text="What a value is called, such as days or visits."
    )
    multiplier = models.PositiveIntegerField(default=1)
    whole_numbers = models.BooleanField(default=True)
    aggregation = models.CharField(max_length=16, choices=Aggregation)
    period_type = models.CharField(max_length=20, choices=PeriodType)
    breakdowns = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    improvement = models.CharField(max_length=10, choices=Improvement)
    target = models.FloatField(null=True, blank=True)
    disclosure = models.CharField(max_length=8, choices=Disclosure, default=Disclosure.HES)
    imd_version = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=300, blank=True, help_text="Publication and licence of figures not our own.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["measure", "number"], name="measure_version_number_once"),
            no_overlap(
                "measure_versions_do_not_overlap",
                "measure",
                starts="starts",
                ends="ends",
                message="Another version of this measure covers some of these dates.",
            ),
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gt=F("starts")), name="version_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(aggregation="ratio_of_sums") | ~Q(denominator_label=""),
                name="ratio_has_a_denominator",
            ),
            models.CheckConstraint(
                condition=~Q(unit__in=["proportion", "rate", "mean"]) | ~Q(denominator_label=""),
                name="unit_has_its_denominator",
            ),
            models.CheckConstraint(
                condition=~Q(aggregation="sum") | Q(denominator_label=""), name="sum_has_no_denominator"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"

    @property
    def has_denominator(self) -> bool:
        """Whether a figure is a pair."""
        return self.denominator_label != ""


class Collection(models.Model):
    """A centre collects a measure, for periods that start in `[from_date, until_date)`."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="collections")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="collections")
    position = models.PositiveIntegerField(default=0)
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            no_overlap(
                "collection_once_at_a_time",
                "centre",
                "measure",
                starts="from_date",
                ends="until_date",
                message="The centre already collects this measure in that time.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure_id} at {self.centre_id}"


class Return(models.Model):
    """What an organisation owes a centre for every period: due `due_after_days` after the period's last day.

    A period is closed to changes only where `closes_after_days` is set; by default none ever closes.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="returns")
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="returns")
    period_type = models.CharField(max_length=20, choices=PeriodType, default=PeriodType.MONTH)
    due_after_days = models.PositiveSmallIntegerField(default=14)
    closes_after_days = models.PositiveSmallIntegerField(null=True, blank=True)
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            no_overlap(
                "return_once_at_a_time",
                "organisation",
                "centre",
                "period_type",
                starts="from_date",
                ends="until_date",
                message="This organisation already owes such a return in that time.",
            )
        ]
        indexes = [models.Index(fields=["centre", "organisation"], name="return_by_centre")]

    def __str__(self) -> str:
        return f"return {self.pk}"


class ReturnMeasure(models.Model):
    """One measure of a return."""

    owed_in = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="measures")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="owed_in")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owed_in", "measure"], name="measure_once_in_a_return")]
        indexes = [models.Index(fields=["measure", "owed_in"], name="return_by_measure")]

    def __str__(self) -> str:
        return f"{self.measure_id} in {self.owed_in_id}"


class ContractRevision(models.Model):
    """One row that counts changes of measures, collections, returns and partnerships; triggers raise it.

    A kept rejection is answered again only while this number stands (REST contract, idempotency).
    """

    number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="contract_revision_is_one_row")]

    def __str__(self) -> str:
        return str(self.number)
