"""What the frame of every page shows from this app."""

from datetime import datetime

from nhc.access import ROLES, Permission
from nhc.models import User
from partners.permissions.viewers import Viewer, standing_of
from partners.queries.people import Standing


def role_words(user: User, at: datetime) -> str:
    """Return a person's current roles, once each and in the order of the register: "centre manager"."""
    held = {placement.role for placement in _standing(user, at).placements}
    return " and ".join(role.name.lower() for code, role in ROLES.items() if code in held)


def acts_for_an_organisation(user: User, at: datetime) -> bool:
    """Whether a person is employed by an organisation or sends figures for one."""
    standing = _standing(user, at)
    return bool(standing.employers) or any(
        Permission.SUBMIT_FIGURES in ROLES[placement.role].permissions
        for placement in standing.placements
        if placement.role in ROLES
    )


_GUARDED = {
    Permission.SEE_RECORDS,
    Permission.READ_AUDIT,
    Permission.GRANT_EXCEPTIONS,
    Permission.MANAGE_KEYS,
    Permission.MANAGE_CENTRE,
    Permission.GIVE_ROLES,
}


def needs_second_factor(user: User, at: datetime) -> bool:
    """Whether a person may see records of people supported or the trail, or may let others in."""
    standing = _standing(user, at)
    return bool(standing.administers) or any(
        _GUARDED & ROLES[placement.role].permissions for placement in standing.placements if placement.role in ROLES
    )


def works_at_a_centre(user: User, at: datetime) -> bool:
    """Whether a person has a place in a team, or looks after an organisation's people: they read directories."""
    standing = _standing(user, at)
    return bool(standing.placements or standing.administers)


def looks_after_people(user: User, at: datetime) -> bool:
    """Whether a person is an administrator of an organisation."""
    return bool(_standing(user, at).administers)


def is_line_manager(user: User, at: datetime) -> bool:
    """Whether a person is somebody's home line manager."""
    return _standing(user, at).manages


def may_read_audit(user: User, at: datetime) -> bool:
    """Whether a role of a person lets them read the audit trail."""
    return any(
        Permission.READ_AUDIT in ROLES[placement.role].permissions
        for placement in _standing(user, at).placements
        if placement.role in ROLES
    )


def _standing(user: User, at: datetime) -> Standing:
    return standing_of(Viewer.user(user), at)
