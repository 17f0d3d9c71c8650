"""The directory: who reads it, what it says, and that two who edit at once lose nothing."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nhc.models import AuditEvent
from partners.models import Team
from partners.services import organisations
from partners.services import people as services
from tests.cast import MAKER, NOW, TODAY, Cast
from tests.factories import EmploymentFactory, MembershipFactory, TeamFactory
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

DIRECTORY = "/centres/riverside/directory/"


@pytest.fixture
def browser(people: Cast) -> Client:
    """Return the browser of alice, the manager of Riverside."""
    return signed_in(people.alice)


@pytest.fixture
def entry(people: Cast) -> str:
    """Return the address of the charity's team."""
    return f"{DIRECTORY}{Team.objects.get(organisation=people.charity).pk}/"


def typed(**changed: str) -> dict[str, str]:
    return {
        "version": "1",
        "name": "Front door",
        "purpose": "Welcomes whoever comes in.",
        "hours": "Every day, 9:00 to 20:00",
        "place": "Room 1",
        "telephone": "01632 960001",
        "email": "door@example.org",
        "lead": "",
    } | changed


def test_every_team_of_a_partner_is_listed(people: Cast, browser: Client) -> None:
    TeamFactory.create(organisation=people.housing, centre=people.riverside, name="Left long ago")
    TeamFactory.create(organisation=people.trust, centre=people.riverside, name="Closed", closed_at=NOW)
    page = words(browser.get(DIRECTORY))
    assert "3 teams" in page
    assert page.index("Backbone") < page.index("Front door") < page.index("Service desk")
    assert "Left long ago" not in page
    assert "Closed" not in page


def test_teams_are_found_by_what_they_do(people: Cast, browser: Client, entry: str) -> None:
    browser.post(f"{entry}edit/", typed())
    page = words(browser.get(f"{DIRECTORY}?q=welcomes+DOOR"))
    assert "1 team for" in page
    assert "Front door Open Door What it does Welcomes whoever comes in." in page
    assert "01632 960001 door@example.org Room 1" in page
    assert "No team matches" in words(browser.get(f"{DIRECTORY}?q=zebra%00"))


def test_a_team_page_says_who_works_there(people: Cast, browser: Client, entry: str) -> None:
    page = words(browser.get(entry))
    assert "Name Bashir Role Partner data submitter" in page
    assert "Edit this entry" in page
    assert "Edit this entry" not in words(signed_in(people.operator).get(entry))


def test_the_directory_leads_to_what_each_person_may_look_after(people: Cast, browser: Client, entry: str) -> None:
    officer = MembershipFactory.create(team=people.backbone, role="privacy").user
    ways = ("Wall screens", "Exceptions for named people", "People of Open Door")
    services.set_administrator(employment=people.carol.employments.get(), administrator=True, by=MAKER, at=NOW)
    seen = [
        [way in words(client.get(DIRECTORY)) + words(client.get(entry)) for way in ways]
        for client in (browser, signed_in(officer), signed_in(people.carol), signed_in(people.operator))
    ]
    assert seen == [[True, False, False], [False, True, False], [False, False, True], [False, False, False]]


def test_the_menu_of_a_centre_begins_with_its_outcomes(browser: Client) -> None:
    page = words(browser.get(DIRECTORY))
    assert "Outcomes Directory Rota Agreements Induction My shifts Our returns Centres" in page


def test_the_directory_is_for_those_with_a_role(people: Cast, entry: str) -> None:
    assert signed_in(people.carol).get(DIRECTORY).status_code == 403
    assert signed_in(people.carol).get(entry).status_code == 403
    assert signed_in(people.dev).get(DIRECTORY).status_code == 404
    assert signed_in(people.alice).get("/centres/hillside/directory/").status_code == 404


def test_another_centres_team_is_absent(people: Cast, browser: Client) -> None:
    theirs = TeamFactory.create(organisation=people.housing, centre=people.hillside)
    for address in (f"{DIRECTORY}{theirs.pk}/", f"{DIRECTORY}{theirs.pk}/edit/", f"{DIRECTORY}{10**30}/"):
        assert browser.get(address).status_code == 404


def test_an_entry_is_edited_by_the_manager_and_by_its_own_administrators(people: Cast, entry: str) -> None:
    assert signed_in(people.bashir).get(f"{entry}edit/").status_code == 403
    assert signed_in(people.bashir).post(f"{entry}edit/", typed()).status_code == 403
    services.set_administrator(employment=people.carol.employments.get(), administrator=True, by=MAKER, at=NOW)
    assert signed_in(people.carol).post(f"{entry}edit/", typed(lead=str(people.bashir.pk))).status_code == 302
    team = Team.objects.get(name="Front door")
    assert (team.version, team.lead, team.email) == (2, people.bashir, "door@example.org")
    event = AuditEvent.objects.get(verb="team.edited")
    assert event.details == {
        "fields": ["email", "hours", "lead", "place", "purpose", "telephone"],
        "version": 2,
    }
    backbone = f"{DIRECTORY}{people.backbone.pk}/edit/"
    assert signed_in(people.carol).get(backbone).status_code == 403


def test_a_clash_shows_both_and_keeps_what_was_typed(people: Cast, browser: Client, entry: str) -> None:
    browser.post(f"{entry}edit/", typed())
    answer = browser.post(f"{entry}edit/", typed(place="Room 7"))
    page = words(answer)
    assert answer.status_code == 409
    assert "Field Where to find it Now in the directory Room 1 Yours Room 7" in page
    markup = answer.content.decode()
    assert 'value="Room 7"' in markup
    version = re.search(r'name="version" value="(\d+)"', markup)
    assert version is not None
    assert Team.objects.get(name="Front door").place == "Room 1"
    assert browser.post(f"{entry}edit/", typed(place="Room 7", version=version[1])).status_code == 302
    assert Team.objects.get(name="Front door").place == "Room 7"


def test_the_same_entry_sent_twice_is_stored_once(people: Cast, browser: Client, entry: str) -> None:
    assert [browser.post(f"{entry}edit/", typed()).status_code for _ in range(2)] == [302, 302]
    assert Team.objects.get(name="Front door").version == 2


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Enter name"),
        ({"name": "Backbone"}, "Another team of the centre has this name"),
        ({"email": "nobody"}, "Enter an email address in the correct format"),
        ({"lead": "999999"}, "Select who runs it from the list"),
        ({"purpose": "x" * 301}, "must be 300 characters or fewer"),
        ({"name": "Front\0door"}, "Null characters are not allowed"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(
    browser: Client, entry: str, changed: dict[str, str], sentence: str
) -> None:
    answer = browser.post(f"{entry}edit/", typed(**changed))
    assert answer.status_code == 422
    assert sentence in words(answer)


@pytest.mark.parametrize("version", ["", "x", "-1", "٣", "9" * 40])
def test_a_version_that_was_changed_by_hand_is_a_clash(browser: Client, entry: str, version: str) -> None:
    assert browser.post(f"{entry}edit/", typed(version=version)).status_code == 409


def test_a_partner_that_left_is_no_longer_listed(people: Cast, browser: Client) -> None:
    partnership = people.charity.partnerships.get()
    organisations.end_partnership(partnership=partnership, until_date=TODAY, by=MAKER, at=NOW)
    assert "Front door" not in words(browser.get(DIRECTORY))


def test_the_directory_costs_the_same_however_many_teams(
    people: Cast, browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for team in TeamFactory.create_batch(60, organisation=people.charity, centre=people.riverside):
        lead = EmploymentFactory.create(organisation=people.charity).user
        MembershipFactory.create(user=lead, team=team)
        Team.objects.filter(pk=team.pk).update(lead=lead)
    browser.get(DIRECTORY)
    # Session and person 2; the frame's standing 1; the centre and the person's standing 2; count and page 2; who is on
    # duty 2.
    with django_assert_max_num_queries(10):
        page = browser.get(DIRECTORY)
    assert "Page 1 of 2" in words(page)
