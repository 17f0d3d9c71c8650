"""Log lines carry the request's identity and nothing of the person who made it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.db import IntegrityError, transaction
from django.test import Client

from huddles.models import Person
from nhc import clock
from nhc.models import User
from tests import canaries
from tests.factories import CentreFactory

PASSWORD = "correct horse battery"
EMAIL = "bill.hartley@lantern.example"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Write every log line, of all libraries and levels, as production would."""
    (formatter,) = {handler.formatter for handler in logging.getLogger().handlers if handler.name == "standard_error"}
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user(email=EMAIL, name="Bill Hartley", password=PASSWORD)


def sign_in(client: Client, password: str) -> int:
    return client.post("/sign-in/", {"username": EMAIL, "password": password}).status_code


def test_signing_in_and_failing_to_and_being_locked_out_name_nobody(
    client: Client, person: User, lines: io.StringIO
) -> None:
    assert sign_in(client, PASSWORD) == 302
    client.get("/help/?q=Hartley+overdose")
    client.post("/sign-out/")
    assert [sign_in(client, "wrong guess") for _ in range(6)][-1] == 429
    logging.getLogger("tests").error("a line of our own")
    said = lines.getvalue().lower()
    assert "a line of our own" in said
    for private in ("hartley", "bill", "lantern", "overdose", "wrong guess", PASSWORD):
        assert private not in said, private


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/v1/nothing-here/", "/api/v1/dimensions/", "/api/v1/submissions/"])
def test_a_problem_its_answer_and_its_log_lines_have_one_identity(client: Client, address: str) -> None:
    answer = client.post(address, b"{", content_type="application/json", headers={"X-Request-ID": "nightly-17-a"})
    assert answer.status_code >= 400
    assert answer["X-Request-ID"] == answer.json()["request_id"] == "nightly-17-a"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f g", "tab\tand more", "snowman-☃☃☃☃☃"])
def test_an_identity_that_could_garble_a_log_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert answer["X-Request-ID"] != given
    assert len(answer["X-Request-ID"]) == 36


@pytest.mark.django_db
@pytest.mark.urls("tests.nhc.test_pages")
def test_a_line_of_json_for_each_fault_names_the_request(lines: io.StringIO) -> None:
    Client(raise_request_exception=False).get("/api/without-database/", headers={"X-Request-ID": "nightly-17-b"})
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert found
    assert {line["request_id"] for line in found} == {"nightly-17-b"}
    assert all(line["timestamp"] and line["level"] for line in found)


def twice(number: str) -> IntegrityError:
    """Return what PostgreSQL says where somebody is stored twice."""
    centre = CentreFactory.create()
    people = [
        Person(centre=centre, reference=reference, given_name="Noor", nhs_number=number, registered_at=clock.now())
        for reference in ("BCDFGHJKLM", "MLKJHGFDCB")
    ]
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Person.objects.bulk_create(people)
    return refused.value


@pytest.mark.django_db
def test_what_a_database_says_of_a_row_is_in_no_line(lines: io.StringIO) -> None:
    error = twice(canaries.NUMBER)
    assert canaries.NUMBER in str(error)
    log, own = logging.getLogger("celery.app.trace"), structlog.get_logger("tests")
    log.error("Task tests.store[1] raised unexpected: %r", error, exc_info=(type(error), error, error.__traceback__))
    log.error("Task tests.store[2] raised unexpected: %s", error)
    log.error("%s", RuntimeError(str(error)))
    own.error("not_stored", exc_info=error)
    try:
        raise LookupError("Nobody was stored") from error
    except LookupError:
        own.exception("not_stored_either")
        log.exception("nor here")
    said = lines.getvalue()
    assert canaries.NUMBER not in said
    assert "person_nhs_number_once_at_a_centre" in said
    assert "23505" in said
    assert "Nobody was stored" in said
    assert "test_logs.py" in said
    assert len(said.splitlines()) == 6
