"""Employment is not membership: who pays and manages a person, and where they work."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from nhc.access import role_choices
from partners.models.organisations import Organisation, Team


class Employment(models.Model):
    """A person's employer. A person may have two, or none (a volunteer)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="employments")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="employments")
    line_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="manages"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="employment_ends_after_start",
            )
        ]
        indexes = [models.Index(fields=["user", "organisation"], name="employment_by_user")]

    def __str__(self) -> str:
        return f"employment {self.pk}"


class Membership(models.Model):
    """A person's role in a team at a centre. Access lapses with it, at its instant."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=role_choices())
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="membership_ends_after_start",
            )
        ]
        indexes = [models.Index(fields=["user", "team"], name="membership_by_user")]

    def __str__(self) -> str:
        return f"membership {self.pk}"
