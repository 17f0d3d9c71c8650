"""API keys of organisations."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from partners.models.organisations import Organisation


class ApiKey(models.Model):
    """A credential of one organisation: a public prefix and a keyed digest are stored; several may live at once."""

    class Scope(models.TextChoices):
        SUBMIT = "submit", "Send figures"
        READ = "read", "Read"
        REFER = "refer", "Refer people"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="api_keys")
    prefix = models.CharField(max_length=8, unique=True)
    digest = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope))
    label = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["submit", "read", "refer"], scopes__len__gte=1),
                name="api_key_scopes_known",
            )
        ]
        indexes = [models.Index(fields=["organisation"], name="api_key_by_organisation")]

    def __str__(self) -> str:
        return f"nhc_{self.prefix}_…"
