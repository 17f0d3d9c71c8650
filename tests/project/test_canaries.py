"""The watch over names and numbers sees each place that it watches; the tests of people use what it looks for."""

import logging
from collections.abc import Callable

import pytest
import redis
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import AsyncClient, Client

from nhc import audit, jobs
from nhc.actors import Actor
from nhc.models import OutboxJob
from tests.canaries import ADDRESS, CANARIES, EMERGENCY, FAMILY_NAME, GIVEN_NAME, NUMBER, REFERRED, Watch, named
from tests.cast import NOW
from tests.huddles import flow, test_break_glass
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


def _address_asked_live() -> None:
    async_to_sync(AsyncClient().get)("/healthz", {"q": f"{GIVEN_NAME} {ADDRESS}"})


def _mail() -> None:
    send_mail("A notice", f"About {FAMILY_NAME.upper()}", None, ["somebody@example.org"])


def _redis() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.get(f"person:{NUMBER}")


def _outbox() -> None:
    jobs.enqueue("nhc.tasks.send_notice", notice=f"Whoever reads a task to its very end finds out about {FAMILY_NAME}")


def _outbox_of_several() -> None:
    sentence = f"Whoever reads a task to its very end finds out about {FAMILY_NAME}"
    OutboxJob.objects.bulk_create(OutboxJob(task="nhc.tasks.send_notice", arguments={"a": sentence}) for _ in range(2))


def _trail() -> None:
    audit.record(by=MAKER, at=NOW, verb="seen", subject="person", subject_id="1", details={"name": FAMILY_NAME})


PLACES = (
    _log,
    _log_of_a_fault,
    _address,
    _address_asked_live,
    _mail,
    _redis,
    _outbox,
    _outbox_of_several,
    _trail,
)


@pytest.mark.django_db
@pytest.mark.parametrize("leak", PLACES, ids=[place.__name__.strip("_") for place in PLACES])
def test_a_name_that_leaks_is_found(watch: Watch, leak: Callable[[], None]) -> None:
    connection.ensure_connection()
    watch.see_connection(connection=connection)
    with transaction.atomic():
        leak()
    assert watch.found
    watch.found.clear()


def test_a_name_in_a_title_is_found(watch: Watch) -> None:
    watch.see_answer(HttpResponse(f"<title>Record of {FAMILY_NAME}</title>"))
    assert watch.found == [f"title: {FAMILY_NAME}"]
    watch.found.clear()


def test_the_watch_looks_for_what_the_tests_say_of_somebody() -> None:
    said = {SAM.given_name, SAM.family_name, SAM.nhs_number, SAM.telephone, SAM.address, SAM.what_matters}
    referred = {flow.TESTINA.given_name, flow.TESTINA.family_name}
    assert said | referred <= set(CANARIES)
    assert named(flow.WORDS, test_break_glass.WHY) == [REFERRED[-1], EMERGENCY]
