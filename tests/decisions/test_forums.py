"""Forums: people of many organisations sit there, and the chair goes round fairly."""

from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from decisions.models import ChairTerm, Forum, ForumSeat
from decisions.queries import forums as queries
from decisions.rotation import Candidate, Term, next_turn
from decisions.services import forums
from nhc.formats import full_date
from nhc.models import AuditEvent
from partners.models import Employment, Membership, Partnership
from tests.cast import MAKER, NOW, Cast
from tests.conftest import Database
from tests.decisions import forums as made
from tests.decisions.forums import DAY, Gathering
from tests.factories import EmploymentFactory, MembershipFactory, PartnershipFactory, TeamFactory
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


def test_a_seat_lapses_with_the_partnership_or_the_place_that_it_was_given_for(
    people: Cast, gathered: Gathering
) -> None:
    alone = MembershipFactory.create(team=people.backbone).user
    made.seat(gathered.group, alone, None)
    later = NOW + 2 * DAY
    assert {each.user for each in queries.seats_of(gathered.group, later)} == {people.alice, people.bashir, alone}
    Membership.objects.filter(user=alone).update(ends_at=NOW + DAY)
    Partnership.objects.filter(organisation=people.charity).update(until_date=(NOW + DAY).date())
    assert [each.user for each in queries.seats_of(gathered.group, later)] == [people.alice]
    assert queries.people_in([gathered.group.pk], later) == {gathered.group.pk: [people.alice.pk]}
    lapsed = {each.user for each in queries.lapsed_seats(gathered.group, later)}
    assert lapsed == {people.bashir, alone}


def test_a_seat_for_oneself_needs_a_place_at_this_centre_in_a_team_of_a_partner(
    people: Cast, gathered: Gathering
) -> None:
    alone = [MembershipFactory.create(team=people.backbone).user for _ in range(3)]
    for user in alone:
        made.seat(gathered.group, user, None)
    former, theirs = (
        PartnershipFactory.create(centre=people.riverside),
        PartnershipFactory.create(centre=people.hillside),
    )
    Partnership.objects.filter(pk=former.pk).update(until_date=(NOW - DAY).date())
    moved_to = (
        TeamFactory.create(organisation=theirs.organisation, centre=people.hillside),
        TeamFactory.create(organisation=theirs.organisation, centre=people.riverside),
        TeamFactory.create(organisation=former.organisation, centre=people.riverside),
    )
    for user, team in zip(alone, moved_to, strict=True):
        Membership.objects.filter(user=user).update(team=team)
    assert [each.user for each in queries.seats_of(gathered.group, NOW)] == [people.alice, people.bashir]


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


def candidate(seat: int, organisation: int | None, name: str, *, day: int = 0, since: int | None = None) -> Candidate:
    """Somebody who took their seat on a day, in a forum where their organisation first sat on another, or that day."""
    seated, came = NOW + day * DAY, NOW + (day if since is None else since) * DAY
    return Candidate(seat, 10 + seat, name, organisation, f"Partner {organisation}", seated, came)


def term(of: Candidate, day: int, *, days: float = 90) -> Term:
    """Somebody's time in the chair from a day on."""
    return Term(of.user, of.organisation, NOW + day * DAY, NOW + (day + days) * DAY)


SAM, ANN = candidate(1, 5, "Sam"), candidate(2, 6, "Ann")
KIM, ROSE = candidate(3, 5, "Kim", day=9, since=0), candidate(4, None, "Rose", day=1)


@pytest.mark.parametrize(
    ("candidates", "terms", "why"),
    [
        ([], [], "nobody's"),
        ([SAM], [], "Partner 5 has sat here since 2 April 2026 and has not chaired yet; no other partner sits here."),
        ([SAM, ROSE], [term(SAM, 1)], "Rose has sat here since 3 April 2026 and has not chaired yet: no partner has"),
        (
            [SAM, ANN],
            [term(SAM, 0), term(ANN, 90)],
            "Partner 5 has chaired once, the last time until 1 July 2026: no partner has",
        ),
        (
            [SAM, KIM],
            [term(SAM, 0)],
            "sits here. Kim has sat here since 11 April 2026 and has not chaired yet: no coll",
        ),
    ],
)
def test_the_rotation_says_why(candidates: list[Candidate], terms: list[Term], why: str) -> None:
    turn = next_turn(candidates, terms, NOW + 180 * DAY, day=full_date)
    assert why in ("nobody's" if turn is None else turn.why)


def test_what_was_put_right_within_a_day_was_no_turn() -> None:
    mistaken, others = term(ANN, 90, days=0.1), [term(SAM, 0)]
    turn = next_turn([SAM, ANN], [*others, mistaken], NOW + 91 * DAY, day=full_date)
    assert turn is not None
    assert turn.seat == ANN.seat


def test_a_partner_whose_people_change_keeps_its_place() -> None:
    newer = candidate(5, 5, "Lee", day=80, since=0)
    turn = next_turn([newer, candidate(6, 7, "Max", day=3)], [], NOW + 90 * DAY, day=full_date)
    assert turn is not None
    assert turn.seat == newer.seat


@given(
    seats=st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=1, max_size=7),
    before=st.lists(st.integers(0, 6), max_size=12),
    turns=st.integers(1, 20),
)
def test_turns_are_shared_and_a_newcomer_waits_their_round(
    seats: list[int | None], before: list[int], turns: int
) -> None:
    """Whoever chaired before, as often as they did: from here on parties differ by one turn at most."""
    sitting = [candidate(number, organisation, "x") for number, organisation in enumerate(seats)]
    terms = [term(sitting[each % len(sitting)], 90 * number) for number, each in enumerate(before)]
    joins = 90 * len(terms)
    newcomer = candidate(len(seats), 99, "New", day=joins)
    chaired = []
    for number in range(turns):
        turn = next_turn([*sitting, newcomer], terms, NOW + (joins + 90 * number) * DAY, day=full_date)
        assert turn is not None
        chaired.append([*sitting, newcomer][turn.seat])
        terms.append(term(chaired[-1], joins + 90 * number))
    parties = [each.party for each in chaired]
    counts = [parties.count(party) for party in {each.party for each in [*sitting, newcomer]}]
    assert max(counts) - min(counts) <= 1
    assert all(one != other for one, other in pairwise(parties))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions_chairterm SET why = 'x'",
        "UPDATE decisions_chairterm SET seat_id = in_turn_id + 1",
        "DELETE FROM decisions_chairterm",
        "UPDATE decisions_chairterm SET ends_at = ends_at + interval '1 day'",
        "UPDATE decisions_forumseat SET user_id = user_id + 1",
        "UPDATE decisions_forumseat SET ends_at = ends_at - interval '1 hour' WHERE ends_at IS NOT NULL",
        "UPDATE decisions_forumseat SET ends_at = NULL WHERE ends_at IS NOT NULL",
        "DELETE FROM decisions_forumseat",
        "DELETE FROM decisions_forum",
    ],
)
def test_who_sat_and_who_chaired_is_kept(gathered: Gathering, django_db_setup: Database, statement: str) -> None:
    passed(gathered.group, gathered.alice, after=0)
    forums.end_seat(seat=gathered.bashir, by=MAKER, at=NOW + DAY)
    with pytest.raises(Error, match=r"keeps its rows|append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_nobody_is_made_to_have_left_the_chair_before_they_did(gathered: Gathering, django_db_setup: Database) -> None:
    passed(gathered.group, gathered.alice, after=0)
    passed(gathered.group, gathered.bashir, after=30)
    forums.end_seat(seat=gathered.bashir, by=MAKER, at=NOW + 40 * DAY)
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(Error, match="where the next begins or its seat ends"), transaction.atomic():
        connection.cursor().execute("UPDATE decisions_chairterm SET ends_at = ends_at - interval '1 day'")


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


@pytest.mark.parametrize(("role", "its", "other"), [("group", "group", "board"), ("board", "board", "group")])
def test_a_member_of_one_tier_looks_after_that_one_alone(
    people: Cast, gathered: Gathering, role: str, its: str, other: str
) -> None:
    member = signed_in(MembershipFactory.create(team=people.backbone, role=role).user)
    assert member.get(f"{LIST}{its}/meetings/plan/").status_code == 200
    assert member.get(f"{LIST}{other}/meetings/plan/").status_code == 403
    assert member.post(f"{LIST}{other}/decisions/record/", {"title": "x", "outcome": "x"}).status_code == 403
    outcomes = member.get("/centres/riverside/priorities/outcomes/add/")
    assert outcomes.status_code == (200 if role == "board" else 403)
    offered = words(member.get("/centres/riverside/risks/add/"))
    assert getattr(gathered, its).name in offered
    assert getattr(gathered, other).name not in offered
    assert "Begin a forum" not in words(member.get(LIST))


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
