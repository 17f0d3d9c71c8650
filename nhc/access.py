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
    READ_DIRECTORY = "see the directory and the rota"
    SEE_RECORDS = "see records of people supported"
    JOIN_HUDDLE = "take part in the huddle"
    MANAGE_CENTRE = "look after the centre's teams, duty roles and screens"
    GIVE_ROLES = "give and end the roles of the whole centre"
    MANAGE_ROTA = "change the centre's rota"
    MANAGE_INDUCTION = "write the centre's induction"
    DRAFT_AGREEMENTS = "propose and comment on agreements"
    OPEN_AGREEMENTS = "put agreements up for signature"
    READ_AUDIT = "read the audit trail"
    GRANT_EXCEPTIONS = "make exceptions for named people"
    ASK = "ask who decides"
    EDIT_GRID = "change the decision-rights grid"
    REVIEW_OVERRIDES = "review acts outside a guardrail"
    GOVERN = "look after the work of every forum"
    GOVERN_GROUP = "look after the work of the partnership group"
    GOVERN_BOARD = "look after the work of the partnership board"


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its code, the words people use, who holds it, and what it lets them do."""

    code: str
    name: str
    held_by: str
    permissions: frozenset[Permission]


def _role(code: str, name: str, held_by: str, *permissions: Permission) -> Role:
    everyone = {Permission.READ_DASHBOARD, Permission.READ_DIRECTORY, Permission.ASK}
    return Role(code, name, held_by, frozenset({*everyone, *permissions}))


_EXACT = Permission.READ_EXACT
_LEADING = (
    Permission.REBASE_CHART,
    Permission.MANAGE_CENTRE,
    Permission.MANAGE_ROTA,
    Permission.MANAGE_INDUCTION,
    Permission.EDIT_GRID,
    Permission.REVIEW_OVERRIDES,
)
_PRACTICE = (_EXACT, Permission.SEE_RECORDS, Permission.JOIN_HUDDLE, Permission.DRAFT_AGREEMENTS)

ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        _role(
            "manager",
            "Centre manager",
            "Runs the centre's day.",
            *_PRACTICE,
            *_LEADING,
            Permission.OPEN_AGREEMENTS,
            Permission.GOVERN,
            Permission.GIVE_ROLES,
        ),
        _role("lead", "Clinical lead", "Leads practice at the centre.", *_PRACTICE, *_LEADING),
        _role("practitioner", "Practitioner", "Works with people at the centre.", *_PRACTICE),
        _role(
            "vcfse",
            "VCFSE worker",
            "Works with people at the centre for a charity, community group or social enterprise.",
            *_PRACTICE,
        ),
        _role("peer", "Peer or lived-experience member", "Works from lived experience.", *_PRACTICE),
        _role(
            "submitter",
            "Partner data submitter",
            "Sends an organisation's figures.",
            _EXACT,
            Permission.SUBMIT_FIGURES,
            Permission.MANAGE_KEYS,
            Permission.DRAFT_AGREEMENTS,
        ),
        _role(
            "group",
            "Partnership-group member",
            "Sits on the Professional Partnership Group.",
            _EXACT,
            Permission.REBASE_CHART,
            Permission.DRAFT_AGREEMENTS,
            Permission.OPEN_AGREEMENTS,
            Permission.EDIT_GRID,
            Permission.GOVERN_GROUP,
        ),
        _role(
            "board",
            "Board member",
            "Sits on the Neighbourhood Partnership Board.",
            _EXACT,
            Permission.REBASE_CHART,
            Permission.DRAFT_AGREEMENTS,
            Permission.OPEN_AGREEMENTS,
            Permission.GOVERN_BOARD,
        ),
        _role(
            "linemanager",
            "Home line manager",
            "Manages people who work at the centre from their own employer.",
        ),
        _role(
            "privacy",
            "Privacy officer",
            "Reviews who looked at what.",
            Permission.READ_AUDIT,
            Permission.GRANT_EXCEPTIONS,
        ),
        _role("safety", "Safety officer", "Keeps the case that the service is safe.", Permission.READ_AUDIT),
        _role("operator", "Operator", "Keeps the service running.", Permission.OPERATE),
    )
}


EMPLOYERS_GIVE = frozenset({"practitioner", "vcfse", "peer", "submitter", "linemanager"})
"""Roles that an organisation's administrator gives its people.

Every other role reaches beyond the organisation, to the whole centre: the centre gives it.
"""


CENTRES_GIVE = tuple(code for code in ROLES if code not in EMPLOYERS_GIVE)
"""Roles that reach the whole centre, in the order of the register."""


def centres_role_choices() -> list[tuple[str, str]]:
    """Return (code, name) pairs of the roles that a centre gives."""
    return [(code, ROLES[code].name) for code in CENTRES_GIVE]


def employers_role_choices() -> list[tuple[str, str]]:
    """Return (code, name) pairs of the roles that an organisation's administrator gives."""
    return [(role.code, role.name) for role in ROLES.values() if role.code in EMPLOYERS_GIVE]


def role_choices() -> list[tuple[str, str]]:
    """Return (code, name) pairs for forms and models."""
    return [(role.code, role.name) for role in ROLES.values()]
