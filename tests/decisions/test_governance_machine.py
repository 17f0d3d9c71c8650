"""Random issues and proposals, moved by whoever may and may not, against an obvious reference in memory."""

from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from decisions.counting import Answer
from decisions.models import Decision, ForumSeat, Issue, IssueMove, Proposal, ProposalAnswer
from decisions.queries import proposals as queries
from decisions.services import decisions, forums, issues, proposals
from nhc.actors import Actor
from nhc.models import Notice
from partners.lifecycle import IllegalMoveError
from tests import cast
from tests.cast import MAKER, NOW
from tests.decisions import forums as made
from tests.decisions.forums import DAY
from tests.factories import EmploymentFactory

pytestmark = pytest.mark.django_db

OFFERED = {
    "advice": (Answer.FOR, Answer.AGAINST, Answer.NO_VIEW),
    "consent": (Answer.AGREE, Answer.CAN_LIVE_WITH_IT, Answer.OBJECT),
    "consensus": (Answer.AGREE, Answer.STAND_ASIDE, Answer.DISAGREE),
}
REFUSED = (IllegalMoveError, ValidationError)

persons, places = st.integers(0, 3), st.integers(0, 9)
templates = st.sampled_from(sorted(OFFERED))


class GovernanceMachine(RuleBasedStateMachine):
    """`states` are those of issues, `open` the proposals that may still move, with what each person last said.

    Four people sit in the group; seats may be left. The clock goes on by days.
    """

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        people = cast.gather()
        gathered = made.gathering(people)
        more = [EmploymentFactory.create(organisation=people.trust).user for _ in range(2)]
        self.people = [people.alice, people.bashir, *more]
        self.forums = [gathered.group, gathered.board]
        self.seats: dict[int, ForumSeat] = {0: gathered.alice, 1: gathered.bashir}
        self.seats |= {2 + at: made.seat(gathered.group, user, people.trust) for at, user in enumerate(more)}
        self.at: datetime = NOW
        self.states: dict[int, str] = {}
        self.lies: dict[int, int] = {}
        self.moves = 0
        self.open: dict[int, dict[int, Answer]] = {}
        self.decided: dict[int, bool] = {}

    @initialize()
    def begin(self) -> None:
        self.raise_issue(0)
        self.make_proposal(0, "consent", 3)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def by(self, person: int) -> Actor:
        return Actor.user(self.people[person])

    def issue(self, place: int) -> Issue:
        return Issue.objects.get(pk=sorted(self.states)[place % len(self.states)])

    def proposal(self, place: int) -> Proposal | None:
        keys = sorted([*self.open, *self.decided])
        return Proposal.objects.get(pk=keys[place % len(keys)]) if keys else None

    @rule(days=st.integers(1, 4))
    def days_pass(self, days: int) -> None:
        self.at += days * DAY

    @rule(person=st.integers(0, 1))
    def raise_issue(self, person: int) -> None:
        issue = made.issue(self.forums[0], self.people[person], at=self.at)
        self.states[issue.pk], self.lies[issue.pk] = "raised", self.forums[0].pk
        self.moves += 1

    def moved(self, issue: Issue, state: str, forum: int | None = None) -> None:
        self.states[issue.pk] = state
        self.lies[issue.pk] = forum or self.lies[issue.pk]
        self.moves += 1

    @rule(place=places, person=persons)
    def take(self, place: int, person: int) -> None:
        issue = self.issue(place)
        if self.states[issue.pk] == "raised":
            issues.take_issue(issue=issue, by=self.by(person), at=self.at)
            self.moved(issue, "taken")
        else:
            with pytest.raises(REFUSED):
                issues.take_issue(issue=issue, by=self.by(person), at=self.at)

    @rule(place=places, person=persons, stale=st.booleans())
    def answer_issue(self, place: int, person: int, stale: bool) -> None:
        issue, by = self.issue(place), self.by(person)
        version = issue.version - stale
        if self.states[issue.pk] in {"raised", "taken"} and not stale:
            issues.answer_issue(issue=issue, answer="So it is", version=version, by=by, at=self.at)
            self.moved(issue, "answered")
        else:
            with pytest.raises(REFUSED):
                issues.answer_issue(issue=issue, answer="So it is", version=version, by=by, at=self.at)

    @rule(place=places, to=st.integers(0, 1))
    def pass_on(self, place: int, to: int) -> None:
        issue, forum = self.issue(place), self.forums[to]
        if self.states[issue.pk] in {"raised", "taken"} and self.lies[issue.pk] != forum.pk:
            issues.pass_on_issue(issue=issue, forum=forum, reason="Theirs", version=issue.version, by=MAKER, at=self.at)
            self.moved(issue, "raised", forum.pk)
        elif self.states[issue.pk] != "answered":
            with pytest.raises(REFUSED):
                issues.pass_on_issue(
                    issue=issue, forum=forum, reason="Theirs", version=issue.version, by=MAKER, at=self.at
                )

    @rule(place=places, person=persons, settled=st.booleans())
    def settle(self, place: int, person: int, settled: bool) -> None:
        issue, by = self.issue(place), self.by(person)
        fits = self.states[issue.pk] == "answered" and issue.raised_by_id == self.people[person].pk
        if fits and settled:
            issues.close_issue(issue=issue, by=by, at=self.at)
            self.moved(issue, "closed")
        elif fits:
            issues.raise_again(issue=issue, reason="Not yet", by=by, at=self.at)
            self.moved(issue, "raised")
        else:
            with pytest.raises(REFUSED):
                issues.close_issue(issue=issue, by=by, at=self.at)
            with pytest.raises(REFUSED):
                issues.raise_again(issue=issue, reason="Not yet", by=by, at=self.at)

    @rule(person=persons, template=templates, days=st.integers(1, 6))
    def make_proposal(self, person: int, template: str, days: int) -> None:
        proposal = made.proposal(self.forums[0], self.people[person], template=template, at=self.at, days=days)
        self.open[proposal.pk] = {}

    @rule(place=places, person=persons, choice=st.integers(0, 2), template=templates)
    def answer_proposal(self, place: int, person: int, choice: int, template: str) -> None:
        proposal = self.proposal(place)
        if proposal is None:
            return
        answer = OFFERED[template][choice]
        fits = proposal.pk in self.open and person in self.seats and answer in OFFERED[proposal.template]
        if fits:
            made.answered(proposal, self.people[person], answer, reason="Because", at=self.at)
            self.open[proposal.pk][person] = answer
        else:
            with pytest.raises(REFUSED):
                made.answered(proposal, self.people[person], answer, reason="Because", at=self.at)

    @rule(place=places, person=persons)
    def withdraw(self, place: int, person: int) -> None:
        proposal = self.proposal(place)
        if proposal is None:
            return
        if proposal.pk in self.open and proposal.made_by_id == self.people[person].pk:
            proposals.withdraw_proposal(proposal=proposal, by=self.by(person), at=self.at)
            del self.open[proposal.pk]
        else:
            with pytest.raises(REFUSED):
                proposals.withdraw_proposal(proposal=proposal, by=self.by(person), at=self.at)

    @rule(person=st.integers(1, 3))
    def leave(self, person: int) -> None:
        if person in self.seats:
            forums.end_seat(seat=self.seats.pop(person), by=MAKER, at=self.at)

    def may_adopt(self, proposal: Proposal) -> bool:
        said = {person: answer for person, answer in self.open[proposal.pk].items() if person in self.seats}
        if proposal.template == "advice":
            return True
        if set(said.values()) & {Answer.OBJECT, Answer.DISAGREE}:
            return False
        agree = sum(answer == Answer.AGREE for answer in said.values())
        return proposal.template == "consent" or 2 * agree > len(self.seats)

    @rule(place=places, adopt=st.booleans())
    def decide(self, place: int, adopt: bool) -> None:
        proposal = self.proposal(place)
        if proposal is None:
            return
        waits = proposal.pk in self.open and set(self.seats) - set(self.open[proposal.pk])
        due = proposal.pk in self.open and (not waits or self.at >= proposal.deadline)
        statement = made.statement(at=self.at, adopted=adopt)
        if due and (not adopt or self.may_adopt(proposal)):
            decisions.decide_proposal(proposal=proposal, statement=statement, by=MAKER, at=self.at)
            silent = ProposalAnswer.objects.filter(proposal=proposal, answer="no_answer")
            assert {answer.user_id for answer in silent} == {self.people[each].pk for each in waits or ()}
            del self.open[proposal.pk]
            self.decided[proposal.pk] = adopt
        else:
            with pytest.raises(REFUSED):
                decisions.decide_proposal(proposal=proposal, statement=statement, by=MAKER, at=self.at)

    @invariant()
    def issues_stand_where_the_reference_has_them(self) -> None:
        assert dict(Issue.objects.values_list("pk", "state")) == self.states
        assert dict(Issue.objects.values_list("pk", "forum")) == self.lies
        assert IssueMove.objects.count() == self.moves
        newest = dict(IssueMove.objects.order_by("pk").values_list("issue", "state"))
        assert newest == self.states

    @invariant()
    def decisions_are_those_of_the_reference(self) -> None:
        assert dict(Decision.objects.values_list("proposal", "adopted")) == self.decided
        assert set(Proposal.objects.filter(state="open").values_list("pk", flat=True)) == set(self.open)

    @invariant()
    def the_newest_answer_counts(self) -> None:
        for proposal in Proposal.objects.filter(state="open"):
            heard = queries.heard(proposal, self.at)
            said = {
                self.people.index(voice.seat.user): voice.answer.answer
                for voice in heard.voices
                if voice.answer is not None
            }
            expected = {person: answer for person, answer in self.open[proposal.pk].items() if person in self.seats}
            assert said == expected

    @invariant()
    def whoever_raised_something_was_told_of_every_answer(self) -> None:
        for move in IssueMove.objects.filter(state="answered").select_related("issue"):
            told = Notice.objects.filter(user=move.issue.raised_by_id, about=f"issue:{move.issue_id}:{move.pk}")
            assert told.exists() == (move.user_id != move.issue.raised_by_id)


def test_issues_and_proposals_move_as_the_reference_says_whatever_people_do() -> None:
    # A step costs a dozen queries, so an eighth of the profile's examples: 5 short, 50 long.
    examples = max(settings().max_examples // 8, 1)
    run_state_machine_as_test(GovernanceMachine, settings=settings(max_examples=examples, stateful_step_count=20))
