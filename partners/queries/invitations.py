"""Invitations to an organisation."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from partners.models import Invitation, Organisation


def of(organisation: Organisation) -> QuerySet[Invitation]:
    """Return an organisation's invitations, newest first, with who invited and where to."""
    return (
        Invitation.objects.filter(organisation=organisation)
        .select_related("invited_by", "team__centre")
        .order_by("-created_at", "-pk")
    )


def by_id(invitation_id: UUID) -> Invitation | None:
    """Return an invitation with everything its pages and its e-mail say."""
    return _whole().filter(pk=invitation_id).first()


def open_with_digest(digest: bytes, at: datetime) -> Invitation | None:
    """Return the invitation that a link opens: neither accepted, withdrawn nor expired."""
    return (
        _whole()
        .filter(token_digest=digest, accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=at)
        .first()
    )


def _whole() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("organisation", "team__centre", "invited_by", "line_manager")
