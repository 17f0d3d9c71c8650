"""Who the partners are and where they work together."""

from datetime import time

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from partners.models.constraints import no_overlap

organisation_code = RegexValidator(
    r"\A[A-Z0-9]{2,12}\Z", "Use 2 to 12 capital letters and digits, as the Organisation Data Service does."
)


class Organisation(models.Model):
    """An employer or community body. `code` is its ODS code, or a local code that starts with L where it has none.

    Codes are never used again for another organisation; a merger names the successor.
    """

    class Sector(models.TextChoices):
        NHS_TRUST = "nhs_trust", "NHS trust"
        PRIMARY_CARE = "primary_care", "General practice and primary care"
        LOCAL_AUTHORITY = "local_authority", "Council"
        VCFSE = "vcfse", "Charity, community or social enterprise"
        SOCIAL_CARE = "social_care", "Social care"
        PHARMACY = "pharmacy", "Pharmacy"
        AMBULANCE = "ambulance", "Ambulance service"
        HOUSING = "housing", "Housing"
        OTHER = "other", "Other"

    code = models.CharField(max_length=12, unique=True, validators=[organisation_code])
    ods_code = models.CharField(max_length=12, blank=True)
    name = models.CharField(max_length=200)
    sector = models.CharField(max_length=20, choices=Sector)
    successor = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="predecessors")
    demonstration = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ods_code"], condition=~Q(ods_code=""), name="organisation_ods_code_once"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z0-9]{2,12}$"),
                name="organisation_code_shape",
                violation_error_message="Use 2 to 12 capital letters and digits.",
            ),
            models.CheckConstraint(
                condition=Q(successor__isnull=True) | ~Q(successor=F("id")),
                name="organisation_not_own_successor",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Centre(models.Model):
    """A building where partners work as one. The operational day starts at `day_starts`, Europe/London."""

    class Kind(models.TextChoices):
        PILOT = "pilot", "Pilot"
        COMPARISON = "comparison", "Comparison"

    class Figures(models.TextChoices):
        LIVE = "live", "Partners' own figures"
        MADE_UP = "made_up", "Made-up figures for demonstration"
        PUBLISHED = "published", "Published figures"

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    ods_site_code = models.CharField(max_length=12, blank=True)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PILOT)
    day_starts = models.TimeField(default=time(7, 0))
    population = models.PositiveIntegerField(null=True, blank=True)
    figures = models.CharField(max_length=12, choices=Figures, default=Figures.LIVE)
    figures_note = models.CharField(
        max_length=300,
        blank=True,
        help_text="Where the figures come from and under which licence, shown on every page.",
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ods_site_code"], condition=~Q(ods_site_code=""), name="centre_ods_site_code_once"
            ),
            models.CheckConstraint(condition=Q(slug__regex=r"^[a-z0-9][a-z0-9-]*$"), name="centre_slug_shape"),
        ]

    def __str__(self) -> str:
        return self.name


class Partnership(models.Model):
    """An organisation at a centre, from a date until (not including) another. A table of equals: no hierarchy."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="partnerships")
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="partnerships")
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            no_overlap(
                "partnership_once_at_a_time",
                "organisation",
                "centre",
                starts="from_date",
                ends="until_date",
                message="This organisation is already a partner of the centre in that time.",
            ),
            models.CheckConstraint(
                condition=Q(until_date__isnull=True) | Q(until_date__gt=F("from_date")),
                name="partnership_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["centre", "organisation"], name="partnership_by_centre")]

    def __str__(self) -> str:
        return f"{self.organisation_id} at {self.centre_id}"


class Team(models.Model):
    """An organisation's team at a centre. The backbone team co-ordinates and sends what the work itself counts.

    `hours`, `place` and `email` (a shared mailbox, never a person's own) are words for the directory. `version` rises
    with every change, and a change names the version it was made from.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="teams")
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=300, blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    place = models.CharField(max_length=120, blank=True)
    hours = models.CharField(max_length=200, blank=True)
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    version = models.PositiveIntegerField(default=1)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "name"],
                name="team_name_once_at_a_centre",
                violation_error_message="Another team of the centre has this name. Choose a different one.",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="team_version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return self.name
