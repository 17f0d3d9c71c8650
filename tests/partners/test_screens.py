"""Wall screens: a code on the screen, a manager who enters it, and a device that opens nothing else."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from nhc import clock
from nhc.models import AuditEvent
from partners.models import WallPairing, WallScreen
from partners.services import screens
from tests.cast import Cast

pytestmark = pytest.mark.django_db

PAIR = "/centres/riverside/screens/pair/"


def shown_code(screen: Client) -> str:
    """Let a screen show a code and return it."""
    screen.post("/wall/")
    found = re.search(r"[A-Z]{4}-[A-Z]{4}", screen.get("/wall/").content.decode())
    assert found is not None
    return found[0]


@pytest.fixture
def manager(people: Cast) -> Client:
    client = Client()
    client.force_login(people.alice)
    return client


def paired(manager: Client, name: str = "Front desk") -> Client:
    screen = Client()
    assert manager.post(PAIR, {"code": shown_code(screen), "name": name}).status_code == 302
    return screen


def test_a_screen_shows_its_centre_once_a_manager_entered_its_code(manager: Client) -> None:
    screen = paired(manager)
    page = screen.get("/wall/", follow=True).content.decode()
    assert "Riverside centre" in page
    assert "Alice" not in page
    assert "Front desk" in manager.get("/centres/riverside/screens/").content.decode()


def test_a_screen_that_is_not_paired_shows_no_centre_and_no_sign_in(people: Cast) -> None:
    for page in (Client().get("/wall/"), Client(headers={"Cookie": "nhc_wall=made:up"}).get("/wall/")):
        assert page.status_code == 200
        assert "This screen is not paired" in page.content.decode()
        assert 'type="password"' not in page.content.decode()


@pytest.mark.parametrize("address", ["/", "/centres/riverside/", "/account/", "/api/v1/measures/", "/admin/"])
def test_a_screen_opens_nothing_else(manager: Client, address: str) -> None:
    screen = paired(manager)
    answer, stranger = screen.get(address), Client().get(address)
    assert (answer.status_code, answer.get("Location")) == (stranger.status_code, stranger.get("Location"))
    assert answer.status_code in {302, 401, 403}


def test_the_cookie_is_for_the_wall_alone(manager: Client) -> None:
    screen = paired(manager)
    cookie = screen.cookies["nhc_wall"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/wall/", True, "Strict")
    assert "sessionid" not in screen.cookies


def test_a_revoked_screen_shows_nothing_at_once(manager: Client) -> None:
    screen = paired(manager)
    found = WallScreen.objects.get()
    assert (
        "Do you want to revoke Front desk?"
        in manager.get(f"/centres/riverside/screens/{found.pk}/revoke/").content.decode()
    )
    manager.post(f"/centres/riverside/screens/{found.pk}/revoke/")
    assert "Riverside" not in screen.get("/wall/", follow=True).content.decode()
    assert manager.post(f"/centres/riverside/screens/{found.pk}/revoke/").status_code == 404


def test_a_code_lasts_ten_minutes_and_pairs_once(manager: Client) -> None:
    code = shown_code(Client())
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        answer = manager.post(PAIR, {"code": code, "name": "Late"})
        assert (answer.status_code, WallScreen.objects.count()) == (422, 0)
    assert manager.post(PAIR, {"code": code.lower().replace("-", " "), "name": "First"}).status_code == 302
    assert manager.post(PAIR, {"code": code, "name": "Second"}).status_code == 422


def test_codes_and_tokens_are_stored_as_digests(manager: Client) -> None:
    screen = Client()
    code = shown_code(screen)
    row = WallPairing.objects.get()
    assert code.replace("-", "").encode() not in bytes(row.code_digest)
    assert len(row.code_digest) == len(row.token_digest) == 32


def test_an_address_asks_for_ten_codes_in_ten_minutes() -> None:
    answers = [Client().post("/wall/").status_code for _ in range(screens.CODES_FROM_ONE_ADDRESS + 1)]
    assert answers == [302] * screens.CODES_FROM_ONE_ADDRESS + [429]


def test_whoever_guesses_codes_must_wait(manager: Client) -> None:
    for _ in range(screens.WRONG_CODES):
        assert manager.post(PAIR, {"code": "BBBB-BBBB", "name": "Guess"}).status_code == 422
    answer = manager.post(PAIR, {"code": shown_code(Client()), "name": "Guess"})
    assert (answer.status_code, WallScreen.objects.count()) == (429, 0)


def test_a_wrong_code_is_recorded_of_the_centre(manager: Client, people: Cast) -> None:
    manager.post(PAIR, {"code": "BBBB-BBBB", "name": "Guess"})
    event = AuditEvent.objects.latest("pk")
    assert (event.subject, event.subject_id) == ("centre", str(people.riverside.pk))


def test_two_screens_of_a_centre_have_two_names(manager: Client) -> None:
    paired(manager)
    answer = manager.post(PAIR, {"code": shown_code(Client()), "name": "Front desk"})
    assert answer.status_code == 422
    assert "Another screen of this centre has this name" in answer.content.decode()


def test_a_screen_is_renamed_and_a_stale_page_says_so(manager: Client) -> None:
    paired(manager)
    address = f"/centres/riverside/screens/{WallScreen.objects.get().pk}/rename/"
    assert manager.post(address, {"name": "Reception", "version": 1}).status_code == 302
    stale = manager.post(address, {"name": "Lobby", "version": 1})
    assert stale.status_code == 409
    assert "Somebody else called it Reception meanwhile" in stale.content.decode()
    assert manager.post(address, {"name": "Lobby", "version": 2}).status_code == 302


@pytest.mark.parametrize(("name", "status"), [("bashir", 403), ("carol", 403), ("dev", 404)])
def test_only_those_who_look_after_the_centre_pair_its_screens(people: Cast, name: str, status: int) -> None:
    client = Client()
    client.force_login(getattr(people, name))
    assert client.get("/centres/riverside/screens/").status_code == status
    assert client.post(PAIR, {"code": shown_code(Client()), "name": "Mine"}).status_code == status
    assert not WallScreen.objects.exists()


def test_a_list_of_many_screens_takes_as_many_queries_as_of_one(manager: Client, people: Cast) -> None:
    for number in range(screens.SCREEN_LIMIT):
        paired(manager, f"Screen {number}")
        WallPairing.objects.all().delete()
    assert (
        manager.get("/centres/riverside/screens/").content.decode().count("Last seen </span>") == screens.SCREEN_LIMIT
    )
    assert manager.post(PAIR, {"code": shown_code(Client()), "name": "One more"}).status_code == 422
