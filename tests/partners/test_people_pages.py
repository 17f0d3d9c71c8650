"""Pages of an organisation's people and of a line manager's: administrators reach their own people alone."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from partners.models import DutyRole, Employment, Membership, Shift
from partners.services import people as services
from tests.cast import MAKER, NOW, Cast
from tests.factories import EmploymentFactory, MembershipFactory, TeamFactory, UserFactory
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

ORGANISATION = "/organisations/ZZ001/"


@pytest.fixture
def browser(people: Cast) -> Client:
    """Return the browser of alice, an administrator of the trust."""
    services.set_administrator(employment=people.alice.employments.get(), administrator=True, by=MAKER, at=NOW)
    return signed_in(people.alice)


def day(name: str, day: int, month: int = 4) -> dict[str, str]:
    return {f"{name}-day": str(day), f"{name}-month": str(month), f"{name}-year": "2026"}


def test_the_list_holds_employees_and_volunteers_of_ones_own(people: Cast, browser: Client) -> None:
    MembershipFactory.create(user=people.dev, team=people.backbone, role="peer")
    page = words(browser.get(f"{ORGANISATION}people/"))
    assert "Name Alice alice@example.org" in page
    assert "Dev dev@example.org Employed Not employed by us" in page
    assert "Peer or lived-experience member, Backbone, Riverside centre" in page
    assert "Carol" not in page


def test_people_are_found_by_name_and_address(browser: Client) -> None:
    address = f"{ORGANISATION}people/"
    assert browser.post(address, {"q": "BASH example"})["Location"] == address
    page = words(browser.get(address))
    assert "1 person for “BASH example”" in page
    assert "alice@example.org" not in page
    assert "Nobody matches" in words(browser.post(address, {"q": "carol"}, follow=True))
    assert "alice@example.org" in words(browser.post(address, {"q": "carol", "clear": "1"}, follow=True))
    assert browser.post(f"{address}?page=x", {"q": "\0"}, follow=True).status_code == 200


def test_what_is_sought_stays_out_of_every_address(people: Cast, browser: Client) -> None:
    for user in UserFactory.create_batch(51, name="Wren"):
        EmploymentFactory.create(user=user, organisation=people.trust)
    page = browser.post(f"{ORGANISATION}people/", {"q": "wren"}, follow=True).content.decode()
    assert not re.search(r'(?:href|action)="[^"]*wren', page, re.I)
    assert 'href="?page=2"' in page
    assert "51 people for “wren”" in words(browser.get(f"{ORGANISATION}people/?page=2"))


def test_one_organisation_is_led_to_and_none_says_so(people: Cast, browser: Client) -> None:
    assert browser.get("/organisations/")["Location"] == f"{ORGANISATION}people/"
    assert "You look after no organisation's people" in words(signed_in(people.carol).get("/organisations/"))
    EmploymentFactory.create(user=people.alice, organisation=people.charity, administrator=True)
    assert "Open Door" in words(browser.get("/organisations/"))


def test_a_colleague_is_signed_out_everywhere_after_asking(people: Cast, browser: Client) -> None:
    theirs = signed_in(people.bashir)
    page = f"{ORGANISATION}people/{people.bashir.pk}/sessions/end/"
    assert "Sign Bashir out everywhere?" in words(browser.get(page))
    assert theirs.get("/session/").json()["seconds"]
    assert "Bashir is signed out everywhere" in words(browser.post(page, follow=True))
    assert theirs.get("/session/").json() == {"seconds": 0}


def pages_about(people: Cast, code: str, user_id: int, placement_id: int) -> list[str]:
    organisation = f"/organisations/{code}/"
    person = f"{organisation}people/{user_id}/"
    parts = ("", "place/", "line-manager/", "administrator/", "sessions/end/", "end/")
    return [f"{person}{part}" for part in parts] + [f"{organisation}placements/{placement_id}/end/"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_elses_people_are_reached(people: Cast, browser: Client, method: str) -> None:
    """Neither through one's own organisation nor through theirs, and an identifier of nobody looks the same."""
    theirs = MembershipFactory.create(
        user=people.carol, team=TeamFactory.create(organisation=people.charity, centre=people.riverside)
    )
    addresses = [
        *pages_about(people, "ZZ001", people.carol.pk, theirs.pk),
        *pages_about(people, "ZZ002", people.carol.pk, theirs.pk),
        *pages_about(people, "ZZ001", 10**30, 10**30),
        "/organisations/ZZ002/people/",
        "/organisations/ZZ002/people/invite/",
        "/organisations/ZZ002/invitations/",
        "/organisations/nowhere/people/",
        "/organisations/%00/people/",
    ]
    read_only = ("/people/", "/invitations/", f"/{people.carol.pk}/", f"/{10**30}/")
    for address in addresses:
        if method == "get" or not address.endswith(read_only):
            assert getattr(browser, method)(address).status_code == 404, address
    theirs.refresh_from_db()
    assert theirs.ends_at is None


@pytest.mark.parametrize("name", ["bashir", "carol", "dev", "operator"])
def test_only_administrators_look_after_people(people: Cast, browser: Client, name: str) -> None:
    placement = Membership.objects.get(user=people.alice)
    visitor = signed_in(getattr(people, name))
    for address in pages_about(people, "ZZ001", people.alice.pk, placement.pk):
        assert visitor.get(address).status_code == 404, address


def test_someone_is_placed_and_the_placement_lapses_by_itself(people: Cast, browser: Client) -> None:
    user = UserFactory.create(name="Wren")
    EmploymentFactory.create(user=user, organisation=people.housing)
    EmploymentFactory.create(user=user, organisation=people.trust)
    answer = browser.post(
        f"{ORGANISATION}people/{user.pk}/place/",
        {"team": str(people.backbone.pk), "role": "practitioner", "line_manager": "ALICE@example.org "}
        | day("starts", 2)
        | day("until", 10),
    )
    assert answer.status_code == 302
    placement = Membership.objects.get(user=user)
    assert (placement.starts_at, placement.line_manager) == (NOW, people.alice)
    page, api = "/centres/riverside/directory/", f"/api/v1/rollups/?centre=riverside&measure={people.seen.code}"
    last = placement.ends_at
    assert last is not None
    with time_machine.travel(last - timedelta(seconds=1), tick=False):
        visitor = signed_in(user)
        assert [visitor.get(each).status_code for each in (page, api)] == [200, 200]
    Employment.objects.filter(user=user, organisation=people.trust).update(ends_at=NOW + timedelta(days=1))
    with time_machine.travel(last, tick=False):
        visitor = signed_in(user)
        assert [visitor.get(each).status_code for each in (page, api)] == [404, 404]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"team": ""}, "Select team"),
        ({"role": "emperor"}, "Select role from the list"),
        ({"until-day": "1"}, "Last day must be 2 April 2026 or later"),
        ({"starts-day": "12"}, "Last day must not be before the first day"),
        ({"line_manager": "carol@example.org"}, "someone Riverside Mental Health Trust employs"),
        ({"role": "submitter"}, "already has this role"),
    ],
)
def test_what_is_wrong_with_a_placement_is_said(
    people: Cast, browser: Client, changed: dict[str, str], sentence: str
) -> None:
    data = {"team": str(people.backbone.pk), "role": "peer", "line_manager": ""} | day("starts", 2) | day("until", 10)
    answer = browser.post(f"{ORGANISATION}people/{people.bashir.pk}/place/", data | changed)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert Membership.objects.filter(user=people.bashir).count() == 2


def test_ending_a_placement_names_what_follows(people: Cast, browser: Client) -> None:
    placement = Membership.objects.get(user=people.bashir, team=people.backbone)
    address = f"{ORGANISATION}placements/{placement.pk}/end/"
    page = words(browser.get(address))
    assert "they may no longer" in page
    assert "send their organisation's figures" in page
    assert browser.post(address, day("last_day", 30)).status_code == 302
    placement.refresh_from_db()
    assert placement.ends_at is not None
    assert placement.ends_at.isoformat() == "2026-04-30T23:00:00+00:00"
    assert "Until 1 May 2026, 00:00" in words(browser.get(f"{ORGANISATION}people/{people.bashir.pk}/"))
    assert browser.post(address).status_code == 302
    placement.refresh_from_db()
    assert placement.ends_at == NOW
    assert browser.get(address).status_code == 404


def test_a_placement_with_another_employer_of_the_person_is_that_employers(people: Cast, browser: Client) -> None:
    EmploymentFactory.create(user=people.bashir, organisation=people.charity)
    theirs = Membership.objects.get(user=people.bashir, team__organisation=people.charity)
    assert browser.get(f"{ORGANISATION}placements/{theirs.pk}/end/").status_code == 404
    assert "Front door" not in words(browser.get(f"{ORGANISATION}people/{people.bashir.pk}/"))


def test_ending_an_employment_names_what_ends_and_what_stays(people: Cast, browser: Client) -> None:
    address = f"{ORGANISATION}people/{people.bashir.pk}/end/"
    page = words(browser.get(address))
    assert "placement as partner data submitter in Backbone, Riverside centre, ends" in page
    assert "in Front door, Riverside centre, belongs to Open Door and stays" in page
    answer = browser.post(address)
    assert answer["Location"] == f"{ORGANISATION}people/"
    assert browser.get(f"{ORGANISATION}people/{people.bashir.pk}/").status_code == 404


def test_administrators_are_made_and_the_last_one_stays(people: Cast, browser: Client) -> None:
    own, other = (f"{ORGANISATION}people/{user.pk}/administrator/" for user in (people.alice, people.bashir))
    answer = browser.post(own, {"administrator": "0"})
    assert answer.status_code == 422
    assert "last administrator" in words(answer)
    assert browser.post(other, {"administrator": "1"}).status_code == 302
    assert browser.post(own, {"administrator": "0"})["Location"] == "/"
    assert browser.get(f"{ORGANISATION}people/").status_code == 404
    assert signed_in(people.bashir).get(f"{ORGANISATION}people/").status_code == 200


def test_a_line_manager_is_one_of_ones_own_people(people: Cast, browser: Client) -> None:
    address = f"{ORGANISATION}people/{people.bashir.pk}/line-manager/"
    for wrong in ("carol@example.org", "nobody@example.org"):
        answer = browser.post(address, {"line_manager": wrong})
        assert "someone Riverside Mental Health Trust employs" in words(answer)
    assert browser.post(address, {"line_manager": "alice@example.org"}).status_code == 302
    assert 'value="alice@example.org"' in browser.get(address).content.decode()


def test_a_line_manager_sees_their_own_people_and_nobody_else(people: Cast, browser: Client) -> None:
    assert "You are nobody's home line manager" in words(browser.get("/my-people/"))
    employment = Employment.objects.get(user=people.bashir)
    services.set_line_manager(employment=employment, line_manager=people.alice, by=MAKER, at=NOW)
    page = words(browser.get("/my-people/"))
    assert "Bashir bashir@example.org" in page
    assert "Partner data submitter, Backbone, Riverside centre" in page
    assert "Carol" not in page
    assert "My people" in words(browser.get("/centres/"))
    assert "My people" not in words(signed_in(people.carol).get("/centres/"))


def test_a_line_manager_sees_hours_as_long_as_they_last(people: Cast, browser: Client) -> None:
    """The clocks go forward within the first shift: from 22:00 to 08:00 are 9 hours."""
    services.set_line_manager(
        employment=Employment.objects.get(user=people.bashir), line_manager=people.alice, by=MAKER, at=NOW
    )
    desk = DutyRole.objects.create(centre=people.riverside, code="desk", name="Front desk", created_at=NOW)
    for starts_at, hours in (
        (datetime(2026, 3, 28, 22, tzinfo=UTC), 9),
        (NOW + timedelta(days=1), 7.5),
        (NOW - timedelta(days=40), 8),
    ):
        Shift.objects.create(
            operational_date=starts_at.date(),
            created_at=NOW,
            source=Shift.Source.PAGE,
            team=people.backbone,
            user=people.bashir,
            duty_role=desk,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=hours),
        )
    page = words(browser.get("/my-people/"))
    assert "On the rota, last 28 days 9 h On the rota, next 28 days 7 h 30 min" in page


def test_a_line_manager_sees_inductions_of_their_own_people(people: Cast, browser: Client) -> None:
    services.set_line_manager(
        employment=Employment.objects.get(user=people.bashir), line_manager=people.alice, by=MAKER, at=NOW
    )
    page = words(browser.get(f"/my-people/{people.bashir.pk}/"))
    assert "Inducted to decide alone Riverside centre" in page
    assert "Team Front door Open Door, Riverside centre" in page
    for other in (people.carol.pk, people.alice.pk, 10**30):
        assert browser.get(f"/my-people/{other}/").status_code == 404
    assert signed_in(people.bashir).get(f"/my-people/{people.bashir.pk}/").status_code == 404


def test_lists_cost_the_same_however_many_people(
    people: Cast, browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for user in UserFactory.create_batch(60):
        EmploymentFactory.create(user=user, organisation=people.trust, line_manager=people.alice)
        MembershipFactory.create(user=user, team=people.backbone)
    browser.get("/organisations/ZZ001/people/")
    # Session and person 2; the frame's standing 1; administered organisations 2; count, page, employments, placements.
    with django_assert_max_num_queries(10):
        page = browser.get("/organisations/ZZ001/people/")
    assert "Page 1 of 2" in words(page)
    # Session and person 2; the frame's standing 1; count, page and placements 3; hours behind and ahead 2.
    with django_assert_max_num_queries(8):
        page = browser.get("/my-people/")
    assert "Page 1 of 2" in words(page)
