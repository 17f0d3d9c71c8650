"""What an organisation owes, over HTTP."""

import json
from dataclasses import replace
from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from partners.models import Partnership
from partners.services import contract, organisations
from tests import cast
from tests.cast import MAKER, NOW, SEEN, TODAY, Cast
from tests.partners.conftest import client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

RETURNS = "/api/v1/returns/"
SEEN_CODE, VISITS_CODE = "crisis-contacts-seen-in-4h", "visits-to-community-partners"


def send(caller: Client, **observation: object) -> None:
    message = {"centre": "riverside", "observations": [observation]}
    sent = caller.post("/api/v1/submissions/", json.dumps(message), content_type="application/json")
    assert sent.status_code == 201, sent.content


def owed(caller: Client, **query: str | int) -> list[tuple[str, str, str]]:
    entries = caller.get(RETURNS, query).json()["results"]
    return [(entry["period"], entry["measure"], entry["state"]) for entry in entries]


def test_everything_owed_is_listed_from_the_newest_period_back(by_key: Client) -> None:
    assert owed(by_key) == [
        ("2026-04", SEEN_CODE, "due"),
        ("2026-04", VISITS_CODE, "due"),
        ("2026-03", SEEN_CODE, "due"),
        ("2026-03", VISITS_CODE, "due"),
        ("2026-02", SEEN_CODE, "overdue"),
        ("2026-02", VISITS_CODE, "overdue"),
        ("2026-01", SEEN_CODE, "overdue"),
        ("2026-01", VISITS_CODE, "overdue"),
    ]


def test_an_entry_says_what_when_and_by_when(by_key: Client) -> None:
    assert by_key.get(RETURNS, {"period": "2026-03"}).json()["results"][1] == {
        "centre": "riverside",
        "measure": VISITS_CODE,
        "title": "Visits to community partners",
        "period": "2026-03",
        "start": "2026-03-01",
        "end": "2026-03-31",
        "period_type": "month",
        "due": "2026-04-14",
        "closes": None,
        "state": "due",
    }


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ({"numerator": 3}, "received"),
        ({"numerator": 0}, "received"),
        ({"state": "none_offered"}, "none_offered"),
        ({"state": "not_collected"}, "not_collected"),
        ({"state": "withheld"}, "withheld"),
    ],
)
def test_five_answers_are_five_states(by_key: Client, state: dict[str, object], shown: str) -> None:
    send(by_key, measure=VISITS_CODE, period="2026-02", **state)
    assert owed(by_key, period="2026-02") == [("2026-02", SEEN_CODE, "overdue"), ("2026-02", VISITS_CODE, shown)]


def test_a_withdrawn_figure_is_owed_again(by_key: Client) -> None:
    send(by_key, measure=VISITS_CODE, period="2026-02", numerator=3)
    send(by_key, measure=VISITS_CODE, period="2026-02", state="withdrawn")
    assert owed(by_key, period="2026-02")[1] == ("2026-02", VISITS_CODE, "overdue")


def test_a_breakdown_without_its_total_is_still_owed(by_key: Client) -> None:
    send(by_key, measure=SEEN_CODE, period="2026-02", breakdown={"ethnic_group": "A"}, numerator=3, denominator=9)
    assert owed(by_key, period="2026-02")[0] == ("2026-02", SEEN_CODE, "overdue")


def test_what_another_partner_sent_is_not_ones_own(people: Cast, by_key: Client) -> None:
    send(client(people.charity_key), measure=VISITS_CODE, period="2026-02", numerator=3)
    assert owed(by_key, period="2026-02")[1] == ("2026-02", VISITS_CODE, "overdue")
    assert owed(client(people.charity_key), period="2026-02") == [("2026-02", VISITS_CODE, "received")]


def test_a_partner_without_returns_owes_nothing(people: Cast) -> None:
    assert owed(client(cast.key(people.council))) == []


def test_returns_come_in_pages_of_whole_order(by_key: Client) -> None:
    whole, pages = owed(by_key), []
    address = f"{RETURNS}?limit=3"
    while address:
        page = by_key.get(address).json()
        pages += [(entry["period"], entry["measure"], entry["state"]) for entry in page["results"]]
        address = page["next"]
    assert pages == whole


def test_periods_of_several_kinds_stand_side_by_side(people: Cast, by_key: Client) -> None:
    weekly = replace(SEEN, period_type="week", title="Weekly")
    measure = contract.add_measure(code="weekly", definition=weekly, by=MAKER, at=NOW)
    contract.collect_measure(centre=people.riverside, measure=measure, from_date=SEEN.starts, by=MAKER, at=NOW)
    contract.add_return(
        organisation=people.trust,
        centre=people.riverside,
        measures=[measure],
        period_type="week",
        due_after_days=2,
        closes_after_days=30,
        from_date=date(2026, 3, 16),
        by=MAKER,
        at=NOW,
    )
    assert owed(by_key)[:5] == [
        ("2026-04", SEEN_CODE, "due"),
        ("2026-04", VISITS_CODE, "due"),
        ("2026-W14", "weekly", "due"),
        ("2026-W13", "weekly", "overdue"),
        ("2026-W12", "weekly", "overdue"),
    ]
    assert owed(by_key, period="2026-W13") == [("2026-W13", "weekly", "overdue")]
    assert by_key.get(RETURNS, {"period": "2026-W13"}).json()["results"][0]["closes"] == "2026-04-28"


def test_nothing_is_owed_outside_the_dates_of_return_and_collection(people: Cast, by_key: Client) -> None:
    contract.end_return(owed=people.trust_return, until_date=date(2026, 3, 1), by=MAKER, at=NOW)
    people.riverside.collections.filter(measure=people.seen).update(until_date=date(2026, 2, 1))
    assert owed(by_key) == [
        ("2026-02", VISITS_CODE, "overdue"),
        ("2026-01", SEEN_CODE, "overdue"),
        ("2026-01", VISITS_CODE, "overdue"),
    ]
    assert owed(by_key, period="2026-03") == []


def test_a_former_partner_owes_nothing_and_the_centre_is_gone(people: Cast, by_key: Client) -> None:
    partnership = Partnership.objects.get(organisation=people.trust)
    organisations.end_partnership(partnership=partnership, until_date=TODAY, by=MAKER, at=NOW)
    assert owed(by_key) == []
    assert by_key.get(RETURNS, {"centre": "riverside"}).status_code == 404


@pytest.mark.parametrize("centre", ["hillside", "nowhere"])
def test_a_centre_of_others_looks_absent(by_key: Client, centre: str) -> None:
    assert by_key.get(RETURNS, {"centre": centre}).status_code == 404


@pytest.mark.parametrize("period", ["2026-13", "soon", "1066-10", "2026-02-30", "9" * 100, "%00"])
def test_what_is_no_period_is_refused(by_key: Client, period: str) -> None:
    answer = by_key.get(f"{RETURNS}?period={period}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "period")


def test_a_period_of_a_kind_nobody_owes_is_an_empty_list(by_key: Client) -> None:
    assert owed(by_key, period="2026-Q1") == []
    assert owed(by_key, period="2031-01") == [("2031-01", SEEN_CODE, "due"), ("2031-01", VISITS_CODE, "due")]


def test_returns_cost_eight_queries_however_many_there_are(
    by_key: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send(by_key, measure=VISITS_CODE, period="2026-02", numerator=3)
    # The key with its organisation; the centre with its partners; the returns with their centres; their measures; the
    # versions; the collections; the partnerships; the totals sent.
    with django_assert_num_queries(8):
        assert len(owed(by_key, centre="riverside")) == 8
