"""Sessions that end, what counts as activity, what was typed, and where a person is signed in."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from nhc import clock, kept_forms, services, sessions
from nhc.models import KeptForm, User, UserSession
from tests.cast import Cast, gather

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
FORM = "/centres/riverside/measures/crisis-contacts-seen-in-4h/notes/add/"
TYPED = {"text": "The lift was broken", "day-day": "3"}


@pytest.fixture
def people() -> Cast:
    cast = gather()
    cast.alice.set_password(PASSWORD)
    cast.alice.save()
    return cast


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(clock.now(), tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def client(people: Cast) -> Client:
    client = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140"})
    client.post("/sign-in/", {"username": "alice@example.org", "password": PASSWORD})
    return client


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/session/").json()["seconds"])


def sign_in_again(client: Client, following: str) -> str:
    answer = client.post("/sign-in/", {"username": "alice@example.org", "password": PASSWORD, "next": following})
    return answer["Location"]


def test_fifteen_minutes_without_activity_end_a_session(travel: time_machine.Traveller, client: Client) -> None:
    travel.shift(timedelta(minutes=14, seconds=59))
    assert client.get("/centres/riverside/").status_code == 200
    travel.shift(timedelta(minutes=15))
    assert client.get("/centres/riverside/")["Location"] == "/sign-in/?ended=1&next=/centres/riverside/"
    assert client.get("/api/v1/measures/").status_code == 401
    assert "nothing was done for a while" in client.get("/sign-in/?ended=1").content.decode()


def test_twelve_hours_end_a_session_whatever_is_done(travel: time_machine.Traveller, client: Client) -> None:
    for _ in range(71):
        travel.shift(timedelta(minutes=10))
        assert client.get("/centres/").status_code == 200
    travel.shift(timedelta(minutes=10))
    assert client.get("/centres/").status_code == 302


@pytest.mark.parametrize("poll", ["header", "address"])
def test_polling_is_no_activity(travel: time_machine.Traveller, client: Client, poll: str) -> None:
    for _ in range(3):
        travel.shift(timedelta(minutes=4))
        if poll == "header":
            client.get("/centres/riverside/", headers={"NHC-Background": "1"})
        else:
            client.get("/session/")
    travel.shift(timedelta(minutes=4))
    assert not is_signed_in(client)


def test_presence_counts_for_half_an_hour(
    travel: time_machine.Traveller, client: Client, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_presences", [])
    sessions.count_presence(lambda user_id, at: user_id == people.alice.pk)
    travel.shift(timedelta(minutes=29))
    assert client.get("/session/", headers={"NHC-Background": "1"}).status_code == 200
    assert client.get("/account/", headers={"NHC-Background": "1"}).status_code == 200
    travel.shift(timedelta(minutes=2))
    assert client.get("/account/").status_code == 302


def test_a_page_knows_how_long_it_has_and_asking_for_more_gives_it(
    travel: time_machine.Traveller, client: Client
) -> None:
    travel.shift(timedelta(minutes=13))
    assert 'data-seconds="900"' in client.get("/centres/").content.decode()
    travel.shift(timedelta(minutes=13))
    assert client.get("/session/").json() == {"seconds": 120}
    assert client.post("/session/extend/").json() == {"seconds": 900}


def test_what_is_sent_too_late_is_offered_again_to_the_same_person(
    travel: time_machine.Traveller, client: Client
) -> None:
    travel.shift(timedelta(minutes=16))
    late = client.post(FORM, TYPED | {"password": "hidden"})
    assert late["Location"].startswith("/sign-in/?ended=1&next=")
    offered = sign_in_again(client, FORM)
    page = client.get(offered).content.decode()
    assert page.count("The lift was broken") == 2
    assert "hidden" not in re.sub(r"<[^>]*>", "", page)
    assert f'action="{FORM}"' in page
    client.post(FORM, TYPED)
    assert not KeptForm.objects.exists()


def test_nobody_else_sees_what_was_typed(travel: time_machine.Traveller, client: Client, people: Cast) -> None:
    travel.shift(timedelta(minutes=16))
    client.post(FORM, TYPED)
    kept = KeptForm.objects.get()
    assert b"lift" not in bytes(kept.content)
    client.force_login(people.bashir)
    assert client.get(reverse("kept-form", args=[kept.pk])).status_code == 404
    assert client.get(reverse("session-kept", args=[kept.pk])).status_code == 404
    assert client.post(reverse("kept-form", args=[kept.pk])).status_code == 404
    assert KeptForm.objects.exists()


def test_what_was_typed_goes_after_a_day(travel: time_machine.Traveller, client: Client) -> None:
    travel.shift(timedelta(minutes=16))
    client.post(FORM, TYPED)
    travel.shift(timedelta(hours=24))
    assert sign_in_again(client, FORM) == FORM
    services.forget_sessions(at=clock.now())
    assert not KeptForm.objects.exists()


def test_what_stands_in_a_form_is_kept_as_the_warning_runs_out(travel: time_machine.Traveller, client: Client) -> None:
    client.post("/session/keep/", TYPED | {"nhc-page": FORM})
    travel.shift(timedelta(minutes=16))
    other = {"text": "From a tab that slept", "nhc-page": "/centres/riverside/?a=1"}
    assert client.post("/session/keep/", other).status_code == 204
    assert sign_in_again(client, FORM) == FORM
    kept = KeptForm.objects.get(path=FORM)
    assert f'data-kept="{kept.pk}"' in client.get(FORM).content.decode()
    assert ["text", "The lift was broken"] in client.get(reverse("session-kept", args=[kept.pk])).json()["fields"]
    assert KeptForm.objects.filter(path="/centres/riverside/?a=1").exists()


@pytest.mark.parametrize(
    ("page", "text"), [("https://elsewhere.example/", "x"), ("//elsewhere.example/", "x"), (FORM, "x" * 200_001)]
)
def test_not_everything_is_kept(client: Client, page: str, text: str) -> None:
    assert client.post("/session/keep/", {"nhc-page": page, "text": text}).status_code == 204
    assert not KeptForm.objects.exists()


@pytest.mark.parametrize("ended", [True, False])
def test_nothing_is_kept_of_the_pages_about_signing_in(
    travel: time_machine.Traveller, client: Client, ended: bool
) -> None:
    secret = {"current": PASSWORD, "factor-code": "123456", "credential": "{}"}
    if ended:
        travel.shift(timedelta(minutes=16))
        client.post("/account/password/", secret)
    client.post("/session/keep/", secret | {"nhc-page": "/account/confirm/?next=/account/"})
    assert not KeptForm.objects.exists()


def test_twenty_forms_are_kept_for_one_person(client: Client) -> None:
    for number in range(kept_forms.MOST + 2):
        client.post("/session/keep/", {"nhc-page": f"/page/{number}/", "text": "typed"})
    assert KeptForm.objects.count() == kept_forms.MOST


def test_a_stranger_leaves_nothing(people: Cast) -> None:
    Client().post("/session/keep/", TYPED | {"nhc-page": FORM})
    Client().post(FORM, TYPED)
    assert not KeptForm.objects.exists()


def test_a_form_from_another_site_leaves_nothing(travel: time_machine.Traveller, client: Client) -> None:
    travel.shift(timedelta(minutes=16))
    client.handler.enforce_csrf_checks = True
    assert client.post(FORM, TYPED).status_code == 403
    assert not KeptForm.objects.exists()


def test_people_see_where_they_are_signed_in_and_end_it(client: Client, people: Cast) -> None:
    other = Client(headers={"User-Agent": "Safari iPhone"})
    other.force_login(people.alice)
    page = client.get("/account/").content.decode()
    assert "Firefox on Windows" in page
    reference = re.search(r'name="place" value="(\w+)"', page)
    assert reference is not None
    assert not UserSession.objects.filter(session_key=reference[1]).exists()
    client.post("/account/sessions/end/", {"place": reference[1]})
    assert (is_signed_in(client), is_signed_in(other)) == (True, False)


def test_nobody_ends_another_persons_session(client: Client, people: Cast) -> None:
    other = Client()
    other.force_login(people.bashir)
    client.post("/account/sessions/end/")
    assert is_signed_in(other)


def test_a_new_password_ends_every_other_session(client: Client, people: Cast) -> None:
    other = Client()
    other.force_login(people.alice)
    client.post("/account/password/", {"current": PASSWORD, "password": "violet tram marmalade"})
    assert (is_signed_in(client), is_signed_in(other)) == (True, False)
    assert User.objects.get(pk=people.alice.pk).check_password("violet tram marmalade")


def test_whoever_may_no_longer_sign_in_is_signed_out_at_once(client: Client, people: Cast) -> None:
    User.objects.filter(pk=people.alice.pk).update(is_active=False)
    assert client.get("/centres/riverside/").status_code == 302
