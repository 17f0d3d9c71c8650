"""Priorities: from what the board wants, in plain words, down to the measures that show it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext

from decisions.models import Outcome, Priority
from decisions.services import priorities
from tests.cast import MAKER, NOW, Cast
from tests.conftest import Database
from tests.dashboard import pages
from tests.decisions import forums as made
from tests.decisions.forums import Gathering
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

LIST = "/centres/riverside/priorities/"
SEEN = "crisis-contacts-seen-in-4h"


@pytest.fixture
def gathered(people: Cast) -> Gathering:
    """The partnership group with two people, and a board."""
    return made.gathering(people)


@pytest.fixture
def priority(people: Cast, gathered: Gathering) -> Priority:
    """One outcome with one priority, shown by one measure."""
    outcome = priorities.agree_outcome(forum=gathered.board, title="I am seen quickly", by=MAKER, at=NOW)
    return priorities.set_priority(outcome=outcome, title="Four hours", measures=[SEEN], by=MAKER, at=NOW)


def test_an_outcome_leads_down_to_its_measures(people: Cast, gathered: Gathering) -> None:
    alice = signed_in(people.alice)
    assert "agreed on no outcome yet" in words(alice.get(LIST))
    assert alice.post(f"{LIST}outcomes/add/", {"title": "I am seen quickly", "words": ""}).status_code == 302
    outcome = Outcome.objects.get()
    form = {"title": "Four hours", "words": "By day and night", "measures": [SEEN]}
    assert alice.post(f"{LIST}outcomes/{outcome.pk}/add/", form).status_code == 302
    page = signed_in(people.operator).get(LIST)
    assert f"/centres/riverside/measures/{SEEN}/".encode() in page.content
    assert "Crisis contacts seen in 4 hours" in words(page)
    priority = Priority.objects.get()
    pages.fill(people)
    assert "Shows the priority Four hours , towards: I am seen quickly" in words(alice.get(pages.MEASURE))
    change = {"title": "Three hours", "words": "", "version": "1"}
    assert alice.post(f"{LIST}{priority.pk}/change/", change).status_code == 302
    assert "No measure shows this yet" in words(alice.get(LIST))
    assert alice.post(f"{LIST}{priority.pk}/retire/").status_code == 302
    assert alice.post(f"{LIST}outcomes/{outcome.pk}/retire/").status_code == 302
    assert "agreed on no outcome yet" in words(alice.get(LIST))
    assert Priority.objects.count() == 1


def test_only_the_board_agrees_and_only_on_measures_that_are_collected(gathered: Gathering, priority: Priority) -> None:
    with pytest.raises(ValidationError, match="The board agrees"):
        priorities.agree_outcome(forum=gathered.group, title="So", by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="Choose measures that Riverside centre collects"):
        priorities.set_priority(outcome=priority.outcome, title="So", measures=["unknown"], by=MAKER, at=NOW)


def test_a_change_of_what_somebody_else_changed_keeps_what_was_typed(people: Cast, priority: Priority) -> None:
    priorities.change_priority(priority=priority, title="Theirs", words="", measures=[], version=1, by=MAKER, at=NOW)
    alice = signed_in(people.alice)
    answer = alice.post(f"{LIST}{priority.pk}/change/", {"title": "Mine", "version": "1", "measures": [SEEN]})
    assert answer.status_code == 409
    assert "Theirs" in words(answer)
    assert b'value="Mine"' in answer.content
    assert b'name="version" value="2"' in answer.content
    outcome = priority.outcome
    priorities.change_outcome(outcome=outcome, title="Theirs too", words="", version=1, by=MAKER, at=NOW)
    answer = alice.post(f"{LIST}outcomes/{outcome.pk}/change/", {"title": "Mine", "version": "1"})
    assert answer.status_code == 409


def test_without_a_board_there_is_nothing_to_agree_on(people: Cast) -> None:
    alice = signed_in(people.alice)
    assert "Begin the board first" in words(alice.get(LIST))
    assert alice.get(f"{LIST}outcomes/add/").status_code == 404


@pytest.mark.parametrize("statement", ["DELETE FROM decisions_outcome", "DELETE FROM decisions_priority"])
def test_what_was_wanted_is_kept(priority: Priority, django_db_setup: Database, statement: str) -> None:
    with pytest.raises(Error, match=r"append-only|permission denied|foreign key"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("operator", "", 200),
        ("carol", "", 403),
        ("dev", "", 404),
        ("operator", "outcomes/add/", 403),
        ("bashir", "{pk}/change/", 403),
        ("alice", "{pk}/change/", 200),
        ("alice", "0/change/", 404),
    ],
)
def test_who_reaches_which_page(people: Cast, priority: Priority, person: str, path: str, status: int) -> None:
    assert signed_in(getattr(people, person)).get(LIST + path.format(pk=priority.pk)).status_code == status


def test_the_page_costs_the_same_whatever_there_is(people: Cast, gathered: Gathering) -> None:
    for number in range(8):
        outcome = priorities.agree_outcome(forum=gathered.board, title=f"Outcome {number}", by=MAKER, at=NOW)
        for _ in range(3):
            priorities.set_priority(outcome=outcome, title="First", measures=[SEEN], by=MAKER, at=NOW)
    alice = signed_in(people.alice)
    with CaptureQueriesContext(connection) as captured:
        assert alice.get(LIST).status_code == 200
    # Session, person and frame 4; standing, centre and seats 3; forums, outcomes and measures 5.
    assert len(captured) <= 12
