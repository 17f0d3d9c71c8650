"""The trail as privacy officers read it: theirs and nobody else's, filtered, paged, exported, its reading recorded."""

import html
import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nhc import audit
from nhc.actors import Actor
from nhc.models import AuditEvent, User
from partners.services import people as people_services
from tests import cast
from tests.cast import NOW, Cast
from tests.factories import LONG_AGO, UserFactory
from tests.partners.pages import Page, signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

DAY = timedelta(days=1)


@pytest.fixture
def officer(people: Cast) -> User:
    """Return the privacy officer of the trust at Riverside."""
    user = UserFactory.create(email="officer@example.org", name="Olu Officer")
    people_services.add_membership(
        user=user,
        team=people.backbone,
        role="privacy",
        starts_at=LONG_AGO,
        by=cast.MAKER,
        at=NOW,
    )
    return user


@pytest.fixture
def browser(officer: User) -> Client:
    return signed_in(officer)


def happened(
    verb: str, *, by: Actor = cast.MAKER, centre: str = "riverside", subject_id: str = "7", **more: str
) -> None:
    with transaction.atomic():
        audit.record(
            by=by, at=NOW - DAY, verb=verb, subject="thing", subject_id=subject_id, centre=centre, details=more,
            organisation=more.get("organisation", ""),
        )  # fmt: skip


def looked_for(browser: Client, query: str) -> Page:
    """Set the filters as the form does, and return the page that follows."""
    return browser.post("/audit/", QueryDict(query).dict(), follow=True)


def looks() -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith="audit.").order_by("id").values_list("verb", flat=True))


def test_an_officer_sees_the_centre_and_the_organisation_and_nothing_else(browser: Client) -> None:
    happened("at.riverside")
    happened("at.hillside", centre="hillside")
    happened("of.trust", centre="", organisation="ZZ001")
    happened("of.trust.at.hillside", centre="hillside", organisation="ZZ001")
    happened("of.charity", centre="", organisation="ZZ002")
    happened("of.nobody", centre="")
    shown = words(looked_for(browser, "subject=thing"))
    assert "at.riverside" in shown
    assert "of.trust" in shown
    for hidden in ("at.hillside", "of.charity", "of.nobody"):
        assert hidden not in shown


@pytest.mark.parametrize("person", ["alice", "bashir", "carol", "dev", "operator"])
@pytest.mark.parametrize("address", ["/audit/", "/audit/export/", "/audit/thing/7/"])
def test_nobody_else_reads_it(people: Cast, person: str, address: str) -> None:
    happened("at.riverside")
    answer = signed_in(getattr(people, person)).get(address)
    assert answer.status_code == 403
    assert "at.riverside" not in answer.content.decode()
    assert looks() == []


def test_it_lapses_with_the_placement(people: Cast, browser: Client, officer: User) -> None:
    officer.memberships.update(ends_at=NOW)
    assert browser.get("/audit/").status_code == 403


def test_every_look_is_in_the_trail(browser: Client, officer: User) -> None:
    looked_for(browser, "verb=x.y")
    browser.get("/audit/thing/7/")
    list(browser.get("/audit/export/"))
    assert looks() == ["audit.read", "audit.read-record", "audit.exported"]
    event = AuditEvent.objects.get(verb="audit.read")
    assert (event.user_id, event.centre, event.details) == (officer.pk, "riverside", {"verb": "x.y"})


def test_who_is_looked_for_stays_out_of_addresses_and_of_the_trail(people: Cast, browser: Client) -> None:
    for who in ("wren@example.org", "Wren Hale"):
        page = looked_for(browser, f"who={who}&verb={who}").content.decode()
        assert not re.search(r'(?:href|action)="[^"]*wren', page, re.I)
    list(browser.get("/audit/export/"))
    kept = [event.details for event in AuditEvent.objects.filter(verb__startswith="audit.")]
    assert kept == [{"who": "given", "verb": "given"}] * 3


def test_everything_is_shown_again(browser: Client) -> None:
    happened("at.riverside")
    assert "at.riverside" not in words(looked_for(browser, "verb=x.y"))
    assert "at.riverside" in words(looked_for(browser, "verb=x.y&clear=1"))


def test_a_record_shows_who_looked_and_who_did_not(people: Cast, browser: Client) -> None:
    happened("thing.seen", by=Actor.user(people.alice))
    happened("thing.seen", by=Actor.user(people.bashir), subject_id="8")
    happened("thing.seen", by=Actor.user(people.carol), centre="hillside")
    shown = words(browser.get("/audit/thing/7/"))
    assert people.alice.name in shown
    assert people.bashir.name not in shown
    assert people.carol.name not in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("who=ALICE@example.org", {"by.alice"}),
        ("who=nhc_abcdefgh", {"by.key"}),
        ("who=abcdefgh", {"by.key"}),
        ("verb=by.key", {"by.key"}),
        ("subject_id=9", {"of.nine"}),
        ("organisation=ZZ002", {"of.charity"}),
        ("since-day=2&since-month=4&since-year=2026", set()),
        ("until-day=1&until-month=4&until-year=2026", {"by.alice", "by.key", "of.nine", "of.charity"}),
        ("until-day=31&until-month=3&until-year=2026", set()),
    ],
)
def test_filters(people: Cast, browser: Client, query: str, found: set[str]) -> None:
    User.objects.filter(pk=people.alice.pk).update(email="alice@example.org")
    happened("by.alice", by=Actor.user(people.alice))
    happened("by.key", by=Actor.key(prefix="abcdefgh", organisation="ZZ001"))
    happened("of.nine", subject_id="9")
    happened("of.charity", organisation="ZZ002")
    page = looked_for(browser, f"subject=thing&{query}").content.decode()
    assert set(re.findall(r'<span class="app-code">(.*?)</span>', page)) == found


@pytest.mark.parametrize(
    "query",
    [
        "since-day=31&since-month=2&since-year=2026",
        "until-day=31&until-month=12&until-year=9999",
        "since-day=2&since-month=4&since-year=2026&until-day=1&until-month=4&until-year=2026",
        "who=%00",
        "verb=" + "x" * 61,
    ],
)
def test_what_cannot_be_looked_for_is_refused_with_a_sentence(browser: Client, query: str) -> None:
    answer = browser.post("/audit/", QueryDict(query).dict())
    assert answer.status_code == 422
    assert "There is a problem" in words(answer)
    assert looks() == []


@pytest.mark.parametrize("before", ["x", "1", "-", "9" * 18 + "-1", "1-x", "%00"])
def test_a_broken_place_shows_the_newest(browser: Client, before: str) -> None:
    happened("at.riverside")
    looked_for(browser, "verb=at.riverside")
    assert "at.riverside" in words(browser.get(f"/audit/?before={before}"))


def test_a_record_that_cannot_be_is_not_found(browser: Client) -> None:
    assert browser.get("/audit/thing/%00/").status_code == 404


def test_pages_follow_one_another_and_miss_nothing(browser: Client) -> None:
    for number in range(120):
        happened("thing.seen", number=str(number))
    seen: list[int] = []
    looked_for(browser, "verb=thing.seen")
    address = "?"
    while address:
        page = browser.get(f"/audit/{address}").content.decode()
        seen += map(int, re.findall(r">Event (\d+)<", page))
        older = re.search(r'href="([^"]+)" rel="next"', page)
        address = html.unescape(older[1]) if older else ""
    assert len(seen) == 120
    assert seen == sorted(set(seen), reverse=True)


def test_an_export_holds_every_row_and_no_formula(browser: Client) -> None:
    for number in range(1_100):
        happened("thing.seen", number=str(number))
    happened("=1+1")
    looked_for(browser, "subject=thing")
    answer = browser.get("/audit/export/")
    lines = b"".join(answer).decode().splitlines()
    assert answer["Content-Disposition"] == 'attachment; filename="audit-2026-04-02.csv"'
    assert len(lines) == 1 + 1_101
    assert "'=1+1" in lines[1]


def test_the_way_there_is_shown_to_readers_alone(people: Cast, browser: Client) -> None:
    assert 'href="/audit/"' in browser.get("/audit/").content.decode()
    assert 'href="/audit/"' not in signed_in(people.alice).get("/returns/").content.decode()


def test_a_page_asks_the_same_of_the_database_at_any_length(
    browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(60):
        happened("thing.seen", by=cast.MAKER)
    # Session, user; standing, centres, standing, organisations for the scope; the look with its two savepoints; the
    # page with its limit of time, set and lifted, and two savepoints; standing for the frame.
    with django_assert_max_num_queries(16):
        browser.get("/audit/")
