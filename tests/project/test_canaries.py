"""The watch over names and numbers sees each place that it watches; the tests of people use what it looks for."""

import logging
from collections.abc import Callable

import pytest
import redis
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from django.test import Client

from nhc import audit, jobs
from nhc.actors import Actor
from tests.canaries import CANARIES, FAMILY_NAME, NUMBER, Watch
from tests.cast import NOW
from tests.huddles.circle import SAM

MAKER = Actor.system("canaries")


def _log() -> None:
    logging.getLogger("nhc.anything").error("%s could not be stored", FAMILY_NAME)


def _log_of_a_fault() -> None:
    try:
        raise ValueError(f"no such number: {NUMBER}")
    except ValueError:
        logging.getLogger("nhc.anything").exception("A fault")


def _address() -> None:
    Client().get("/healthz", {"q": FAMILY_NAME})


def _mail() -> None:
    send_mail("A notice", f"About {FAMILY_NAME.upper()}", None, ["somebody@example.org"])


def _redis() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.get(f"person:{NUMBER}")


def _outbox() -> None:
    jobs.enqueue("nhc.tasks.send_notice", notice=FAMILY_NAME)


def _trail() -> None:
    audit.record(by=MAKER, at=NOW, verb="seen", subject="person", subject_id="1", details={"name": FAMILY_NAME})


PLACES = (_log, _log_of_a_fault, _address, _mail, _redis, _outbox, _trail)


@pytest.mark.django_db
@pytest.mark.parametrize("leak", PLACES, ids=[place.__name__.strip("_") for place in PLACES])
def test_a_name_that_leaks_is_found(watch: Watch, leak: Callable[[], None]) -> None:
    connection.ensure_connection()
    watch.see_connection(connection=connection)
    with transaction.atomic():
        leak()
    assert watch.found
    watch.found.clear()


def test_the_watch_looks_for_what_the_tests_say_of_somebody() -> None:
    said = {SAM.given_name, SAM.family_name, SAM.nhs_number, SAM.telephone, SAM.address, SAM.what_matters}
    assert said <= set(CANARIES)
