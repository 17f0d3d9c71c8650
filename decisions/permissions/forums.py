"""Who reads a centre's forums, who sits in them, and who looks after their work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied

from decisions.models import (
    Decision,
    Forum,
    ForumSeat,
    Issue,
    Meeting,
    Outcome,
    Priority,
    Proposal,
    Risk,
    RiskControl,
)
from decisions.queries import decisions as decision_queries
from decisions.queries import forums as queries
from decisions.queries import issues as issue_queries
from decisions.queries import meetings as meeting_queries
from decisions.queries import priorities as priority_queries
from decisions.queries import proposals as proposal_queries
from decisions.queries import risks as risk_queries
from nhc.access import Permission
from partners.permissions import CentreAccess, NotVisible, Viewer, get_centre_for

GOVERNED_WITH: Mapping[Forum.Kind, frozenset[Permission]] = {
    Forum.Kind.BACKBONE: frozenset({Permission.GOVERN}),
    Forum.Kind.GROUP: frozenset({Permission.GOVERN, Permission.GOVERN_GROUP}),
    Forum.Kind.BOARD: frozenset({Permission.GOVERN, Permission.GOVERN_BOARD}),
}
"""By kind of forum, what lets somebody look after it. A member of one tier looks after that one alone."""


@dataclass(frozen=True, slots=True)
class ForumsAccess:
    """A centre's forums as one viewer sees them.

    `seats` are the keys of those in which they sit, `governs` the kinds of those that they look after by their role.
    """

    centre: CentreAccess
    seats: frozenset[int]
    governs: frozenset[str]

    @property
    def may_raise(self) -> bool:
        """Whether they may raise an issue: everybody who works at the centre."""
        return self.centre.works_here


@dataclass(frozen=True, slots=True)
class ForumAccess:
    """One forum as one viewer sees it. `may_govern`: by their role at the centre for this kind, or while they chair."""

    centre: CentreAccess
    forum: Forum
    sits: bool
    may_govern: bool

    @property
    def may_propose(self) -> bool:
        """Whether they may put a proposal to the forum."""
        return self.sits or self.may_govern


def get_forums_for(viewer: Viewer, slug: str, at: datetime) -> ForumsAccess:
    """Return a centre's forums to those who read its directory, and to those who sit in one.

    PermissionDenied for others who see the centre, NotVisible for the rest.
    """
    access = get_centre_for(viewer, slug, at)
    seats = frozenset[int]() if viewer.user_id is None else queries.sits_at(viewer.user_id, access.centre, at)
    if Permission.READ_DIRECTORY not in access.permissions and not seats:
        raise PermissionDenied
    governs = frozenset(kind for kind in Forum.Kind if access.permissions & GOVERNED_WITH[kind])
    return ForumsAccess(access, seats, governs)


def get_forums_to_govern(viewer: Viewer, slug: str, at: datetime, kind: str = "") -> ForumsAccess:
    """Return a centre's forums to those who look after one of them, or that of a kind.

    PermissionDenied for others who see them.
    """
    access = get_forums_for(viewer, slug, at)
    if not (kind in access.governs if kind else access.governs):
        raise PermissionDenied
    return access


def get_centre_to_raise(viewer: Viewer, slug: str, at: datetime) -> ForumsAccess:
    """Return a centre's forums to those who work there: they raise issues. PermissionDenied for others who see them."""
    access = get_forums_for(viewer, slug, at)
    if not access.may_raise:
        raise PermissionDenied
    return access


def get_forum_for(viewer: Viewer, slug: str, code: str, at: datetime) -> ForumAccess:
    """Return a forum; NotVisible where the centre has none of that code. Raises as `get_forums_for`."""
    access = get_forums_for(viewer, slug, at)
    forum = queries.by_code(access.centre.centre, code)
    if forum is None:
        raise NotVisible
    return _of(access, forum, viewer, at)


def get_forum_to_govern(viewer: Viewer, slug: str, code: str, at: datetime) -> ForumAccess:
    """Return a forum to those who look after its work, and to whoever chairs it; PermissionDenied for others."""
    return _governed(get_forum_for(viewer, slug, code, at))


def get_forum_to_propose(viewer: Viewer, slug: str, code: str, at: datetime) -> ForumAccess:
    """Return a forum to those who sit there or look after its work; PermissionDenied for others."""
    found = get_forum_for(viewer, slug, code, at)
    if not found.may_propose:
        raise PermissionDenied
    return found


def get_seat_to_end(viewer: Viewer, slug: str, code: str, seat_id: int, at: datetime) -> ForumSeat:
    """Return a seat that has not ended to those who look after the forum."""
    found = get_forum_to_govern(viewer, slug, code, at)
    seat = queries.seat_by_id(found.forum, seat_id, at)
    if seat is None:
        raise NotVisible
    return seat


def get_meeting_for(
    viewer: Viewer, slug: str, code: str, meeting_id: int, at: datetime, *, govern: bool = False
) -> tuple[ForumAccess, Meeting]:
    """Return a meeting of a forum; with `govern` to those who look after it alone."""
    found = get_forum_for(viewer, slug, code, at)
    meeting = meeting_queries.meeting_by_id(found.forum, meeting_id)
    if meeting is None:
        raise NotVisible
    return (_governed(found) if govern else found), meeting


def get_proposal_for(
    viewer: Viewer, slug: str, code: str, proposal_id: int, at: datetime
) -> tuple[ForumAccess, Proposal]:
    """Return a proposal of a forum."""
    found = get_forum_for(viewer, slug, code, at)
    proposal = proposal_queries.proposal_by_id(found.forum, proposal_id)
    if proposal is None:
        raise NotVisible
    return found, proposal


def get_proposal_to_answer(
    viewer: Viewer, slug: str, code: str, proposal_id: int, at: datetime
) -> tuple[ForumAccess, Proposal]:
    """Return a proposal to those who sit in its forum; PermissionDenied for others who read it."""
    found, proposal = get_proposal_for(viewer, slug, code, proposal_id, at)
    if not found.sits:
        raise PermissionDenied
    return found, proposal


def may_decide(found: ForumAccess, proposal: Proposal, viewer: Viewer) -> bool:
    """Whether a viewer may say what was decided: who looks after the forum, and after advice whoever asked for it.

    About objections to the grid only who sits in the group as well.
    """
    if proposal.about_round_id is not None:
        return found.may_govern and found.sits
    return found.may_govern or (proposal.template == "advice" and proposal.made_by_id == viewer.user_id and found.sits)


def get_proposal_to_decide(
    viewer: Viewer, slug: str, code: str, proposal_id: int, at: datetime
) -> tuple[ForumAccess, Proposal]:
    """Return a proposal to those who may decide it; PermissionDenied for others who read it."""
    found, proposal = get_proposal_for(viewer, slug, code, proposal_id, at)
    if not may_decide(found, proposal, viewer):
        raise PermissionDenied
    return found, proposal


def get_own_proposal(
    viewer: Viewer, slug: str, code: str, proposal_id: int, at: datetime
) -> tuple[ForumAccess, Proposal]:
    """Return a proposal to whoever made it; PermissionDenied for others who read it."""
    found, proposal = get_proposal_for(viewer, slug, code, proposal_id, at)
    if proposal.made_by_id != viewer.user_id:
        raise PermissionDenied
    return found, proposal


def get_decision_for(
    viewer: Viewer, slug: str, code: str, decision_id: int, at: datetime, *, govern: bool = False
) -> tuple[ForumAccess, Decision]:
    """Return a decision of a forum; with `govern` to those who look after it alone."""
    found = get_forum_for(viewer, slug, code, at)
    decision = decision_queries.decision_by_id(found.forum, decision_id)
    if decision is None:
        raise NotVisible
    return (_governed(found) if govern else found), decision


def get_issue_for(viewer: Viewer, slug: str, issue_id: int, at: datetime) -> tuple[ForumAccess, Issue]:
    """Return an issue of a centre's to those who read its forums."""
    access = get_forums_for(viewer, slug, at)
    issue = issue_queries.issue_by_id(issue_id)
    if issue is None or issue.forum.centre_id != access.centre.centre.pk:
        raise NotVisible
    return _of(access, issue.forum, viewer, at), issue


def get_issue_to_answer(viewer: Viewer, slug: str, issue_id: int, at: datetime) -> tuple[ForumAccess, Issue]:
    """Return an issue to those who sit in the forum where it lies or look after it; PermissionDenied for others."""
    found, issue = get_issue_for(viewer, slug, issue_id, at)
    if not found.may_propose:
        raise PermissionDenied
    return found, issue


def get_own_issue(viewer: Viewer, slug: str, issue_id: int, at: datetime) -> tuple[ForumAccess, Issue]:
    """Return an issue to whoever raised it; PermissionDenied for others who read it."""
    found, issue = get_issue_for(viewer, slug, issue_id, at)
    if issue.raised_by_id != viewer.user_id:
        raise PermissionDenied
    return found, issue


def get_risk_for(
    viewer: Viewer, slug: str, risk_id: int, at: datetime, *, govern: bool = False
) -> tuple[ForumAccess, Risk]:
    """Return a shared risk of a centre's; with `govern` to those who look after the forum that owns it alone."""
    access = get_forums_for(viewer, slug, at)
    risk = risk_queries.risk_by_id(risk_id)
    if risk is None or risk.forum.centre_id != access.centre.centre.pk:
        raise NotVisible
    found = _of(access, risk.forum, viewer, at)
    return (_governed(found) if govern else found), risk


def get_control_for(
    viewer: Viewer, slug: str, risk_id: int, control_id: int, at: datetime
) -> tuple[ForumAccess, RiskControl]:
    """Return a control that has not ended to those who look after the forum that owns its risk."""
    found, risk = get_risk_for(viewer, slug, risk_id, at, govern=True)
    control = risk_queries.control_by_id(risk, control_id)
    if control is None:
        raise NotVisible
    return found, control


def get_outcome_for(viewer: Viewer, slug: str, outcome_id: int, at: datetime) -> tuple[ForumsAccess, Outcome]:
    """Return an agreed outcome in force to those who look after the centre's board."""
    access = get_forums_to_govern(viewer, slug, at, Forum.Kind.BOARD)
    outcome = priority_queries.outcome_by_id(outcome_id)
    if outcome is None or outcome.forum.centre_id != access.centre.centre.pk:
        raise NotVisible
    return access, outcome


def get_priority_for(viewer: Viewer, slug: str, priority_id: int, at: datetime) -> tuple[ForumsAccess, Priority]:
    """Return a priority in force to those who look after the centre's board."""
    access = get_forums_to_govern(viewer, slug, at, Forum.Kind.BOARD)
    priority = priority_queries.priority_by_id(priority_id)
    if priority is None or priority.outcome.forum.centre_id != access.centre.centre.pk:
        raise NotVisible
    return access, priority


def _of(access: ForumsAccess, forum: Forum, viewer: Viewer, at: datetime) -> ForumAccess:
    sits = forum.pk in access.seats
    chairs = sits and viewer.user_id is not None and queries.chairs(viewer.user_id, forum, at)
    return ForumAccess(access.centre, forum, sits=sits, may_govern=forum.kind in access.governs or chairs)


def _governed(found: ForumAccess) -> ForumAccess:
    if not found.may_govern:
        raise PermissionDenied
    return found
