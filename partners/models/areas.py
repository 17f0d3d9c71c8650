"""Areas above the centres, and who reads their centres' dashboards."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from partners.models.constraints import no_overlap, no_overlap_in_time
from partners.models.organisations import Centre


class Area(models.Model):
    """A neighbourhood, a place or an integrated care board. It lies above centres and employs nobody."""

    class Kind(models.TextChoices):
        NEIGHBOURHOOD = "neighbourhood", "Neighbourhood"
        PLACE = "place", "Place"
        INTEGRATED_CARE_BOARD = "integrated_care_board", "Integrated care board"

    code = models.SlugField(
        max_length=64, unique=True, validators=[RegexValidator(r"\A[a-z0-9][a-z0-9-]*\Z", "Use small letters.")]
    )
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=24, choices=Kind)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9][a-z0-9-]*$"), name="area_code_shape"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="area_is_not_part_of_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AreaCentre(models.Model):
    """A centre lies in an area from a date until (not including) another. It may lie in several areas."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="centres")
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="areas")
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            no_overlap(
                "centre_in_an_area_once_at_a_time",
                "area",
                "centre",
                starts="from_date",
                ends="until_date",
                message="The centre already lies in this area in that time.",
            ),
            models.CheckConstraint(
                condition=Q(until_date__isnull=True) | Q(until_date__gt=F("from_date")),
                name="area_centre_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.centre_id} in {self.area_id}"


class AreaAppointment(models.Model):
    """A person reads the dashboards of an area's centres, and of its parts, under the small-number rule."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="appointments")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            no_overlap_in_time(
                "appointed_to_an_area_once_at_a_time",
                "user",
                "area",
                message="The person already reads this area in that time.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="area_appointment_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"appointment {self.pk}"
