"""Wall screens: devices that show one centre's wall page and nothing else."""

from django.db import models

from nhc.models import User
from partners.models.organisations import Centre


class WallScreen(models.Model):
    """A screen of one centre. What it holds is a token of which the digest is here; it never shows who anyone is."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="screens")
    name = models.CharField(max_length=60, help_text="Where it hangs, such as 'Front desk'.")
    token_digest = models.BinaryField(max_length=32, unique=True)
    paired_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    paired_at = models.DateTimeField()
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "name"],
                condition=models.Q(revoked_at__isnull=True),
                name="wall_screen_name_once",
                violation_error_message="Another screen of this centre has this name.",
            ),
            models.CheckConstraint(
                name="wall_screen_revoked_by_someone",
                condition=models.Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WallPairing(models.Model):
    """A screen that shows a code and waits for someone to enter it. Of code and token only digests are here."""

    code_digest = models.BinaryField(max_length=32, unique=True)
    token_digest = models.BinaryField(max_length=32, unique=True)
    asked_from = models.BinaryField(max_length=32, help_text="Keyed digest of the network address.")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["asked_from", "asked_at"], name="wall_pairing_by_address")]

    def __str__(self) -> str:
        return f"Pairing of {self.asked_at:%H:%M}"
