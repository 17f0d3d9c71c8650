"""Employment is not membership: who pays and manages a person, and where they work."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from nhc.access import role_choices
from partners.models.constraints import no_overlap_in_time
from partners.models.organisations import Organisation, Team


class Employment(models.Model):
    """A person's employer. A person may have two, or none (a volunteer).

    An `administrator` invites and ends the organisation's people; it lapses with the employment.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="employments")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="employments")
    line_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="manages"
    )
    administrator = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="employment_ends_after_start",
                violation_error_message="An employment must end after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(line_manager__isnull=True) | ~Q(line_manager=F("user")),
                name="employment_not_own_line_manager",
                violation_error_message="Nobody is their own line manager. Choose somebody else.",
            ),
            no_overlap_in_time(
                "employment_once_at_a_time",
                "user",
                "organisation",
                message="The organisation already employs this person in that time.",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "organisation"], name="employment_by_user"),
            models.Index(fields=["organisation", "user"], name="employment_by_organisation"),
        ]

    def __str__(self) -> str:
        return f"employment {self.pk}"


class Membership(models.Model):
    """A person's role in a team at a centre. Access lapses with it, at its instant.

    `line_manager` is the home line manager for this placement; without one it is the employment's.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=role_choices())
    line_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="manages_placements"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="membership_ends_after_start",
                violation_error_message="A placement must end after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(line_manager__isnull=True) | ~Q(line_manager=F("user")),
                name="membership_not_own_line_manager",
                violation_error_message="Nobody is their own line manager. Choose somebody else.",
            ),
            no_overlap_in_time(
                "membership_once_at_a_time",
                "user",
                "team",
                "role",
                message="The person already has this role in the team in that time.",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "team"], name="membership_by_user"),
            models.Index(fields=["team", "user"], name="membership_by_team"),
        ]

    def __str__(self) -> str:
        return f"membership {self.pk}"
