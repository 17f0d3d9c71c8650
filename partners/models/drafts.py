"""Spreadsheets that were uploaded, and perhaps corrected, and not sent yet."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from nhc.identity import uuid7
from partners.models.figures import Submission
from partners.models.organisations import Centre, Organisation


class SheetDraft(models.Model):
    """A sender's own sheet on its way to becoming a submission: kept 30 days after its last change.

    `content` is sealed (`nhc.encryption`, purpose: the draft's identifier): a `partners.formats.grids.Grid` as JSON. It
    is emptied when the draft is sent; the row stays for a while, so that sending twice leads to the same receipt.
    `version` rises with every change, and a change names the version it was made from.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="drafts")
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=12, help_text="The return that it was uploaded for, like 2026-03.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    sheet_name = models.CharField(max_length=60, blank=True)
    content = models.BinaryField()
    version = models.PositiveIntegerField(default=1)
    submission = models.ForeignKey(Submission, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=1), name="draft_version_counts_from_one"),
            models.CheckConstraint(
                condition=Q(submission__isnull=True) | Q(content=b""), name="draft_sent_keeps_no_figures"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("updated_at")), name="draft_expires_later"),
        ]
        indexes = [
            models.Index(fields=["organisation", "centre", "period"], name="draft_by_return"),
            models.Index(fields=["expires_at"], name="draft_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"draft {self.id}"
