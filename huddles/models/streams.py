"""Ways in which a centre takes a referral further, and the team that receives referrals."""

from django.db import models
from django.db.models import F, Q

from huddles.models.constraints import once_at_a_time


class Stream(models.Model):
    """One way in which a centre takes a referral further. Triage sends every referral into one.

    A stream that is retired (`active` false) takes no new referral and keeps those that it has.
    """

    class How(models.TextChoices):
        MEETS = "meets", "Weekly multidisciplinary meeting"
        OUTREACH = "outreach", "Outreach"
        SINGLE = "single", "A single professional"
        JOINT = "joint", "Joint prompt action"

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="streams")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    what_for = models.CharField(max_length=200, blank=True)
    how = models.CharField(max_length=10, choices=How)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "code"],
                name="stream_code_once_at_a_centre",
                violation_error_message="The centre has a stream with this name already. Choose another.",
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9][a-z0-9-]*$"), name="stream_code_shape"),
            models.CheckConstraint(condition=~Q(name=""), name="stream_has_a_name"),
            models.CheckConstraint(condition=Q(version__gte=1), name="stream_version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return self.name


class FrontDoor(models.Model):
    """The team that receives a centre's referrals, from an instant until another. One at a time; none is a closed door.

    `self_referral`: whether people and carers may refer themselves on the public page.
    """

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="front_doors")
    team = models.ForeignKey("partners.Team", on_delete=models.PROTECT, related_name="front_doors")
    self_referral = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            once_at_a_time(
                "front_door_one_at_a_time", "centre", message="Another team is the front door at that time."
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="front_door_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"front door {self.pk}"
