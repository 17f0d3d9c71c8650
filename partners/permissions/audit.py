"""Which part of the audit trail a person may read."""

from datetime import datetime

from nhc.access import Permission
from nhc.models import User
from nhc.trail import Scope
from partners.permissions.centres import centres_for
from partners.permissions.organisations import organisations_for
from partners.permissions.viewers import Viewer


def audit_scope(user: User, at: datetime) -> Scope:
    """Return the centres and organisations whose events a person reads: those where a role of theirs says so."""
    viewer = Viewer.user(user)
    return Scope(
        centres=frozenset(
            access.centre.slug for access in centres_for(viewer, at) if Permission.READ_AUDIT in access.permissions
        ),
        organisations=frozenset(
            organisation.code for organisation in organisations_for(viewer, at, permission=Permission.READ_AUDIT)
        ),
    )
