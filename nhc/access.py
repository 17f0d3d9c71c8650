"""Permissions, and roles as readable lists of them."""

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """One thing a person may do at a centre or for an organisation."""

    READ_DASHBOARD = "read the dashboard"
    READ_EXACT = "see exact totals at the centre"
    REBASE_CHART = "rebase and annotate charts"
    SUBMIT_FIGURES = "send their organisation's figures"
    MANAGE_KEYS = "make and revoke their organisation's API keys"
    OPERATE = "watch and start the night run"


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its code, the words people use, who holds it, and what it lets them do."""

    code: str
    name: str
    held_by: str
    permissions: frozenset[Permission]


def _role(code: str, name: str, held_by: str, *permissions: Permission) -> Role:
    return Role(code, name, held_by, frozenset({Permission.READ_DASHBOARD, *permissions}))


_EXACT = Permission.READ_EXACT

ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        _role("manager", "Centre manager", "Runs the centre's day.", _EXACT, Permission.REBASE_CHART),
        _role("lead", "Clinical lead", "Leads practice at the centre.", _EXACT, Permission.REBASE_CHART),
        _role("practitioner", "Practitioner", "Works with people at the centre.", _EXACT),
        _role("peer", "Peer worker", "Works from lived experience.", _EXACT),
        _role(
            "board",
            "Board member",
            "Sits on the Neighbourhood Partnership Board.",
            _EXACT,
            Permission.REBASE_CHART,
        ),
        _role(
            "group",
            "Partnership-group member",
            "Sits on the Professional Partnership Group.",
            _EXACT,
            Permission.REBASE_CHART,
        ),
        _role(
            "submitter",
            "Partner data submitter",
            "Sends an organisation's figures.",
            _EXACT,
            Permission.SUBMIT_FIGURES,
            Permission.MANAGE_KEYS,
        ),
        _role(
            "linemanager",
            "Home line manager",
            "Manages people who work at the centre from their own employer.",
        ),
        _role("operator", "Operator", "Keeps the service running.", Permission.OPERATE),
        _role("privacy", "Privacy officer", "Reviews who looked at what."),
    )
}


def role_choices() -> list[tuple[str, str]]:
    """Return (code, name) pairs for forms and models."""
    return [(role.code, role.name) for role in ROLES.values()]
