"""Who may see what was sent, what is about to be, and the keys it is sent with."""

from datetime import datetime
from uuid import UUID

from nhc.access import Permission
from partners.models import ApiKey, SheetDraft, Submission
from partners.permissions.organisations import acting_for
from partners.permissions.viewers import NotVisible, Viewer, standing_of
from partners.queries import drafts as draft_queries
from partners.queries import keys as key_queries
from partners.queries import submissions as submission_queries


def get_submission_for(viewer: Viewer, submission_id: UUID, at: datetime) -> Submission:
    """Return a submission of an organisation the viewer acts for, with its organisation and centre; else NotVisible."""
    submission = submission_queries.by_id(submission_id)
    if submission is None or submission.organisation_id not in acting_for(viewer, standing_of(viewer, at), None):
        raise NotVisible
    return submission


def get_draft_for(viewer: Viewer, draft_id: UUID, at: datetime) -> SheetDraft:
    """Return a sheet that is not sent yet, or was, to those who send its organisation's figures; else NotVisible."""
    draft = draft_queries.by_id(draft_id)
    if draft is None or draft.organisation_id not in _may(viewer, Permission.SUBMIT_FIGURES, at):
        raise NotVisible
    return draft


def get_key_for(viewer: Viewer, prefix: str, at: datetime) -> ApiKey:
    """Return an API key with its organisation, to those who manage that organisation's keys; else NotVisible."""
    key = key_queries.by_prefix(prefix) if "\0" not in prefix else None
    if key is None or key.organisation_id not in _may(viewer, Permission.MANAGE_KEYS, at):
        raise NotVisible
    return key


def _may(viewer: Viewer, permission: Permission, at: datetime) -> frozenset[int]:
    return acting_for(viewer, standing_of(viewer, at), permission)
