"""Decisions: what a forum adopted or did not, tied to the measures that it should move, and reviewed on its day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from decisions.counting import Answer
from decisions.lifecycle import ForumProposalState
from decisions.models import Decision, DecisionMeasure, DecisionReview, Forum, Proposal, ProposalAnswer
from decisions.queries import forums as forum_queries
from decisions.queries import proposals as proposal_queries
from decisions.services import consent_notices
from decisions.services.proposals import lock_proposal, move_proposal
from decisions.services.records import measures_by_code, plain, record_event
from nhc import notices
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.notices import Reminder


@dataclass(frozen=True, slots=True)
class Statement:
    """What is decided: the outcome in words, what it rests on, by when it is looked at, and the measures' codes."""

    outcome: str
    adopted: bool = True
    review_on: date | None = None
    cites: str = ""
    measures: tuple[str, ...] = ()


@transaction.atomic
def decide_proposal(*, proposal: Proposal, statement: Statement, by: Actor, at: datetime) -> Decision:
    """Decide a proposal as its answers stand; whoever said nothing is recorded as having given no answer.

    Raises IllegalMoveError where it has moved, ValidationError before everybody has answered or the deadline has
    passed, for adopting what may not be adopted, about an objection for who does not sit in the group, and as
    `record_decision`.
    """
    locked = lock_proposal(proposal)
    if locked.about_round_id is not None and (
        by.user_id is None or forum_queries.seat_of(by.user_id, locked.forum, at) is None
    ):
        raise ValidationError(f"Only those who sit in the {locked.forum.name} decide about an objection.")
    heard = proposal_queries.heard(locked, at)
    if locked.state == ForumProposalState.OPEN and not heard.standing.may_decide:
        raise ValidationError(heard.standing.why)
    if locked.state == ForumProposalState.OPEN and statement.adopted and not heard.standing.may_adopt:
        raise ValidationError({"adopted": heard.standing.why})
    silent = [
        ProposalAnswer(
            proposal=locked,
            user_id=seat.user_id,
            organisation=seat.organisation,
            answer=Answer.NO_ANSWER,
            answered_at=at,
        )
        for seat in heard.undecided
    ]
    if locked.state == ForumProposalState.OPEN:
        ProposalAnswer.objects.bulk_create(silent)
    move_proposal(locked, ForumProposalState.DECIDED, at)
    decision = _store(locked.forum, locked.title, statement, locked, by, at)
    _tell(decision, locked, by, at)
    return decision


@transaction.atomic
def record_decision(*, forum: Forum, title: str, statement: Statement, by: Actor, at: datetime) -> Decision:
    """Record what a forum decided without a proposal, in a meeting perhaps.

    Raises ValidationError for a review that does not come later, or for measures that the centre does not collect.
    """
    return _store(forum, title, statement, None, by, at)


@transaction.atomic
def review_decision(
    *, decision: Decision, verdict: str, words: str, next_on: date | None, by: Actor, at: datetime
) -> DecisionReview:
    """Say what came of a decision, and when it is looked at again; never, without a day.

    Raises ValidationError for a day that has passed, and where it is too early to say and no day is given.
    """
    locked = Decision.objects.select_related("forum__centre").get(pk=decision.pk)
    if next_on is not None and next_on <= london_date(at):
        raise ValidationError({"next_on": "The next review comes after today."})
    if verdict == DecisionReview.Verdict.EARLY and next_on is None:
        raise ValidationError({"next_on": "It is too early to say, so say when it is looked at again."})
    review = DecisionReview(
        decision=locked, verdict=verdict, words=plain(words), next_on=next_on, user_id=by.user_id, reviewed_at=at
    )
    review.full_clean()
    review.save(force_insert=True)
    record_event("decision.reviewed", locked, locked.forum, by=by, at=at, verdict=verdict)
    return review


def _store(
    forum: Forum, title: str, statement: Statement, proposal: Proposal | None, by: Actor, at: datetime
) -> Decision:
    today = london_date(at)
    if statement.adopted and statement.review_on is None:
        raise ValidationError({"review_on": "Say when you look whether it worked."})
    if statement.review_on is not None and statement.review_on <= today:
        raise ValidationError({"review_on": "The review comes after today."})
    measures = measures_by_code(forum.centre, statement.measures, at)
    decision = Decision(
        forum=forum,
        proposal=proposal,
        title=title.strip(),
        outcome=plain(statement.outcome),
        adopted=statement.adopted,
        cites=statement.cites.strip(),
        decided_by_id=by.user_id,
        decided_at=at,
        decided_on=today,
        review_on=statement.review_on,
    )
    decision.full_clean()
    decision.save(force_insert=True)
    DecisionMeasure.objects.bulk_create(DecisionMeasure(decision=decision, measure=each) for each in measures)
    codes: Iterable[str] = (each.code for each in measures)
    record_event("decision.made", decision, forum, by=by, at=at, adopted=statement.adopted, measures=[*codes])
    return decision


def _tell(decision: Decision, proposal: Proposal, by: Actor, at: datetime) -> None:
    """Tell whoever proposed it, and about objections to the grid those who wait for it."""
    if proposal.about_round is not None:
        consent_notices.tell_of_decision(proposal.about_round, decision, at)
    if proposal.made_by_id is not None and proposal.made_by_id != by.user_id:
        forum = decision.forum
        word = "adopted" if decision.adopted else "not adopted"
        sentence = f"What you proposed to the {forum.name} was {word}."
        path = reverse("decisions:decision", args=[forum.centre.slug, forum.code, decision.pk])
        about = f"decision:{decision.pk}"
        notices.give(reminders=[Reminder(proposal.made_by_id, "decision", about, 365, sentence, path)], at=at)
