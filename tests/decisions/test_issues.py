"""Issues: raised to a forum, passed on, and answered back to whoever raised them."""

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from decisions.models import Issue, IssueMove
from decisions.services import issues
from nhc.actors import Actor
from nhc.models import AuditEvent, Notice, User
from partners.lifecycle import IllegalMoveError
from tests.cast import MAKER, NOW, Cast
from tests.conftest import Database
from tests.decisions import forums as made
from tests.decisions.forums import DAY, Gathering
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

LIST = "/centres/riverside/issues/"
WORDS = {"title": "No room after eight", "words": "The rooms are locked at eight.", "forum": "group"}


@pytest.fixture
def gathered(people: Cast) -> Gathering:
    """The partnership group with two people, and a board."""
    return made.gathering(people)


@pytest.fixture
def raised(people: Cast, gathered: Gathering) -> Issue:
    """What the operator, who sits nowhere, raised to the group."""
    return made.issue(gathered.group, people.operator)


def told(user: User, kind: str = "issue") -> list[str]:
    return list(Notice.objects.filter(user=user, kind=kind).order_by("pk").values_list("sentence", flat=True))


def test_an_issue_is_raised_answered_and_the_answer_comes_back(people: Cast, gathered: Gathering) -> None:
    operator, alice = signed_in(people.operator), signed_in(people.alice)
    sent = operator.post(f"{LIST}raise/", WORDS)
    assert sent.status_code == 302
    assert "An issue was raised to the Professional Partnership Group" in told(people.alice)[0]
    assert alice.post(f"{sent['Location']}take/").status_code == 302
    assert "looks at the issue that you raised" in told(people.operator)[0]
    answer = {"version": "2", "answer": "Two rooms stay open from Monday."}
    assert alice.post(f"{sent['Location']}answer/", answer).status_code == 302
    assert "has answered the issue that you raised" in told(people.operator)[1]
    assert not Notice.objects.filter(sentence__contains=WORDS["title"]).exists(), "What people type may name somebody."
    page = words(operator.get(sent["Location"]))
    assert "Two rooms stay open from Monday." in page
    assert "Does this answer settle it?" in page
    assert operator.post(f"{sent['Location']}close/").status_code == 302
    assert Issue.objects.get().state == "closed"
    assert list(IssueMove.objects.order_by("pk").values_list("state", flat=True)) == [
        "raised",
        "taken",
        "answered",
        "closed",
    ]


def test_an_answer_that_settles_nothing_comes_back_to_the_forum(people: Cast, raised: Issue) -> None:
    issues.answer_issue(issue=raised, answer="Ask again later", version=1, by=Actor.user(people.alice), at=NOW)
    operator = signed_in(people.operator)
    assert operator.post(f"{LIST}{raised.pk}/again/", {"reason": ""}).status_code == 422
    assert operator.post(f"{LIST}{raised.pk}/again/", {"reason": "Later is too late"}).status_code == 302
    raised.refresh_from_db()
    assert (raised.state, raised.answer, raised.answered_at) == ("raised", "", None)
    assert "did not settle an issue" in told(people.alice)[1]
    assert "Ask again later" in words(operator.get(f"{LIST}{raised.pk}/"))


def test_an_issue_is_passed_on_with_a_reason_that_its_raiser_reads(
    people: Cast, gathered: Gathering, raised: Issue
) -> None:
    made.seat(gathered.board, people.bashir, people.charity)
    form = {"version": "1", "forum": "board", "reason": "It needs money."}
    assert signed_in(people.alice).post(f"{LIST}{raised.pk}/pass-on/", form).status_code == 302
    assert "was passed on to the Neighbourhood Partnership Board" in told(people.operator)[0]
    assert any("passed on to the Neighbourhood Partnership Board" in each for each in told(people.bashir))
    page = words(signed_in(people.operator).get(f"{LIST}{raised.pk}/"))
    assert "Passed on to the Neighbourhood Partnership Board" in page
    assert "It needs money." in page


def test_an_issue_goes_up_and_back_where_it_lay_and_never_down(
    people: Cast, gathered: Gathering, raised: Issue, django_db_setup: Database
) -> None:
    made.forum(people.riverside, "backbone")
    page, form = f"{LIST}{raised.pk}/pass-on/", {"version": "1", "reason": "It needs money."}
    alice = signed_in(people.alice)
    offered = words(alice.get(page))
    assert "Neighbourhood Partnership Board" in offered
    assert "Backbone" not in offered
    assert alice.post(page, form | {"forum": "backbone"}).status_code == 422
    assert alice.post(page, form | {"forum": "board"}).status_code == 302
    back = {"version": "2", "forum": "group", "reason": "There is money for it already."}
    assert alice.post(page, back).status_code == 302
    down = made.issue(gathered.board, people.operator)
    assert "Pass it on" not in words(alice.get(f"{LIST}{down.pk}/"))
    assert alice.get(f"{LIST}{down.pk}/pass-on/").status_code == 404
    with pytest.raises(ValidationError, match="back to one where it lay"):
        issues.pass_on_issue(issue=down, forum=gathered.group, reason="So", version=1, by=MAKER, at=NOW)
    with pytest.raises(Error, match="cannot become"), transaction.atomic():
        Issue.objects.filter(pk=down.pk).update(forum=gathered.group)


def test_two_people_who_answer_at_once_do_not_overwrite_each_other(people: Cast, raised: Issue) -> None:
    signed_in(people.bashir).post(f"{LIST}{raised.pk}/take/")
    answer = signed_in(people.alice).post(f"{LIST}{raised.pk}/answer/", {"version": "1", "answer": "What I typed"})
    assert answer.status_code == 409
    assert "Somebody else has changed this" in words(answer)
    assert b"What I typed" in answer.content
    assert b'name="version" value="2"' in answer.content
    issues.answer_issue(issue=raised, answer="Done", version=2, by=MAKER, at=NOW)
    with pytest.raises(IllegalMoveError, match="answered already"):
        issues.answer_issue(issue=raised, answer="Done twice", version=2, by=MAKER, at=NOW)


def test_only_the_raiser_says_whether_an_answer_settles_it(people: Cast, raised: Issue) -> None:
    issues.answer_issue(issue=raised, answer="Done", version=1, by=MAKER, at=NOW)
    assert signed_in(people.alice).post(f"{LIST}{raised.pk}/close/").status_code == 403
    with pytest.raises(ValidationError, match="Only the person who raised this"):
        issues.close_issue(issue=raised, by=Actor.user(people.alice), at=NOW)


def test_what_cannot_be_done_any_more_says_so(people: Cast, raised: Issue) -> None:
    issues.answer_issue(issue=raised, answer="Done", version=1, by=MAKER, at=NOW)
    refused = signed_in(people.alice).post(f"{LIST}{raised.pk}/take/")
    assert refused.status_code == 409
    assert "answered already" in words(refused)


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("alice", "", 200),
        ("operator", "raise/", 200),
        ("carol", "", 403),
        ("carol", "raise/", 403),
        ("dev", "raise/", 404),
        ("bashir", "{pk}/answer/", 200),
        ("operator", "{pk}/answer/", 403),
        ("operator", "{pk}/again/", 200),
        ("alice", "{pk}/again/", 403),
        ("alice", "0/", 404),
    ],
)
def test_who_reaches_which_page(people: Cast, raised: Issue, person: str, path: str, status: int) -> None:
    assert signed_in(getattr(people, person)).get(LIST + path.format(pk=raised.pk)).status_code == status


def test_another_centres_issue_is_absent(people: Cast, gathered: Gathering) -> None:
    elsewhere = made.forum(people.hillside)
    issue = issues.raise_issue(
        forum=elsewhere,
        title="Theirs",
        words="Theirs",
        organisation=people.housing,
        by=Actor.user(people.dev),
        at=NOW,
    )
    alice = signed_in(people.alice)
    assert alice.get(f"{LIST}{issue.pk}/").status_code == 404
    assert alice.post(f"{LIST}{issue.pk}/answer/", {"version": "1", "answer": "Mine"}).status_code == 404
    mine = made.issue(gathered.group, people.operator)
    with pytest.raises(ValidationError, match="goes up to a forum of this centre"):
        issues.pass_on_issue(issue=mine, forum=elsewhere, reason="So", version=1, by=MAKER, at=NOW)
    with pytest.raises(Error, match="cannot become"), transaction.atomic():
        Issue.objects.filter(pk=mine.pk).update(forum=elsewhere)


def test_the_list_is_filtered_and_its_pages_keep_the_filter(people: Cast, gathered: Gathering) -> None:
    for number in range(25):
        made.issue(gathered.group, people.operator, title=f"Issue {number}")
    done = made.issue(gathered.board, people.bashir, title="Settled")
    issues.answer_issue(issue=done, answer="Done", version=1, by=MAKER, at=NOW)
    alice = signed_in(people.alice)
    first = alice.get(f"{LIST}?state=waiting&forum=group")
    assert "25 issues" in words(first)
    assert b'href="?state=waiting&amp;forum=group&amp;mine=&amp;page=2"' in first.content
    assert "Settled" in words(alice.get(f"{LIST}?state=answered"))
    assert "Settled" not in words(alice.get(f"{LIST}?forum=group"))
    assert "No issue is like that" in words(alice.get(f"{LIST}?mine=yes"))
    for odd in ("?state=nonsense", "?page=999", "?forum=%00", "?page=x"):
        assert alice.get(f"{LIST}{odd}").status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions_issue SET title = 'x'",
        "UPDATE decisions_issue SET state = 'closed', answer = 'x', answered_at = now()",
        "DELETE FROM decisions_issue",
        "UPDATE decisions_issuemove SET words = 'x'",
        "TRUNCATE decisions_issuemove",
    ],
)
def test_what_was_raised_and_how_it_moved_is_kept(raised: Issue, django_db_setup: Database, statement: str) -> None:
    with pytest.raises(Error, match=r"cannot become|append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_the_trail_holds_no_words(people: Cast, raised: Issue) -> None:
    issues.answer_issue(issue=raised, answer="Some secret", version=1, by=Actor.user(people.alice), at=NOW + DAY)
    events = AuditEvent.objects.filter(subject="issue").order_by("pk")
    assert [event.verb for event in events] == ["issue.raised", "issue.answered"]
    assert "secret" not in str([event.details for event in events])
    assert {event.centre for event in events} == {"riverside"}


def test_pages_cost_the_same_whatever_there_is(people: Cast, gathered: Gathering, raised: Issue) -> None:
    alice: Client = signed_in(people.alice)
    for number in range(12):
        made.issue(gathered.group, people.bashir, title=f"Issue {number}")
    counts = []
    for page in (LIST, f"{LIST}{raised.pk}/"):
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(page).status_code == 200
        counts.append(len(captured))
    # Session, person and frame 4; standing, centre and seats 3; the list then 3, and the issue 4.
    assert counts[0] <= 11
    assert counts[1] <= 12
