"""Invitations of people to an organisation."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from nhc.access import role_choices
from nhc.identity import uuid7
from partners.models.organisations import Organisation, Team


class Invitation(models.Model):
    """An organisation asks someone to join: from when, and perhaps at once in a team with a role.

    A digest of the link's token is stored, never the token. `user` is who accepted. A link opens once, for 7 days.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=150)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=role_choices(), blank=True)
    line_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    employed_from = models.DateTimeField()
    placed_until = models.DateTimeField(null=True, blank=True)
    token_digest = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="accepted_invitations"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_open_once",
                violation_error_message="This address has an open invitation. Withdraw it before you send another.",
            ),
            models.CheckConstraint(
                condition=Q(team__isnull=True, role="") | Q(team__isnull=False) & ~Q(role=""),
                name="invitation_team_with_its_role",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, user__isnull=True)
                | Q(accepted_at__isnull=False, user__isnull=False),
                name="invitation_accepted_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="invitation_accepted_or_withdrawn",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="invitation_expires_later"),
            models.CheckConstraint(
                condition=Q(placed_until__isnull=True) | Q(placed_until__gt=F("employed_from")),
                name="invitation_placed_after_start",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "-created_at"], name="invitation_by_organisation")]

    def __str__(self) -> str:
        return f"invitation {self.pk}"
