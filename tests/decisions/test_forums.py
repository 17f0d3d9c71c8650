"""Forums: people of many organisations sit there, and the chair goes round fairly."""

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from decisions.models import ChairTerm, Forum, ForumSeat
from decisions.queries import forums as queries
from decisions.rotation import Candidate, Term, next_turn
from decisions.services import forums
from nhc.models import AuditEvent
from partners.models import Employment
from tests.cast import MAKER, NOW, Cast
from tests.conftest import Database
from tests.decisions import forums as made
from tests.decisions.forums import DAY, Gathering
from tests.factories import EmploymentFactory, MembershipFactory, PartnershipFactory
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

LIST = "/centres/riverside/forums/"


@pytest.fixture
def gathered(people: Cast) -> Gathering:
    """The partnership group with two people, and a board."""
    return made.gathering(people)


@pytest.fixture
def alice(people: Cast) -> Client:
    """The centre manager."""
    return signed_in(people.alice)


def passed(forum: Forum, seat: ForumSeat, *, after: int, reason: str = "") -> ChairTerm:
    at = NOW + after * DAY
    return forums.pass_chair(forum=forum, seat=seat, ends_at=at + 90 * DAY, reason=reason, by=MAKER, at=at)


def test_a_forum_is_begun_and_its_people_seated(people: Cast, alice: Client) -> None:
    page = alice.get(LIST)
    assert "No forum has begun yet" in words(page)
    assert alice.post(f"{LIST}begin/", {"kind": "group", "name": "Our group", "purpose": ""}).status_code == 302
    again = alice.post(f"{LIST}begin/", {"kind": "group", "name": "Another", "purpose": ""})
    assert again.status_code == 422
    seated = alice.post(f"{LIST}group/seats/give/", {"email": "bashir@example.org", "organisation": "ZZ002"})
    assert seated.status_code == 302
    shown = words(alice.get(f"{LIST}group/"))
    assert "Bashir" in shown
    assert "Open Door" in shown
    assert "1 person of 1 organisation" in words(alice.get(LIST))


@pytest.mark.parametrize(
    ("email", "organisation", "sentence"),
    [
        ("nobody@example.org", "ZZ001", "Nobody signs in with this address"),
        ("carol@example.org", "ZZ001", "Carol does not work for Riverside Mental Health Trust"),
        ("alice@example.org", "ZZ001", "Alice sits here already"),
        ("dev@example.org", "", "has a place at the centre"),
        ("alice@example.org", "ZZ004", "Select whom they speak for from the list"),
    ],
)
def test_only_a_partners_people_take_seats(
    gathered: Gathering, alice: Client, email: str, organisation: str, sentence: str
) -> None:
    answer = alice.post(f"{LIST}group/seats/give/", {"email": email, "organisation": organisation})
    assert answer.status_code == 422
    assert sentence in words(answer)


def test_who_left_their_organisation_has_no_say_and_no_chair(people: Cast, gathered: Gathering) -> None:
    leaver = EmploymentFactory.create(organisation=people.trust).user
    seat = made.seat(gathered.group, leaver, people.trust)
    passed(gathered.group, seat, after=0, reason="The others are away")
    Employment.objects.filter(user=leaver).update(ends_at=NOW + DAY)
    later = NOW + 2 * DAY
    assert leaver.pk not in {each.user_id for each in queries.seats_of(gathered.group, later)}
    assert queries.chair_of(gathered.group, later).term is None
    assert [each.pk for each in queries.lapsed_seats(gathered.group, later)] == [seat.pk]


def test_ending_a_seat_ends_the_turn_in_the_chair(gathered: Gathering) -> None:
    passed(gathered.group, gathered.alice, after=0)
    forums.end_seat(seat=gathered.alice, by=MAKER, at=NOW + DAY)
    assert queries.chair_of(gathered.group, NOW + DAY).term is None
    assert [each.user_id for each in queries.seats_of(gathered.group, NOW + DAY)] == [gathered.bashir.user_id]
    forums.end_seat(seat=gathered.alice, by=MAKER, at=NOW + 2 * DAY)
    assert AuditEvent.objects.filter(verb="seat.ended").count() == 1


def test_turns_go_round_organisations_however_many_seats_they_have(people: Cast, gathered: Gathering) -> None:
    for _ in range(3):
        made.seat(gathered.group, EmploymentFactory.create(organisation=people.trust).user, people.trust)
    chaired = []
    for turn in range(6):
        chair = queries.chair_of(gathered.group, NOW + turn * DAY)
        assert chair.next is not None
        chaired.append(passed(gathered.group, chair.next, after=turn).seat)
    assert [seat.organisation_id for seat in chaired] == [people.trust.pk, people.charity.pk] * 3
    assert len({seat.pk for seat in chaired if seat.organisation_id == people.trust.pk}) == 3


def test_somebody_out_of_turn_needs_a_reason_which_stays_beside_the_rule(gathered: Gathering, alice: Client) -> None:
    form = {"seat": str(gathered.bashir.pk), "until-day": "1", "until-month": "7", "until-year": "2026"}
    refused = alice.post(f"{LIST}group/chair/", form)
    assert refused.status_code == 422
    assert "It is the turn of Alice" in words(refused)
    assert alice.post(f"{LIST}group/chair/", {**form, "reason": "Alice is on leave"}).status_code == 302
    term = ChairTerm.objects.get()
    assert (term.in_turn_id, term.seat_id, term.reason) == (
        gathered.alice.pk,
        gathered.bashir.pk,
        "Alice is on leave",
    )
    shown = words(alice.get(f"{LIST}group/"))
    assert term.why in shown
    assert "Out of turn: Alice is on leave" in shown


def test_the_rotation_says_why() -> None:
    sam = Candidate(1, 11, "Sam", 5, "Lantern", NOW)
    ann = Candidate(2, 12, "Ann", 6, "Trust", NOW)
    own = Candidate(3, 13, "Rose", None, "", NOW + DAY)
    early, late = NOW + DAY, NOW + 2 * DAY
    cases = [
        ([], [], None),
        ([sam], [], "Lantern has not chaired yet; no other partner sits here."),
        ([sam, ann], [Term(12, 6, early)], "Lantern has not chaired yet, less often than every other partner."),
        (
            [sam, ann],
            [Term(11, 5, early), Term(12, 6, late)],
            "Lantern has chaired once: no partner less often, and those as often more recently.",
        ),
        (
            [ann, own],
            [],
            "Trust has not chaired yet; where several have not, whoever has sat here longest goes first.",
        ),
    ]
    for candidates, terms, why in cases:
        turn = next_turn(candidates, terms)
        assert (None if turn is None else turn.why) == why


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions_chairterm SET why = 'x'",
        "UPDATE decisions_chairterm SET seat_id = in_turn_id + 1",
        "DELETE FROM decisions_chairterm",
        "UPDATE decisions_forumseat SET user_id = user_id + 1",
        "DELETE FROM decisions_forumseat",
        "DELETE FROM decisions_forum",
    ],
)
def test_who_sat_and_who_chaired_is_kept(gathered: Gathering, django_db_setup: Database, statement: str) -> None:
    passed(gathered.group, gathered.alice, after=0)
    with pytest.raises(Error, match=r"keeps its rows|append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_nobody_chairs_a_forum_in_which_they_do_not_sit(people: Cast, gathered: Gathering) -> None:
    elsewhere = made.seat(gathered.board, people.alice, people.trust)
    with pytest.raises(ValidationError, match="do not sit here"):
        passed(gathered.group, elsewhere, after=0, reason="Why not")
    term = ChairTerm(
        forum=gathered.group,
        seat=elsewhere,
        in_turn=elsewhere,
        why="x",
        starts_at=NOW,
        ends_at=NOW + DAY,
    )
    with pytest.raises(Error, match=r"chair_sits_in_the_forum|turn_of_one"), transaction.atomic():
        term.save(force_insert=True)


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("alice", "", 200),
        ("operator", "", 200),
        ("carol", "", 403),
        ("dev", "", 404),
        ("alice", "group/", 200),
        ("alice", "nothing/", 404),
        ("operator", "group/chair/", 403),
        ("bashir", "group/chair/", 403),
        ("bashir", "group/proposals/make/", 200),
        ("operator", "group/proposals/make/", 403),
    ],
)
def test_who_reaches_which_page(people: Cast, gathered: Gathering, person: str, path: str, status: int) -> None:
    assert signed_in(getattr(people, person)).get(f"{LIST}{path}").status_code == status


def test_who_sits_somewhere_reads_forums_and_who_chairs_looks_after_theirs(people: Cast, gathered: Gathering) -> None:
    assert signed_in(people.carol).get(f"{LIST}group/").status_code == 403
    seat = made.seat(gathered.group, people.carol, people.charity)
    carol = signed_in(people.carol)
    assert carol.get(f"{LIST}group/").status_code == 200
    assert carol.get(f"{LIST}group/meetings/plan/").status_code == 403
    passed(gathered.group, seat, after=0, reason="It is agreed")
    assert carol.get(f"{LIST}group/meetings/plan/").status_code == 200
    assert carol.get(f"{LIST}board/meetings/plan/").status_code == 403


def test_another_centres_forum_is_absent(people: Cast, alice: Client) -> None:
    made.forum(people.hillside)
    assert alice.get("/centres/hillside/forums/group/").status_code == 404
    assert alice.get(f"{LIST}group/").status_code == 404


def test_pages_cost_the_same_whatever_there_is(people: Cast, gathered: Gathering, alice: Client) -> None:
    for turn in range(8):
        organisation = PartnershipFactory.create(centre=people.riverside).organisation
        user = MembershipFactory.create(team__centre=people.riverside, team__organisation=organisation).user
        seat = made.seat(gathered.group, user, organisation)
        passed(gathered.group, seat, after=turn, reason="To fill the page")
        made.issue(gathered.group, user, title=f"Issue {turn}")
        made.proposal(gathered.group, user, title=f"Proposal {turn}")
        made.decision(gathered.group)
        made.risk(gathered.group, organisation, title=f"Risk {turn}")
        made.meeting(gathered.group)
    counts = []
    for page in (LIST, f"{LIST}group/"):
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(page).status_code == 200
        counts.append(len(captured))
    # Session, person and frame 4; standing, centre and seats 3; the list then 5, and the forum 13.
    assert counts[0] <= 13
    assert counts[1] <= 22
