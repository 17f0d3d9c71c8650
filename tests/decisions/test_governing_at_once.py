"""Two people at once in a forum: one chair, one answer, one decision, and a risk that never stands unheld."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, connections, transaction

from decisions.models import ChairTerm, Decision, IssueMove, ProposalAnswer, RiskHolder
from decisions.queries import risks as risk_queries
from decisions.services import decisions, forums, issues, risks
from nhc.models import AuditEvent
from partners.lifecycle import IllegalMoveError
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.conftest import Database
from tests.decisions import forums as made
from tests.decisions.forums import DAY, Gathering


@pytest.fixture
def people(committed: Database) -> Cast:
    return cast.gather()


@pytest.fixture
def gathered(people: Cast) -> Gathering:
    return made.gathering(people)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Begin several acts at the same moment; return how each ended, in their order."""
    together = Barrier(len(acts))

    def attempt(act: Callable[[], object]) -> str:
        try:
            together.wait(timeout=30)
            act()
        except (IllegalMoveError, ValidationError, Error) as error:
            return type(error).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(attempt, acts))


def test_a_chair_passed_twice_is_passed_once_in_turn(gathered: Gathering) -> None:
    def to_alice() -> None:
        forums.pass_chair(forum=gathered.group, seat=gathered.alice, ends_at=NOW + 90 * DAY, by=MAKER, at=NOW)

    assert sorted(at_once(to_alice, to_alice)) == ["ValidationError", "done"]
    assert ChairTerm.objects.get().seat == gathered.alice


def test_an_issue_is_answered_once(people: Cast, gathered: Gathering) -> None:
    issue = made.issue(gathered.group, people.operator)

    def answer() -> None:
        issues.answer_issue(issue=issue, answer="So it is", version=issue.version, by=MAKER, at=NOW)

    assert sorted(at_once(answer, answer)) == ["IllegalMoveError", "done"]
    assert IssueMove.objects.filter(state="answered").count() == 1


def test_two_who_end_the_two_holders_of_a_risk_leave_it_one(people: Cast, gathered: Gathering) -> None:
    risk = made.risk(gathered.group, people.trust, people.charity)
    first, second = risk_queries.holders_of(risk)
    ended = at_once(*(lambda each=each: risks.end_holder(holder=each, by=MAKER, at=NOW) for each in (first, second)))
    assert sorted(ended) == ["ValidationError", "done"]
    assert RiskHolder.objects.filter(until_at__isnull=True).count() == 1


def test_the_table_holds_a_risk_against_two_transactions(people: Cast, gathered: Gathering) -> None:
    risk = made.risk(gathered.group, people.trust, people.charity)
    both_ended = Barrier(2)

    def end(holder: RiskHolder) -> None:
        with transaction.atomic():
            RiskHolder.objects.filter(pk=holder.pk).update(until_at=NOW)
            both_ended.wait(timeout=30)

    ended = at_once(*(lambda each=each: end(each) for each in risk_queries.holders_of(risk)))
    assert sorted(ended) == ["IntegrityError", "done"]
    assert RiskHolder.objects.filter(until_at__isnull=True).count() == 1


def test_a_holder_ended_twice_is_ended_once(people: Cast, gathered: Gathering) -> None:
    risk = made.risk(gathered.group, people.trust, people.charity)
    holder = risk_queries.holders_of(risk)[0]

    def end() -> None:
        risks.end_holder(holder=holder, by=MAKER, at=NOW)

    assert at_once(end, end) == ["done", "done"]
    assert AuditEvent.objects.filter(verb="risk.held_no_more").count() == 1


def test_whoever_leaves_while_it_is_decided_is_not_recorded_as_silent(people: Cast, gathered: Gathering) -> None:
    proposal = made.proposal(gathered.group, people.alice, template="advice", days=3)
    after, left, decided = NOW + 4 * DAY, Event(), Event()

    def leave() -> None:
        with transaction.atomic():
            forums.end_seat(seat=gathered.bashir, by=MAKER, at=after)
            left.set()
            wait_for_waiting(decided)

    def decide() -> None:
        assert left.wait(timeout=30)
        try:
            decisions.decide_proposal(proposal=proposal, statement=made.statement(at=after), by=MAKER, at=after)
        finally:
            decided.set()

    assert at_once(leave, decide) == ["done", "done"]
    assert [answer.user for answer in ProposalAnswer.objects.all()] == [people.alice]


def wait_for_waiting(done: Event) -> None:
    """Wait until somebody waits for a lock, or is done without."""
    for _ in range(300):
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            row = cursor.fetchone()
        if (row and row[0]) or done.wait(timeout=0.05):
            return


def test_a_proposal_is_decided_once(people: Cast, gathered: Gathering) -> None:
    proposal = made.proposal(gathered.group, people.alice, template="advice", days=3)
    after = NOW + 4 * DAY

    def decide() -> None:
        decisions.decide_proposal(proposal=proposal, statement=made.statement(at=after), by=MAKER, at=after)

    assert sorted(at_once(decide, decide)) == ["IllegalMoveError", "done"]
    assert Decision.objects.count() == 1
    assert ProposalAnswer.objects.count() == 2


def test_an_answer_beside_a_decision_is_counted_or_refused(people: Cast, gathered: Gathering) -> None:
    proposal = made.proposal(gathered.group, people.alice, days=3)
    after = NOW + 4 * DAY

    def decide() -> None:
        decisions.decide_proposal(proposal=proposal, statement=made.statement(at=after), by=MAKER, at=after)

    def object_to_it() -> None:
        made.answered(proposal, people.bashir, "object", reason="It would do harm", at=after)

    decided, objected = at_once(decide, object_to_it)
    assert (decided, objected) in {("done", "IllegalMoveError"), ("ValidationError", "done")}
    said = set(ProposalAnswer.objects.filter(user=people.bashir).values_list("answer", flat=True))
    assert said == ({"object"} if objected == "done" else {"no_answer"})
