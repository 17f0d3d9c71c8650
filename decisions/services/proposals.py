"""Proposals: put to a forum, answered by those who sit there, withdrawn, or decided (`services.decisions`)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from decisions.counting import WITH_REASON, Answer, Template, offers
from decisions.lifecycle import FORUM_PROPOSAL_MOVES, ForumProposalState, IssueState
from decisions.models import ConsentRound, Forum, Issue, Proposal, ProposalAnswer
from decisions.queries import forums as forum_queries
from decisions.services.forums import lock_forum
from decisions.services.records import plain, record_event
from nhc import formats, notices
from nhc.actors import Actor
from nhc.notices import Reminder
from partners.lifecycle import check_move

if TYPE_CHECKING:
    from partners.models import Organisation

TIME_ABOUT_OBJECTIONS = timedelta(days=14)
"""How long the partnership group has to answer about an objection to the grid."""


@transaction.atomic
def make_proposal(
    *,
    forum: Forum,
    title: str,
    words: str,
    template: str,
    deadline: datetime,
    organisation: "Organisation | None",
    issue: Issue | None = None,
    by: Actor,
    at: datetime,
) -> Proposal:
    """Put something to a forum and tell those who sit there. Raises ValidationError for a deadline that is over."""
    if by.user_id is None:
        raise ValidationError("A person makes a proposal.")
    if deadline <= at:
        raise ValidationError({"deadline": "Leave people time to answer."})
    if issue is not None and (issue.forum_id != forum.pk or issue.state == IssueState.CLOSED):
        raise ValidationError({"issue": "Choose an issue that lies with this forum."})
    proposal = Proposal(
        forum=forum,
        issue=issue,
        title=title.strip(),
        words=plain(words),
        template=template,
        made_by_id=by.user_id,
        organisation=organisation,
        made_at=at,
        deadline=deadline,
    )
    return _put(proposal, by, at)


@transaction.atomic
def put_objections(*, forum: Forum, consent: ConsentRound, by: Actor, at: datetime) -> Proposal:
    """Ask the partnership group whether a version of the grid that was objected to is published all the same.

    It is answered by consent within two weeks. Raises ValidationError where the group is asked already.
    """
    number = consent.version.number
    proposal = Proposal(
        forum=forum,
        about_round=consent,
        title=f"Publish version {number} of the grid although it was objected to",
        words=f"Version {number} of the decision-rights grid was put to the partners, and an objection stands. Read the"
        " reasons below and the version itself. Where this is adopted, the version may be published as it is and cites"
        " the decision; where it is not, the grid is taken back and changed.",
        template=Template.CONSENT,
        made_by_id=by.user_id,
        made_at=at,
        deadline=at + TIME_ABOUT_OBJECTIONS,
    )
    return _put(proposal, by, at)


def withdraw_about(consent: ConsentRound, by: Actor, at: datetime) -> None:
    """Withdraw what the group is asked about a round whose objections are lifted or whose version is taken back."""
    for proposal in consent.proposals.filter(state=ForumProposalState.OPEN):
        locked = lock_proposal(proposal)
        if locked.state == ForumProposalState.OPEN:
            move_proposal(locked, ForumProposalState.WITHDRAWN, at)
            record_event("forum_proposal.withdrawn", locked, locked.forum, by=by, at=at)


def _put(proposal: Proposal, by: Actor, at: datetime) -> Proposal:
    """Store a proposal and tell those who sit in its forum, but whoever made it."""
    forum = proposal.forum
    proposal.full_clean()
    proposal.save(force_insert=True)
    record_event("forum_proposal.made", proposal, forum, by=by, at=at, template=str(proposal.template))
    sentence = f"The {forum.name} is asked about a proposal. Answer by {formats.deadline(proposal.deadline)}."
    seated = forum_queries.people_in([forum.pk], at)[forum.pk]
    _tell(proposal, [user for user in seated if user != by.user_id], sentence, at)
    return proposal


@transaction.atomic
def answer_proposal(*, proposal: Proposal, answer: str, reason: str = "", by: Actor, at: datetime) -> ProposalAnswer:
    """Answer a proposal for oneself; the newest answer counts, the ones before stay. The same twice is one.

    Raises IllegalMoveError once it is decided or withdrawn, ValidationError for who does not sit there, for an answer
    that the template does not offer and for one against it without a reason.
    """
    locked = lock_proposal(proposal)
    check_move(FORUM_PROPOSAL_MOVES, ForumProposalState(locked.state), ForumProposalState.DECIDED)
    seat = None if by.user_id is None else forum_queries.seat_of(by.user_id, locked.forum, at)
    if seat is None:
        raise ValidationError(f"Only those who sit in the {locked.forum.name} answer.")
    if answer not in Answer or not offers(Template(locked.template), Answer(answer)):
        raise ValidationError({"answer": "Choose one of the answers."})
    if answer in WITH_REASON and not reason.strip():
        raise ValidationError({"reason": "Say why, so that the proposal can be changed to meet it."})
    last = locked.answers.filter(user=seat.user_id).order_by("-answered_at", "-pk").first()
    if last is not None and (last.answer, last.reason) == (answer, plain(reason)):
        return last
    given = ProposalAnswer(
        proposal=locked,
        user_id=seat.user_id,
        organisation=seat.organisation,
        answer=answer,
        reason=plain(reason),
        answered_at=at,
    )
    given.full_clean()
    given.save(force_insert=True)
    code = "" if seat.organisation is None else seat.organisation.code
    record_event("forum_proposal.answered", locked, locked.forum, by=by, at=at, organisation=code, answer=answer)
    return given


@transaction.atomic
def withdraw_proposal(*, proposal: Proposal, by: Actor, at: datetime) -> Proposal:
    """Take back what one proposed. Raises IllegalMoveError once it is decided."""
    locked = lock_proposal(proposal)
    if by.user_id is None or locked.made_by_id != by.user_id:
        raise ValidationError("Only the person who proposed this can withdraw it.")
    move_proposal(locked, ForumProposalState.WITHDRAWN, at)
    record_event("forum_proposal.withdrawn", locked, locked.forum, by=by, at=at)
    return locked


def lock_proposal(proposal: Proposal) -> Proposal:
    """Return the proposal as it stands, locked until the transaction ends, and who sits in its forum with it."""
    lock_forum(proposal.forum)
    return (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("forum__centre", "organisation")
        .get(pk=proposal.pk)
    )


def move_proposal(proposal: Proposal, state: ForumProposalState, at: datetime) -> None:
    """Move a locked proposal. Raises IllegalMoveError where it has moved already."""
    check_move(FORUM_PROPOSAL_MOVES, ForumProposalState(proposal.state), state)
    proposal.state, proposal.moved_at = state, at
    proposal.save(update_fields=["state", "moved_at"])


def _tell(proposal: Proposal, users: list[int], sentence: str, at: datetime) -> None:
    path = reverse("decisions:forum-proposal", args=[proposal.forum.centre.slug, proposal.forum.code, proposal.pk])
    about = f"forum-proposal:{proposal.pk}"
    # The stage that no nudge has: nudges come 14, 7 and 1 days before the deadline.
    reminders = [Reminder(user, "forum-proposal", about, 365, sentence, path) for user in users]
    notices.give(reminders=reminders, at=at)
