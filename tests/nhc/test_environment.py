"""Readers of environment variables: what they take, and the sentence for what they do not."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from nhc import environment

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("address", "port", "starttls", "tls"),
    [
        ("smtp://mail.example", 25, False, False),
        ("smtp+tls://mail.example", 587, True, False),
        ("smtps://mail.example:4465", 4465, False, True),
    ],
)
def test_a_mail_server_is_one_address(
    monkeypatch: pytest.MonkeyPatch, address: str, port: int, starttls: bool, tls: bool
) -> None:
    monkeypatch.setenv("NHC_EMAIL_URL", address)
    found = environment.mailer("NHC_EMAIL_URL", "none://")
    options = found["OPTIONS"]
    assert found["BACKEND"] == SMTP
    assert isinstance(options, dict)
    assert (options["host"], options["port"]) == ("mail.example", port)
    assert (options["use_tls"], options["use_ssl"]) == (starttls, tls)


def test_a_name_and_password_may_hold_any_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHC_EMAIL_URL", "smtps://service%40mail.example:p%2Fq%3A@mail.example")
    options = environment.mailer("NHC_EMAIL_URL", "none://")["OPTIONS"]
    assert isinstance(options, dict)
    assert (options["username"], options["password"]) == ("service@mail.example", "p/q:")


@pytest.mark.parametrize(
    ("address", "backend"), [("console://", "console"), ("none://", "dummy"), ("file:///var/mail/out", "filebased")]
)
def test_messages_may_go_elsewhere(monkeypatch: pytest.MonkeyPatch, address: str, backend: str) -> None:
    monkeypatch.delenv("NHC_EMAIL_URL", raising=False)
    assert environment.mailer("NHC_EMAIL_URL", address)["BACKEND"] == SMTP.replace("smtp", backend)


@pytest.mark.parametrize("address", ["mail.example", "smtp://", "https://mail.example", "file://host/path", "file:"])
def test_any_other_address_stops_the_start_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NHC_EMAIL_URL", address)
    with pytest.raises(ImproperlyConfigured, match="NHC_EMAIL_URL must look like"):
        environment.mailer("NHC_EMAIL_URL", "none://")
