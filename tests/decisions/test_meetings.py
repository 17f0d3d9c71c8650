"""Meetings: planned, prepared, held with minutes that can be corrected and never lost, cancelled with a reason."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext

from decisions.models import Meeting, Minutes
from decisions.queries import forums as forum_queries
from decisions.services import meetings
from nhc.models import Notice
from partners.lifecycle import IllegalMoveError
from tests.cast import MAKER, NOW, Cast
from tests.conftest import Database
from tests.decisions import forums as made
from tests.decisions.forums import DAY, Gathering
from tests.factories import EmploymentFactory, PartnershipFactory
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

GROUP = "/centres/riverside/forums/group/"
LIST = f"{GROUP}meetings/"
WHEN = {"day-day": "9", "day-month": "4", "day-year": "2026", "clock": "14:30", "place": "Room 1"}


@pytest.fixture
def gathered(people: Cast) -> Gathering:
    """The partnership group with two people, and a board."""
    return made.gathering(people)


@pytest.fixture
def begun(gathered: Gathering) -> Meeting:
    """A meeting that was planned and has begun, with something on its agenda and a paper."""
    before = NOW - 5 * DAY
    meeting = made.meeting(gathered.group, at=before, days=4)
    meetings.add_item(meeting=meeting, title="Rooms", by=MAKER, at=before)
    meetings.add_paper(meeting=meeting, title="Evenings", text="Many come *late*.", by=MAKER, at=before)
    return meeting


def held(meeting: Meeting, gathered: Gathering) -> Minutes:
    return meetings.hold_meeting(meeting=meeting, present=[gathered.alice], minutes="We met.", by=MAKER, at=NOW)


def test_a_meeting_is_planned_prepared_held_and_its_minutes_corrected(people: Cast, gathered: Gathering) -> None:
    alice, bashir = signed_in(people.alice), signed_in(people.bashir)
    issue = made.issue(gathered.group, people.operator)
    page = alice.post(f"{LIST}plan/", WHEN)["Location"]
    assert "9 April 2026, 14:30" in words(bashir.get(GROUP))
    assert alice.post(f"{page}agenda/add/", {"title": "Evenings", "about": f"issue-{issue.pk}"}).status_code == 302
    assert alice.post(f"{page}papers/add/", {"title": "Figures", "text": "# Two rooms"}).status_code == 302
    shown = words(bashir.get(page))
    assert "Evenings: No room after eight" in shown
    assert "Two rooms" in shown
    meeting = Meeting.objects.get()
    early = alice.post(f"{page}hold/", {"present": [str(gathered.alice.pk)], "minutes": "We met"})
    assert "has not begun yet" in words(early)
    form = {**WHEN, "version": str(meeting.version), "clock": "10:31", "day-day": "2"}
    assert alice.post(f"{page}change/", form).status_code == 302
    Meeting.objects.filter(pk=meeting.pk).update(starts_at=NOW - timedelta(hours=1))
    done = alice.post(f"{page}hold/", {"present": [str(gathered.bashir.pk)], "minutes": "We *met*."})
    assert done.status_code == 302
    assert alice.post(f"{page}minutes/", {"number": "1", "minutes": "We met twice."}).status_code == 302
    shown = words(bashir.get(page))
    assert "Bashir, Open Door" in shown
    assert "We met twice." in shown
    assert "As written on 2 April 2026" in shown


def test_those_who_sit_there_are_told_when_it_is_planned_moved_and_cancelled(people: Cast, gathered: Gathering) -> None:
    alice = signed_in(people.alice)
    page = alice.post(f"{LIST}plan/", WHEN)["Location"]
    alice.post(f"{page}agenda/add/", {"title": "Rooms"})
    form = {**WHEN, "version": "2", "clock": "15:00"}
    assert alice.post(f"{page}change/", form).status_code == 302
    assert alice.post(f"{page}change/", form | {"version": "3", "place": "Room 2"}).status_code == 302
    assert alice.post(f"{page}change/", form | {"version": "4", "place": "Room 2"}).status_code == 302
    assert alice.post(f"{page}cancel/", {"reason": "Sam is ill"}).status_code == 302
    told = Notice.objects.filter(user=people.bashir, kind="meeting", path=page).order_by("pk")
    group = "Professional Partnership Group"
    assert list(told.values_list("sentence", flat=True)) == [
        f"The {group} meets on 9 April 2026, 14:30.",
        f"The {group} meets on 9 April 2026, 15:00, not on 9 April 2026, 14:30.",
        f"The {group} meets on 9 April 2026, 15:00 elsewhere than planned.",
        f"The meeting of the {group} on 9 April 2026, 15:00 is cancelled. You read there why.",
    ]
    assert not Notice.objects.filter(user=people.alice).exists()


def test_pages_cost_the_same_whatever_there_is(people: Cast, gathered: Gathering, begun: Meeting) -> None:
    for number in range(8):
        made.meeting(gathered.group, days=number + 1)
        organisation = PartnershipFactory.create(centre=people.riverside).organisation
        made.seat(gathered.group, EmploymentFactory.create(organisation=organisation).user, organisation)
        issue = made.issue(gathered.group, people.operator, title=f"Issue {number}")
        meetings.add_item(meeting=begun, title=f"Item {number}", issue=issue, by=MAKER, at=NOW)
        meetings.add_paper(meeting=begun, title=f"Paper {number}", text="Read", by=MAKER, at=NOW)
    seats = forum_queries.seats_of(gathered.group, NOW)
    meetings.hold_meeting(meeting=begun, present=seats, minutes="We met.", by=MAKER, at=NOW)
    for number in range(1, 4):
        meetings.correct_minutes(meeting=begun, text=f"We met {number}.", number=number, by=MAKER, at=NOW)
    alice, counts = signed_in(people.alice), []
    for page in (LIST, f"{LIST}{begun.pk}/"):
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(page).status_code == 200
        counts.append(len(captured))
    # Session, person and frame 4; standing, centre, seats, forum and chair 5; the list then 2, and the meeting 7:
    # itself, agenda, papers, minutes, who came, its last move and whether somebody may change it.
    assert counts[0] <= 11
    assert counts[1] <= 16


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"clock": "25:00"}, "Time must be a time, like 14:30"),
        ({"clock": ""}, "Enter time"),
        ({"day-day": "31"}, "must be a real date"),
        ({"day-day": "2", "clock": "09:00"}, "still to come"),
        ({"day-month": "3", "day-year": "2027", "day-day": "28", "clock": "01:30"}, "clocks go forward"),
        ({"place": ""}, "Enter place"),
    ],
)
def test_a_meeting_has_a_time_to_come_and_a_place(
    people: Cast, gathered: Gathering, wrong: dict[str, str], sentence: str
) -> None:
    answer = signed_in(people.alice).post(f"{LIST}plan/", WHEN | wrong)
    assert answer.status_code == 422
    assert sentence in words(answer)


@pytest.mark.parametrize(
    ("paper", "sentence"),
    [
        ({"title": "Both", "text": "x", "address": "https://example.org/"}, "either a text or an address"),
        ({"title": "Neither"}, "either a text or an address"),
        ({"title": "Script", "address": "javascript:alert(1)"}, "starts with https://"),
    ],
)
def test_a_paper_is_a_text_or_an_address_of_the_web(
    people: Cast, begun: Meeting, paper: dict[str, str], sentence: str
) -> None:
    answer = signed_in(people.alice).post(f"{LIST}{begun.pk}/papers/add/", paper)
    assert answer.status_code == 422
    assert sentence in words(answer)


def test_a_cancelled_meeting_says_why_and_is_over(people: Cast, begun: Meeting, gathered: Gathering) -> None:
    alice = signed_in(people.alice)
    assert alice.post(f"{LIST}{begun.pk}/cancel/", {"reason": ""}).status_code == 422
    assert alice.post(f"{LIST}{begun.pk}/cancel/", {"reason": "Too few could come"}).status_code == 302
    assert "Too few could come" in words(alice.get(f"{LIST}{begun.pk}/"))
    for act in (
        lambda: held(begun, gathered),
        lambda: meetings.add_item(meeting=begun, title="More", by=MAKER, at=NOW),
        lambda: meetings.remove_paper(paper=begun.papers.get(), by=MAKER, at=NOW),
    ):
        with pytest.raises(IllegalMoveError, match="cancelled already"):
            act()


def test_what_is_on_the_agenda_can_be_taken_off_while_it_is_planned(people: Cast, begun: Meeting) -> None:
    alice, item, paper = signed_in(people.alice), begun.agenda.get(), begun.papers.get()
    assert alice.post(f"{LIST}{begun.pk}/agenda/{item.pk}/remove/").status_code == 302
    assert alice.post(f"{LIST}{begun.pk}/papers/{paper.pk}/remove/").status_code == 302
    assert alice.post(f"{LIST}{begun.pk}/papers/{paper.pk}/remove/").status_code == 404
    assert "Nothing is on the agenda" in words(alice.get(f"{LIST}{begun.pk}/"))


def test_who_corrects_minutes_at_once_sees_the_others_words_and_keeps_their_own(
    people: Cast, begun: Meeting, gathered: Gathering
) -> None:
    held(begun, gathered)
    meetings.correct_minutes(meeting=begun, text="Theirs.", number=1, by=MAKER, at=NOW)
    answer = signed_in(people.alice).post(f"{LIST}{begun.pk}/minutes/", {"number": "1", "minutes": "Mine."})
    assert answer.status_code == 409
    assert "Theirs." in words(answer)
    assert b"Mine." in answer.content
    assert b'name="number" value="2"' in answer.content


def test_a_change_of_a_meeting_that_somebody_else_changed_is_shown_beside_theirs(people: Cast, begun: Meeting) -> None:
    answer = signed_in(people.alice).post(f"{LIST}{begun.pk}/change/", WHEN | {"version": "1", "place": "My room"})
    assert answer.status_code == 409
    assert "Room 1" in words(answer)
    assert b"My room" in answer.content


def test_only_who_sits_there_was_there(people: Cast, begun: Meeting, gathered: Gathering) -> None:
    stranger = made.seat(gathered.board, people.alice, people.trust)
    with pytest.raises(ValidationError, match="does not sit here"):
        meetings.hold_meeting(meeting=begun, present=[stranger], minutes="We met", by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="Say who came"):
        meetings.hold_meeting(meeting=begun, present=[], minutes="We met", by=MAKER, at=NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions_meeting SET place = 'x'",
        "UPDATE decisions_meeting SET state = 'planned'",
        "DELETE FROM decisions_meeting",
        "UPDATE decisions_agendaitem SET title = 'x'",
        "DELETE FROM decisions_agendaitem",
        "UPDATE decisions_paper SET text = 'x'",
        "UPDATE decisions_minutes SET text = 'x'",
        "DELETE FROM decisions_attendance",
        "UPDATE decisions_meetingmove SET reason = 'x'",
    ],
)
def test_a_meeting_that_was_held_stays_as_it_was(
    begun: Meeting, gathered: Gathering, django_db_setup: Database, statement: str
) -> None:
    held(begun, gathered)
    with pytest.raises(Error, match=r"append-only|of a meeting that is held|permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_minutes_that_nobody_wrote_are_not_there_to_correct(people: Cast, begun: Meeting) -> None:
    assert signed_in(people.alice).get(f"{LIST}{begun.pk}/minutes/").status_code == 404
