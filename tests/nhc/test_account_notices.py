"""Whoever's way of signing in is changed learns of it by e-mail, and what to do if it was not them."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.mail import EmailMessage
from django.test import Client

from nhc import authentication, clock
from nhc.models import OutboxJob, User
from nhc.tasks import send_account_notice
from tests.nhc.test_sign_in import PASSWORD, sign_in_with_both, with_app, with_passkey

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return User.objects.create_user(email="bill@lantern.example", name="Bill Hartley", password=PASSWORD)


@pytest.fixture
def client() -> Client:
    """Return a browser that uses TLS, as passkeys need."""
    client = Client(SERVER_PORT="443")
    client.defaults["wsgi.url_scheme"] = "https"
    return client


def told(outbox: list[EmailMessage]) -> list[str]:
    """Let the background jobs send what waits, and return the first sentence of each message."""
    for job in OutboxJob.objects.filter(task="nhc.tasks.send_account_notice").order_by("pk"):
        send_account_notice(**job.arguments)
        job.delete()
    return [str(message.body).partition(".")[0] for message in outbox]


def test_a_new_passkey_and_its_end_are_told(client: Client, person: User, mailoutbox: list[EmailMessage]) -> None:
    with_passkey(client, person)
    sign_in_with_both(client, person)
    client.post(f"/account/factors/{Authenticator.objects.get(type='webauthn').pk}/remove/")
    assert told(mailoutbox) == [
        "A passkey was added to your account",
        "A passkey was removed from your account",
    ]


def test_an_app_and_new_recovery_codes_are_told(client: Client, person: User, mailoutbox: list[EmailMessage]) -> None:
    with_app(client, person)
    sign_in_with_both(client, person)
    client.post("/account/recovery-codes/")
    client.post(f"/account/factors/{Authenticator.objects.get(type='totp').pk}/remove/")
    assert told(mailoutbox) == [
        "An authenticator app was added to your account",
        "New recovery codes were made for your account",
        "The authenticator app was removed from your account",
    ]


def test_a_new_password_is_told_without_saying_whose(
    client: Client, person: User, mailoutbox: list[EmailMessage]
) -> None:
    client.force_login(person)
    client.post("/account/password/", {"current": PASSWORD, "password": "violet tram marmalade"})
    assert told(mailoutbox) == ["Your password was changed"]
    (message,) = mailoutbox
    assert message.to == [person.email]
    assert "If it was not you, choose a new password now" in message.body
    assert "/forgotten-password/" in message.body
    assert not {"Bill", "Hartley", "lantern", "tram"} & set(f"{message.subject} {message.body}".split())


def test_factors_that_go_with_the_first_proof_are_told(
    client: Client, person: User, mailoutbox: list[EmailMessage]
) -> None:
    with_app(client, person)
    authentication.prove_address(user=person, at=clock.now())
    assert (
        told(mailoutbox)[1]
        == "All passkeys, the authenticator app and the recovery codes were removed from your account"
    )


def test_nobody_is_told_of_an_account_that_is_closed(person: User, mailoutbox: list[EmailMessage]) -> None:
    User.objects.update(is_active=False)
    send_account_notice(user_id=person.pk, change="password-changed")
    assert mailoutbox == []
