"""Proposals: advice, consent and consensus; silence blocks nothing, an objection does; what is decided is reviewed."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext

from dashboard.queries import charts
from decisions.counting import Answer, Template, standing
from decisions.models import Decision, DecisionReview, Proposal, ProposalAnswer
from decisions.queries import proposals as queries
from decisions.services import decisions, forums, nudges, proposals
from nhc.actors import Actor
from nhc.models import Notice
from partners.lifecycle import IllegalMoveError
from partners.permissions import Audience
from tests.cast import MAKER, NOW, TODAY, Cast
from tests.conftest import Database
from tests.dashboard import pages
from tests.decisions import forums as made
from tests.decisions.forums import DAY, Gathering
from tests.factories import EmploymentFactory
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

GROUP = "/centres/riverside/forums/group/"
LIST = f"{GROUP}proposals/"
OVER = NOW + 11 * DAY
FOR, AGREE, LIVE, OBJECT = Answer.FOR, Answer.AGREE, Answer.CAN_LIVE_WITH_IT, Answer.OBJECT
ASIDE, DISAGREE, AGAINST = Answer.STAND_ASIDE, Answer.DISAGREE, Answer.AGAINST


@pytest.fixture
def gathered(people: Cast) -> Gathering:
    """The partnership group with two people, and a board."""
    return made.gathering(people)


# Who sits there are 1, 2 and 3. Then: whether it may be decided, and adopted.
@pytest.mark.parametrize(
    ("template", "answers", "over", "decide", "adopt"),
    [
        ("advice", {}, False, False, False),
        ("advice", {}, True, True, True),
        ("advice", {1: FOR, 2: AGAINST, 3: AGAINST}, False, True, True),
        ("consent", {1: AGREE, 2: LIVE}, False, False, False),
        ("consent", {1: AGREE, 2: LIVE, 3: LIVE}, False, True, True),
        ("consent", {}, True, True, True),
        ("consent", {1: AGREE, 2: OBJECT}, True, True, False),
        ("consent", {1: AGREE, 2: OBJECT, 3: AGREE}, False, True, False),
        ("consent", {1: AGREE, 9: OBJECT}, True, True, True),
        ("consensus", {1: AGREE, 2: AGREE, 3: ASIDE}, False, True, True),
        ("consensus", {1: AGREE, 2: ASIDE, 3: ASIDE}, False, True, False),
        ("consensus", {1: AGREE, 2: AGREE}, True, True, True),
        ("consensus", {1: AGREE}, True, True, False),
        ("consensus", {1: AGREE, 2: AGREE, 3: DISAGREE}, True, True, False),
    ],
)
def test_how_answers_are_counted(
    template: str, answers: dict[int, Answer], over: bool, decide: bool, adopt: bool
) -> None:
    found = standing(Template(template), answers, [1, 2, 3], over=over)
    assert (found.may_decide, found.may_adopt) == (decide, adopt)


def test_a_proposal_is_made_answered_decided_and_reviewed(people: Cast, gathered: Gathering) -> None:
    alice, bashir = signed_in(people.alice), signed_in(people.bashir)
    form = {"title": "Rooms until ten", "words": "Two rooms stay **open**.", "template": "consent"}
    form |= {"deadline-day": "20", "deadline-month": "4", "deadline-year": "2026"}
    sent = bashir.post(f"{LIST}make/", form)
    assert sent.status_code == 302
    assert "is asked about a proposal" in Notice.objects.get(user=people.alice).sentence
    page = sent["Location"]
    assert "Waiting for your answer" in words(alice.get("/centres/riverside/forums/"))
    assert alice.post(f"{page}answer/", {"answer": "object", "reason": ""}).status_code == 422
    assert alice.post(f"{page}answer/", {"answer": "object", "reason": "Nobody locks up"}).status_code == 302
    assert bashir.post(f"{page}answer/", {"answer": "agree"}).status_code == 302
    outcome = {"adopted": "yes", "outcome": "Two rooms stay open.", "measures": ["visits-to-community-partners"]}
    outcome |= {"review_on-day": "1", "review_on-month": "7", "review_on-year": "2026"}
    refused = alice.post(f"{page}decide/", outcome)
    assert refused.status_code == 422
    assert "An objection stands" in words(refused)
    assert alice.post(f"{page}answer/", {"answer": "can_live_with_it", "reason": "Security does"}).status_code == 302
    done = alice.post(f"{page}decide/", outcome)
    assert done.status_code == 302
    shown = words(bashir.get(done["Location"]))
    assert "Visits to community partners" in shown
    assert "1 July 2026" in shown
    assert "Nobody locks up" in words(bashir.get(page))
    review = {"verdict": "worked", "words": "More people came in the evening."}
    assert alice.post(f"{done['Location']}review/", review).status_code == 302
    assert "It did what it was for" in words(bashir.get(done["Location"]))


def test_silence_is_recorded_and_blocks_nothing(people: Cast, gathered: Gathering) -> None:
    proposal = made.proposal(gathered.group, people.alice)
    made.answered(proposal, people.alice, "agree")
    with pytest.raises(ValidationError, match="1 person has not answered yet"):
        decisions.decide_proposal(proposal=proposal, statement=made.statement(), by=MAKER, at=NOW + DAY)
    decisions.decide_proposal(proposal=proposal, statement=made.statement(at=OVER), by=MAKER, at=OVER)
    assert ProposalAnswer.objects.get(user=people.bashir).answer == "no_answer"
    shown = words(signed_in(people.alice).get(f"{LIST}{proposal.pk}/"))
    assert "Bashir, Open Door: no answer" in shown


def test_a_proposal_moves_once_and_takes_no_answer_afterwards(people: Cast, gathered: Gathering) -> None:
    proposal = made.proposal(gathered.group, people.alice)
    with pytest.raises(ValidationError, match="Only the person who proposed this"):
        proposals.withdraw_proposal(proposal=proposal, by=Actor.user(people.bashir), at=NOW)
    proposals.withdraw_proposal(proposal=proposal, by=Actor.user(people.alice), at=NOW)
    for act in (
        lambda: made.answered(proposal, people.bashir, "agree"),
        lambda: proposals.withdraw_proposal(proposal=proposal, by=Actor.user(people.alice), at=NOW),
        lambda: decisions.decide_proposal(proposal=proposal, statement=made.statement(at=OVER), by=MAKER, at=OVER),
    ):
        with pytest.raises(IllegalMoveError, match="withdrawn already"):
            act()


def test_only_those_who_sit_there_answer_and_only_what_is_asked(people: Cast, gathered: Gathering) -> None:
    proposal = made.proposal(gathered.group, people.alice)
    with pytest.raises(ValidationError, match="Only those who sit in"):
        made.answered(proposal, people.operator, "agree")
    for wrong in ("for", "no_answer", "nonsense"):
        with pytest.raises(ValidationError, match="Choose one of the answers"):
            made.answered(proposal, people.bashir, wrong)
    answer = ProposalAnswer(proposal=proposal, user=people.operator, answer="agree", answered_at=NOW)
    with pytest.raises(Error, match="only those who sit"), transaction.atomic():
        answer.save(force_insert=True)
    answer = ProposalAnswer(proposal=proposal, user=people.bashir, answer="for", answered_at=NOW)
    with pytest.raises(Error, match="no answer to consent"), transaction.atomic():
        answer.save(force_insert=True)


def test_after_advice_whoever_asked_for_it_decides(people: Cast, gathered: Gathering) -> None:
    proposal = made.proposal(gathered.group, people.bashir, template="advice")
    made.answered(proposal, people.alice, "against", reason="Too soon")
    made.answered(proposal, people.bashir, "for")
    bashir = signed_in(people.bashir)
    outcome = {"adopted": "no", "outcome": "Not this year."}
    assert bashir.post(f"{LIST}{proposal.pk}/decide/", outcome).status_code == 302
    other = made.proposal(gathered.group, people.bashir)
    assert bashir.get(f"{LIST}{other.pk}/decide/").status_code == 403
    assert Decision.objects.get().adopted is False


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions_proposal SET words = 'x'",
        "UPDATE decisions_proposal SET deadline = deadline + interval '1 day'",
        "DELETE FROM decisions_proposal",
        "UPDATE decisions_proposalanswer SET answer = 'agree'",
        "DELETE FROM decisions_proposalanswer",
        "UPDATE decisions_decision SET outcome = 'x'",
        "UPDATE decisions_decision SET review_on = NULL",
        "DELETE FROM decisions_decisionmeasure",
        "DELETE FROM decisions_decisionreview",
        "TRUNCATE decisions_decision CASCADE",
    ],
)
def test_what_was_asked_answered_and_decided_is_kept(
    people: Cast, gathered: Gathering, django_db_setup: Database, statement: str
) -> None:
    proposal = made.proposal(gathered.group, people.alice)
    made.answered(proposal, people.alice, "can_live_with_it")
    decided = made.decision(gathered.group, "visits-to-community-partners")
    decisions.review_decision(decision=decided, verdict="worked", words="It did", next_on=None, by=MAKER, at=NOW)
    with pytest.raises(Error, match=r"as it was made|append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (made.statement(review_on=TODAY), "The review comes after today"),
        (decisions.Statement("Yes"), "Say when you look whether it worked"),
        (made.statement("ae-attendances"), "Choose measures that Riverside centre collects"),
    ],
)
def test_what_is_adopted_is_looked_at_again_by_measures_that_are_there(
    gathered: Gathering, statement: decisions.Statement, sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        decisions.record_decision(forum=gathered.group, title="So", statement=statement, by=MAKER, at=NOW)


def test_the_undecided_are_nudged_once_a_stage_and_nobody_else(people: Cast, gathered: Gathering) -> None:
    proposal = made.proposal(gathered.group, people.alice, days=10)
    made.answered(proposal, people.alice, "agree")
    assert Notice.objects.filter(user=people.bashir).count() == 1
    counts = [nudges.nudge_forums(by=MAKER, at=NOW + days * DAY) for days in (0, 0, 4, 5, 9, 9, 11)]
    assert counts == [1, 0, 1, 0, 1, 0, 0]
    assert not Notice.objects.filter(user=people.alice).exists()
    said = Notice.objects.filter(user=people.bashir).order_by("-pk").values_list("sentence", flat=True)
    assert "You have not answered a proposal to the Professional Partnership Group" in said[0]


def test_a_nudge_names_the_last_day_and_counts_to_it(people: Cast, gathered: Gathering) -> None:
    form = {"title": "Rooms", "words": "Open", "template": "consent"}
    form |= {"deadline-day": "20", "deadline-month": "4", "deadline-year": "2026"}
    page = signed_in(people.alice).post(f"{LIST}make/", form)["Location"]
    assert [nudges.nudge_forums(by=MAKER, at=NOW + days * DAY) for days in (3, 4, 18)] == [0, 2, 2]
    asked, *nudged = Notice.objects.filter(user=people.bashir).order_by("pk").values_list("sentence", flat=True)
    assert asked.endswith("Answer by 20 April 2026.")
    assert all("Answer by 20 April 2026;" in sentence for sentence in nudged)
    assert "Answer by 20 April 2026" in words(signed_in(people.bashir).get(page))


def test_what_is_decided_has_a_decision_and_the_other_way_round(people: Cast, gathered: Gathering) -> None:
    proposal = made.proposal(gathered.group, people.alice)
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(Error, match="is decided by a decision"), transaction.atomic():
        Proposal.objects.update(state="decided", moved_at=NOW)
    decided = Decision(forum=gathered.group, proposal=proposal, title="So", outcome="So", adopted=False)
    decided.decided_at, decided.decided_on = NOW, TODAY
    with pytest.raises(Error, match="is decided by a decision"), transaction.atomic():
        decided.save(force_insert=True)


def test_a_review_is_reminded_of_until_it_is_held(people: Cast, gathered: Gathering) -> None:
    review_on = TODAY + timedelta(days=30)
    decided = made.decision(gathered.group, review_on=review_on)
    counts = [nudges.nudge_forums(by=MAKER, at=NOW + days * DAY) for days in (10, 16, 17, 23, 29, 30, 31)]
    assert counts == [0, 2, 0, 2, 2, 2, 0]
    later = review_on + timedelta(days=30)
    decisions.review_decision(
        decision=decided,
        verdict=DecisionReview.Verdict.EARLY,
        words="Too few weeks",
        next_on=later,
        by=MAKER,
        at=NOW + 32 * DAY,
    )
    assert [nudges.nudge_forums(by=MAKER, at=NOW + days * DAY) for days in (33, 46)] == [0, 2]
    with pytest.raises(ValidationError, match="say when it is looked at again"):
        decisions.review_decision(decision=decided, verdict="early", words="?", next_on=None, by=MAKER, at=NOW)


def test_what_was_adopted_is_marked_on_the_charts_of_its_measures(people: Cast, gathered: Gathering) -> None:
    pages.fill(people)
    before = charts.picture_version(people.riverside)
    made.decision(gathered.group, people.seen.code, at=NOW - 20 * DAY)
    decisions.record_decision(
        forum=gathered.group,
        title="Not now",
        statement=decisions.Statement("No", adopted=False, measures=(people.seen.code,)),
        by=MAKER,
        at=NOW - 20 * DAY,
    )
    assert charts.picture_version(people.riverside) != before
    found = {
        code: charts.one(people.riverside, measure, audience=Audience.MEMBER, today=TODAY)
        for code, measure in (("seen", people.seen), ("visits", people.visits))
    }
    marked = {
        code: [] if each is None or each.chart is None else each.chart.annotations for code, each in found.items()
    }
    assert [(mark.date, mark.text) for mark in marked["seen"]] == [
        (TODAY - 20 * DAY, "Decision of the Professional Partnership Group: Rooms stay open")
    ]
    assert marked["visits"] == []
    assert "Rooms stay open" in words(signed_in(people.alice).get(pages.MEASURE))


def test_a_leavers_objection_is_not_counted(people: Cast, gathered: Gathering) -> None:
    leaver = EmploymentFactory.create(organisation=people.trust).user
    seat = made.seat(gathered.group, leaver, people.trust)
    proposal = made.proposal(gathered.group, people.alice)
    made.answered(proposal, leaver, "object", reason="No")
    assert queries.heard(proposal, OVER).standing.may_adopt is False
    forums.end_seat(seat=seat, by=MAKER, at=NOW + DAY)
    assert queries.heard(proposal, OVER).standing.may_adopt is True


def test_the_lists_and_pages_cost_the_same_whatever_there_is(people: Cast, gathered: Gathering) -> None:
    proposal = made.proposal(gathered.group, people.alice)
    for number in range(12):
        user = EmploymentFactory.create(organisation=people.trust).user
        made.seat(gathered.group, user, people.trust)
        made.answered(proposal, user, "agree")
        made.proposal(gathered.group, people.alice, title=f"Proposal {number}")
        made.decision(gathered.group)
    alice, counts = signed_in(people.alice), []
    for page in (LIST, f"{LIST}{proposal.pk}/", f"{GROUP}decisions/", f"{GROUP}decisions/?only=due"):
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(page).status_code == 200
        counts.append(len(captured))
    # Session, person and frame 4; standing, centre, seats, forum and chair 5; lists 2, a proposal 5.
    assert max(counts[0], counts[2], counts[3]) <= 12
    assert counts[1] <= 15
    assert Proposal.objects.count() == 13
