"""The directory: who reads it, what it says, and that two who edit at once lose nothing."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nhc.models import AuditEvent
from partners.models import CalendarFeed, Membership, Organisation, Shift, Team
from partners.services import organisations, shifts
from partners.services import people as services
from tests.cast import MAKER, NOW, TODAY, Cast
from tests.factories import EmploymentFactory, MembershipFactory, TeamFactory
from tests.partners.pages import signed_in, words
from tests.partners.rotas import make_rota

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

DIRECTORY = "/centres/riverside/directory/"
ADD = f"{DIRECTORY}add/"


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
    page = words(browser.post(DIRECTORY, {"q": "welcomes DOOR"}, follow=True))
    assert "1 team for" in page
    assert "Front door Open Door What it does Welcomes whoever comes in." in page
    assert "01632 960001 door@example.org Room 1" in page
    assert "No team matches" in words(browser.post(DIRECTORY, {"q": "zebra\0"}, follow=True))


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


def test_the_menu_of_a_centre_begins_with_what_the_day_needs(browser: Client) -> None:
    page = words(browser.get(DIRECTORY))
    assert "May I? Today Huddle Referrals People Outcomes Directory Rota Agreements Induction My shifts" in page


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


def added(organisation: Organisation) -> dict[str, str]:
    return typed(organisation=str(organisation.pk), name="Listening ears")


def test_a_manager_adds_a_team_of_a_partner(people: Cast, browser: Client) -> None:
    assert f'href="{ADD}"' in browser.get(DIRECTORY).content.decode()
    form = words(browser.get(ADD))
    assert "Open Door" in form
    assert "Hillside Homes" not in form
    assert browser.post(ADD, added(people.charity)).status_code == 302
    team = Team.objects.get(name="Listening ears")
    assert (team.organisation, team.centre, team.place) == (people.charity, people.riverside, "Room 1")
    assert "Listening ears is in the directory" in words(browser.get(f"{DIRECTORY}{team.pk}/"))
    again = browser.post(ADD, added(people.charity))
    assert again.status_code == 422
    assert "Another team of the centre has this name" in words(again)
    assert AuditEvent.objects.get(verb="team.added", subject_id=team.pk).user == people.alice


@pytest.mark.parametrize("organisation", ["", "0", "x", "housing"])
def test_a_team_belongs_to_a_partner_of_the_centre(people: Cast, browser: Client, organisation: str) -> None:
    chosen = str(people.housing.pk) if organisation == "housing" else organisation
    answer = browser.post(ADD, added(people.charity) | {"organisation": chosen})
    assert answer.status_code == 422
    assert "Select organisation" in words(answer)


def test_a_manager_closes_a_team(people: Cast, browser: Client) -> None:
    team = TeamFactory.create(organisation=people.charity, centre=people.riverside, name="Passing")
    address = f"{DIRECTORY}{team.pk}/"
    assert f'href="{address}close/"' in browser.get(address).content.decode()
    assert "Close Passing?" in words(browser.get(f"{address}close/"))
    assert browser.post(f"{address}close/").status_code == 302
    assert "Passing is closed" in words(browser.get(DIRECTORY))
    assert browser.get(address).status_code == 404
    assert browser.post(f"{address}close/").status_code == 404
    assert AuditEvent.objects.get(verb="team.closed").user == people.alice


@pytest.mark.parametrize(
    ("begins", "ends"), [(-9, None), (-9, 1), (9, None)], ids=["works there", "works there until tomorrow", "begins"]
)
def test_a_team_with_people_is_not_closed(people: Cast, browser: Client, begins: int, ends: int | None) -> None:
    team = TeamFactory.create(organisation=people.charity, centre=people.riverside)
    last = None if ends is None else NOW + timedelta(days=ends)
    placement = MembershipFactory.create(team=team, starts_at=NOW + timedelta(days=begins), ends_at=last)
    refused = browser.post(f"{DIRECTORY}{team.pk}/close/")
    assert refused.status_code == 409
    assert "Ask an administrator of Open Door to end their placements, then close it." in words(refused)
    placement.delete()
    assert browser.post(f"{DIRECTORY}{team.pk}/close/").status_code == 302


def test_a_team_on_the_rota_is_not_closed(people: Cast, browser: Client) -> None:
    rota = make_rota(centre=people.riverside)
    for days in (1, -1):
        begins = NOW + timedelta(days=days)
        rota.add(rota.cai, rota.lead, begins, begins + timedelta(hours=8), at=NOW - timedelta(days=2))
    Membership.objects.filter(team=rota.door).update(ends_at=NOW)
    refused = browser.post(f"{DIRECTORY}{rota.door.pk}/close/")
    assert refused.status_code == 409
    assert "Cancel its shifts or let others cover them, then close it." in words(refused)
    ahead = Shift.objects.get(starts_at__gt=NOW)
    shifts.cancel_shift(shift=ahead, version=1, why="Closing", by=MAKER, at=NOW)
    assert browser.post(f"{DIRECTORY}{rota.door.pk}/close/").status_code == 302


def test_a_team_whose_calendar_is_read_is_not_closed(people: Cast, browser: Client) -> None:
    rota = make_rota(centre=people.riverside)
    Membership.objects.filter(team=rota.door).update(ends_at=NOW)
    feed = CalendarFeed.objects.create(
        team=rota.door, duty_role=rota.lead, sealed_address=b"sealed", address_digest=b"digest", created_at=NOW
    )
    refused = browser.post(f"{DIRECTORY}{rota.door.pk}/close/")
    assert refused.status_code == 409
    assert "End it on the rota's import page" in words(refused)
    CalendarFeed.objects.filter(pk=feed.pk).update(ended_at=NOW)
    assert browser.post(f"{DIRECTORY}{rota.door.pk}/close/").status_code == 302


def test_teams_are_added_and_closed_by_those_who_look_after_the_centre(people: Cast, entry: str) -> None:
    services.set_administrator(employment=people.carol.employments.get(), administrator=True, by=MAKER, at=NOW)
    before = Team.objects.filter(closed_at=None).count()
    for user, status in ((people.carol, 403), (people.operator, 403), (people.dev, 404)):
        browser = signed_in(user)
        for address in (ADD, f"{entry}close/"):
            assert browser.get(address).status_code == status
            assert browser.post(address, added(people.charity)).status_code == status
        assert not {ADD, f"{entry}close/"} & set(re.findall(r'href="([^"]+)"', browser.get(entry).content.decode()))
    assert Team.objects.filter(closed_at=None).count() == before


def test_another_centres_teams_are_neither_added_nor_closed(people: Cast, browser: Client) -> None:
    theirs = TeamFactory.create(organisation=people.housing, centre=people.hillside)
    for address in (
        f"{DIRECTORY}{theirs.pk}/close/",
        f"/centres/hillside/directory/{theirs.pk}/close/",
        "/centres/hillside/directory/add/",
    ):
        assert browser.get(address).status_code == 404
        assert browser.post(address, added(people.housing)).status_code == 404


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
