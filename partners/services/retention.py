"""What is kept for a while only: uploaded bodies, sheets that were not sent, and answers to keyed requests."""

from datetime import datetime

from django.db import transaction

from nhc import audit
from nhc.actors import Actor
from partners.models import IdempotencyRecord, SheetDraft, SubmissionBody


def forget_expired(*, at: datetime, by: Actor | None = None) -> int:
    """Remove bodies, sheets and kept answers that have expired; return how many rows went. Figures stay."""
    with transaction.atomic():
        bodies, _ = SubmissionBody.objects.filter(expires_at__lte=at).delete()
        answers, _ = IdempotencyRecord.objects.filter(expires_at__lte=at).delete()
        drafts, _ = SheetDraft.objects.filter(expires_at__lte=at).delete()
        if bodies or answers or drafts:
            audit.record(
                by=by or Actor.system("retention"),
                at=at,
                verb="retention.applied",
                subject="retention",
                subject_id=at.date(),
                details={"bodies": bodies, "answers": answers, "drafts": drafts},
            )
    return bodies + answers + drafts
