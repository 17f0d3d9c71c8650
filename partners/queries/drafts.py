"""Sheets that were uploaded and not sent."""

from uuid import UUID

from django.db.models import QuerySet

from partners.models import Centre, Organisation, SheetDraft


def by_id(draft_id: UUID) -> SheetDraft | None:
    """Return one draft with its organisation, its centre and who changed it last, whoever it belongs to."""
    return (
        SheetDraft.objects.select_related("organisation", "centre", "changed_by", "submission")
        .filter(pk=draft_id)
        .first()
    )


def waiting(organisation: Organisation, centre: Centre, period: str) -> QuerySet[SheetDraft]:
    """Return what was uploaded for a return and neither sent nor thrown away, newest first, with who changed it."""
    return (
        SheetDraft.objects.filter(organisation=organisation, centre=centre, period=period, submission=None)
        .select_related("changed_by")
        .order_by("-updated_at", "-id")
    )
