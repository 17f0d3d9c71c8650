"""Shared risks: owned by a forum and named organisations together, controlled, reviewed; a charity's are visible."""

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext

from decisions.models import Risk, RiskHolder
from decisions.queries import risks as queries
from decisions.services import nudges, risks
from decisions.services.risks import Holding
from nhc.models import Notice
from partners.lifecycle import IllegalMoveError
from partners.models import Partnership
from tests.cast import MAKER, NOW, TODAY, Cast
from tests.conftest import Database
from tests.decisions import forums as made
from tests.decisions.forums import DAY, Gathering
from tests.factories import PartnershipFactory
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

LIST = "/centres/riverside/risks/"
REVIEW = {"review_on-day": "1", "review_on-month": "6", "review_on-year": "2026"}


@pytest.fixture
def gathered(people: Cast) -> Gathering:
    """The partnership group with two people, and a board."""
    return made.gathering(people)


@pytest.fixture
def held(people: Cast, gathered: Gathering) -> Risk:
    """A risk that the trust and the charity hold together."""
    return made.risk(gathered.group, people.trust, people.charity)


def test_a_risk_is_opened_controlled_reviewed_and_closed(people: Cast, gathered: Gathering) -> None:
    alice = signed_in(people.alice)
    form = {
        "title": "Waits grow",
        "words": "People wait longer.",
        "forum": "group",
        "organisations": ["ZZ001", "ZZ002"],
    }
    page = alice.post(f"{LIST}add/", form | REVIEW | {"likelihood": "3", "impact": "4"})["Location"]
    assert "12 of 25: possible (3) times major (4)" in words(alice.get(page))
    control = {"words": "Ring them", "organisation": "ZZ002", "due_on-day": "1", "due_on-month": "5"}
    assert alice.post(f"{page}controls/add/", control | {"due_on-year": "2026"}).status_code == 302
    assert "Planned" in words(alice.get(page))
    kept = Risk.objects.get().controls.get()
    assert alice.post(f"{page}controls/{kept.pk}/in-place/").status_code == 302
    version = Risk.objects.get().version
    review = REVIEW | {"likelihood": "4", "impact": "4", "words": "Two have left", "version": str(version)}
    assert alice.post(f"{page}review/", review).status_code == 302
    shown = words(signed_in(people.bashir).get(page))
    assert "Rising from 12 at the review before" in shown
    assert "In place since 2 April 2026" in shown.replace("  ", " ")
    assert alice.post(f"{page}controls/{kept.pk}/end/").status_code == 302
    assert alice.post(f"{page}close/", {"reason": "They are back"}).status_code == 302
    assert "No shared risk is open" in words(alice.get(LIST))
    assert alice.post(f"{page}reopen/", REVIEW | {"reason": "They left again"}).status_code == 302
    assert [review.state for review in queries.reviews_of(Risk.objects.get())] == ["open", "open", "closed", "open"]


def test_what_a_charity_carries_is_visible_as_such(people: Cast, gathered: Gathering, held: Risk) -> None:
    made.risk(gathered.group, people.council, title="The lease ends")
    operator = signed_in(people.operator)
    shown = words(operator.get(LIST))
    assert "1 open risk is carried by a charity." in shown
    assert shown.count("Carried by a charity") == 1
    filtered = words(operator.get(f"{LIST}?held=charities"))
    assert "Waits grow" in filtered
    assert "The lease ends" not in filtered
    page = words(operator.get(f"{LIST}{held.pk}/"))
    assert "Open Door Carried by a charity" in page
    assert "Its people carry the waits." in page
    assert "Carried by a charity" in words(operator.get("/centres/riverside/forums/group/"))


def test_an_open_risk_is_held_by_somebody_whoever_asks(
    people: Cast, gathered: Gathering, held: Risk, django_db_setup: Database
) -> None:
    first, last = queries.holders_of(held)
    risks.end_holder(holder=first, by=MAKER, at=NOW + DAY)
    with pytest.raises(ValidationError, match="alone holds this"):
        risks.end_holder(holder=last, by=MAKER, at=NOW + DAY)
    with pytest.raises(ValidationError, match="which organisations hold it together"):
        made.risk(gathered.group, title="Nobody's")
    with pytest.raises(Error, match="held by an organisation"):
        left_unheld(last)


def left_unheld(holder: RiskHolder) -> None:
    """What a transaction that takes the last holder away comes to when it ends."""
    with transaction.atomic():
        RiskHolder.objects.filter(pk=holder.pk).update(until_at=NOW + DAY)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_closed_risk_keeps_its_holders_and_opens_again_with_one_who_is_a_partner(
    people: Cast, gathered: Gathering
) -> None:
    held = made.risk(gathered.group, people.council)
    risks.close_risk(risk=held, reason="Gone", by=MAKER, at=NOW)
    alice, page = signed_in(people.alice), f"{LIST}{held.pk}/"
    ended = alice.post(f"{page}holders/{queries.holders_of(held)[0].pk}/end/")
    assert ended.status_code == 409
    assert "keeps who held it" in words(ended)
    Partnership.objects.filter(organisation=people.council).update(until_date=TODAY)
    refused = alice.post(f"{page}reopen/", REVIEW | {"reason": "It is back"})
    assert refused.status_code == 422
    assert "Add who holds it, then open it again" in words(refused)
    assert "Add who holds it too" in words(alice.get(page))
    assert alice.post(f"{page}holders/add/", {"organisation": "ZZ002", "carries": ""}).status_code == 302
    assert alice.post(f"{page}reopen/", REVIEW | {"reason": "It is back"}).status_code == 302
    assert Risk.objects.get().state == "open"


def test_only_partners_hold_and_control(people: Cast, held: Risk) -> None:
    with pytest.raises(ValidationError, match="not a partner"):
        risks.add_holder(risk=held, holding=Holding(people.housing), by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="not a partner"):
        risks.add_control(risk=held, words="Watch", organisation=people.housing, by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="holds this risk already"):
        risks.add_holder(risk=held, holding=Holding(people.trust), by=MAKER, at=NOW)


def test_a_review_of_what_somebody_else_reviewed_keeps_what_was_typed(people: Cast, held: Risk) -> None:
    risks.review_risk(risk=held, judgement=made.judgement(5, 5), version=1, by=MAKER, at=NOW)
    typed = REVIEW | {"likelihood": "2", "impact": "2", "words": "My own view", "version": "1"}
    answer = signed_in(people.alice).post(f"{LIST}{held.pk}/review/", typed)
    assert answer.status_code == 409
    assert "Almost certain" in words(answer)
    assert b"My own view" in answer.content
    assert b'name="version" value="2"' in answer.content


def test_a_risk_is_closed_once(held: Risk) -> None:
    with pytest.raises(ValidationError, match="Say why"):
        risks.close_risk(risk=held, reason=" ", by=MAKER, at=NOW)
    risks.close_risk(risk=held, reason="Gone", by=MAKER, at=NOW)
    with pytest.raises(IllegalMoveError, match="closed already"):
        risks.close_risk(risk=held, reason="Gone", by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="This risk is closed"):
        risks.review_risk(risk=held, judgement=made.judgement(), version=2, by=MAKER, at=NOW)


def test_those_who_sit_there_are_reminded_of_its_review(people: Cast, held: Risk) -> None:
    counts = [nudges.nudge_forums(by=MAKER, at=NOW + days * DAY) for days in (10, 14, 14, 21, 27, 28, 29)]
    assert counts == [0, 2, 0, 2, 2, 2, 0]
    assert "is due for review on 30 April 2026" in Notice.objects.filter(kind="risk-review")[0].sentence


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM decisions_risk",
        "UPDATE decisions_risk SET likelihood = 6",
        "UPDATE decisions_riskreview SET words = 'x'",
        "DELETE FROM decisions_riskreview",
        "UPDATE decisions_riskholder SET carries = 'x'",
        "DELETE FROM decisions_riskholder",
        "UPDATE decisions_riskholder SET until_at = until_at - interval '1 hour' WHERE until_at IS NOT NULL",
    ],
)
def test_how_a_risk_stood_is_kept(held: Risk, django_db_setup: Database, statement: str) -> None:
    risks.end_holder(holder=queries.holders_of(held)[0], by=MAKER, at=NOW + DAY)
    with pytest.raises(Error, match=r"append-only|keeps its rows|one_to_five|permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("operator", "", 200),
        ("carol", "", 403),
        ("dev", "", 404),
        ("operator", "add/", 403),
        ("bashir", "{pk}/review/", 403),
        ("alice", "{pk}/review/", 200),
        ("alice", "0/", 404),
    ],
)
def test_who_reaches_which_page(people: Cast, held: Risk, person: str, path: str, status: int) -> None:
    assert signed_in(getattr(people, person)).get(LIST + path.format(pk=held.pk)).status_code == status


def test_pages_cost_the_same_whatever_there_is(people: Cast, gathered: Gathering, held: Risk) -> None:
    for number in range(12):
        partner = PartnershipFactory.create(centre=people.riverside).organisation
        risk = made.risk(gathered.group, partner, people.charity, title=f"Risk {number}")
        risks.review_risk(risk=risk, judgement=made.judgement(4, 4), version=1, by=MAKER, at=NOW)
        risks.add_control(risk=held, words=f"Control {number}", organisation=partner, by=MAKER, at=NOW)
    alice, counts = signed_in(people.alice), []
    for page in (LIST, f"{LIST}?held=charities", f"{LIST}{held.pk}/"):
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(page).status_code == 200
        counts.append(len(captured))
    # Session, person and frame 4; standing, centre and seats 3; the list then 6, and the risk 5.
    assert max(counts) <= 14
    assert Risk.objects.filter(review_on__gt=TODAY).count() == 13
