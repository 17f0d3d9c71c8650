"""A setting that would make the product wrong or unsafe stops the start, with a sentence that says what to do."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from nhc import environment

ROOT = Path(__file__).resolve().parents[2]
KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
PRODUCTION = {
    "NHC_ENVIRONMENT": "production",
    "NHC_DEMO": "0",
    "SECRET_KEY": "9f2c1b7e5a4d8f6031c2b4a6d8e0f1a3c5b7d9e1f3a5c7b9d1e3f5a7c9b1d3e5",
    "NHC_API_KEY_PEPPER": "another secret that is kept apart",
    "NHC_BODY_KEY": KEY,
    "NHC_AUDIT_KEY": KEY,
    "NHC_EMAIL_URL": "smtp://mail.example:587",
    "ALLOWED_HOSTS": "centre.example",
    "DATABASE_URL": "postgresql://nhc_app@127.0.0.1/nhc",
    "DATABASE_OWNER_URL": "postgresql://nhc_owner@127.0.0.1/nhc",
}


def checked(*, without: str = "", **changed: str) -> tuple[int, str]:
    """Return how `check --deploy` ends, and what it says, in production with one thing different."""
    # Browser journeys of the same process allow what a deployment must not.
    left_out = {without, "DJANGO_ALLOW_ASYNC_UNSAFE"}
    variables = {name: value for name, value in (os.environ | PRODUCTION | changed).items() if name not in left_out}
    result = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "check", "--deploy", "--fail-level", "WARNING"],
        env=variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout + result.stderr


def test_production_with_all_its_settings_has_nothing_to_complain_of() -> None:
    status, said = checked()
    assert status == 0, said
    assert "no issues" in said


@pytest.mark.parametrize("name", ["SECRET_KEY", "NHC_API_KEY_PEPPER", "NHC_BODY_KEY", "NHC_AUDIT_KEY"])
def test_a_secret_that_production_needs_is_named(name: str) -> None:
    status, said = checked(without=name)
    assert status != 0
    assert f"Set {name} in the environment. See 'Operations' in README.md" in said


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ALLOWED_HOSTS": ""}, "Set ALLOWED_HOSTS to the names this service answers to, separated by commas."),
        ({"NHC_DEMO": "1"}, "NHC_DEMO=1 signs people in without a second factor. Remove it in production."),
        ({"DATABASE_OWNER_URL": PRODUCTION["DATABASE_URL"]}, "Create a second role for the application"),
    ],
)
def test_what_production_may_not_be_says_what_to_do(changed: dict[str, str], sentence: str) -> None:
    status, said = checked(**changed)
    assert status != 0
    assert sentence in said


@pytest.mark.parametrize(("name", "value"), [("TIME_ZONE", "UTC"), ("USE_TZ", False)])
def test_any_other_time_is_an_error(settings: LazySettings, name: str, value: object) -> None:
    setattr(settings, name, value)
    (found,) = [message for message in run_checks() if message.id == "nhc.E001"]
    assert found.hint == "Set TIME_ZONE = 'Europe/London' and USE_TZ = True in nhc/settings.py."


@pytest.mark.parametrize(
    ("value", "read", "sentence"),
    [
        ("maybe", lambda name: environment.boolean(name, default=False), "X is 'maybe'. Set it to 1 or 0."),
        ("0", lambda name: environment.whole_number(name, 5, least=1), "Set it to a whole number of 1 or more."),
        ("-3", lambda name: environment.whole_number(name, 5), "Set it to a whole number of 0 or more."),
        ("²", lambda name: environment.whole_number(name, 5), "Set it to a whole number of 0 or more."),
        ("test", lambda name: environment.choice(name, ("a", "b"), "a"), "X is 'test'. Set it to one of: a, b."),
        ("mysql://a@b/c", environment.database, "X must start with postgresql://. No other database is supported."),
        ("c2hvcnQ=", lambda name: environment.key_bytes(environment.text(name), name), "`openssl rand -base64 32`"),
        ("not base64", lambda name: environment.key_bytes(environment.text(name), name), "`openssl rand -base64 32`"),
    ],
)
def test_a_variable_that_cannot_be_used_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, value: str, read: Callable[[str], object], sentence: str
) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)):
        read("X")


def test_a_secret_may_be_a_file_and_one_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("kept\n", encoding="utf-8")
    monkeypatch.setenv("X_FILE", str(secret))
    assert environment.text("X") == "kept"
    secret.unlink()
    with pytest.raises(ImproperlyConfigured, match=r"which cannot be read\. Correct the path\."):
        environment.text("X")
