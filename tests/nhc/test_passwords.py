"""A forgotten password: a link by e-mail that works once, and tells nobody whose address it is."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.test import Client

from nhc import clock, password_reset
from nhc.models import AuditEvent, OutboxJob, User
from nhc.tasks import send_password_link

pytestmark = pytest.mark.django_db

NEW = "violet tram marmalade"


@pytest.fixture
def person() -> User:
    return User.objects.create_user(email="bill@lantern.example", name="Bill Hartley", password="correct horse battery")


def link(client: Client, mailoutbox: list[EmailMessage]) -> str:
    """Ask for a link, let the background job send it, and return its path."""
    client.post("/forgotten-password/", {"email": "Bill@lantern.example"})
    send_password_link(**OutboxJob.objects.get().arguments)
    found = re.search(r"/forgotten-password/\S+", str(mailoutbox[-1].body))
    assert found is not None
    return found[0]


def test_the_link_sets_a_new_password_once(client: Client, person: User, mailoutbox: list[EmailMessage]) -> None:
    address = link(client, mailoutbox)
    form = client.get(address)["Location"]
    assert form.endswith("/set/")
    assert "Choose a new password" in client.get(form).content.decode()
    assert client.post(form, {"password": NEW})["Location"] == "/sign-in/"
    assert "Your password is changed. Sign in with it" in client.get("/sign-in/").content.decode()
    assert client.post("/sign-in/", {"username": person.email, "password": NEW}).status_code == 302
    assert Client().get(address, follow=True).status_code == 410


def test_a_new_password_signs_nobody_in_and_ends_sessions(
    client: Client, person: User, mailoutbox: list[EmailMessage]
) -> None:
    elsewhere = Client()
    elsewhere.force_login(person)
    form = client.get(link(client, mailoutbox))["Location"]
    client.post(form, {"password": NEW})
    for browser in (client, elsewhere):
        assert browser.get("/session/").json() == {"seconds": 0}


def test_an_unknown_address_answers_alike_and_sends_nothing(client: Client, person: User) -> None:
    answers = [client.post("/forgotten-password/", {"email": email}) for email in (person.email, "no@lantern.example")]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, "/forgotten-password/sent/")] * 2
    assert OutboxJob.objects.count() == 1


def test_a_link_is_over_after_an_hour(client: Client, person: User, mailoutbox: list[EmailMessage]) -> None:
    address = link(client, mailoutbox)
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert client.get(address, follow=True).status_code == 410


def test_a_weak_password_is_refused_with_words(client: Client, person: User, mailoutbox: list[EmailMessage]) -> None:
    form = client.get(link(client, mailoutbox))["Location"]
    answer = client.post(form, {"password": "bill"})
    assert answer.status_code == 422
    assert "too short" in answer.content.decode()


@pytest.mark.parametrize("reference", ["x", "OTk5", "////", "MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA"])
def test_a_link_that_was_made_up_is_a_page(client: Client, reference: str) -> None:
    assert client.get(f"/forgotten-password/{reference}/made-up/", follow=True).status_code in {404, 410}


def test_a_mailbox_is_not_filled_from_here(client: Client, person: User) -> None:
    for _ in range(password_reset.MOST_IN_AN_HOUR + 2):
        client.post("/forgotten-password/", {"email": person.email})
    assert OutboxJob.objects.count() == password_reset.MOST_IN_AN_HOUR


def test_the_message_names_nobody(client: Client, person: User, mailoutbox: list[EmailMessage]) -> None:
    address = link(client, mailoutbox)
    body = str(mailoutbox[-1].body)
    assert "Bill" not in body
    assert person.email not in body
    assert "bill" not in str(list(AuditEvent.objects.values_list("details", flat=True))) + address
