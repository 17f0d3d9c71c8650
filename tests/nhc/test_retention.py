"""What is kept for a while only goes at its instant and not a moment before; figures and receipts stay."""

import json
from datetime import datetime, timedelta
from importlib import import_module

import pytest
import time_machine
from django.conf import LazySettings, settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db.models import Manager
from django.test import Client

from nhc import clock, services
from nhc.models import AuditEvent, User
from partners.models import IdempotencyRecord, Observation, Submission, SubmissionBody
from partners.services import retention, submissions
from tests import cast
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db

SUBMISSIONS = "/api/v1/submissions/"
INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)
GOOD, WRONG = "2026-02", "2026-13"


@pytest.fixture
def people() -> Cast:
    return cast.gather()


def send(people: Cast, period: str, **headers: str) -> int:
    figure = {"measure": "visits-to-community-partners", "period": period, "numerator": 41}
    body = json.dumps({"centre": "riverside", "observations": [figure]})
    with time_machine.travel(NOW, tick=False):
        answer = Client(headers={"Authorization": f"Bearer {people.trust_key}"} | headers).post(
            SUBMISSIONS, body, content_type="application/json"
        )
    return answer.status_code


@pytest.mark.parametrize(
    ("period", "status", "kept"), [(GOOD, 201, 30 * DAY), (WRONG, 422, DAY)], ids=["accepted", "rejected"]
)
def test_an_upload_goes_at_its_instant_and_its_receipt_stays(
    people: Cast, period: str, status: int, kept: timedelta
) -> None:
    assert send(people, period) == status
    retention.forget_expired(at=NOW + kept - INSTANT)
    assert SubmissionBody.objects.count() == 1
    assert retention.forget_expired(at=NOW + kept) == 1
    assert SubmissionBody.objects.count() == 0
    assert Submission.objects.count() == 1
    assert Observation.objects.count() == (status == 201)


def test_an_upload_lies_encrypted_while_it_is_kept(people: Cast) -> None:
    send(people, GOOD)
    stored = bytes(SubmissionBody.objects.get().ciphertext)
    assert not any(word in stored for word in (b"riverside", b"visits", b"numerator"))


def test_a_large_upload_that_a_worker_rejects_goes_a_day_after_that(people: Cast, settings: LazySettings) -> None:
    settings.SUBMISSION_SYNCHRONOUS_LIMIT = 0
    assert send(people, WRONG) == 202
    rejected = NOW + timedelta(minutes=5)
    submissions.process(submission_id=Submission.objects.get().pk, at=rejected)
    assert SubmissionBody.objects.get().expires_at == rejected + DAY


def test_the_answer_to_a_keyed_request_is_kept_for_30_days(people: Cast) -> None:
    send(people, GOOD, **{"Idempotency-Key": "february-1"})
    retention.forget_expired(at=NOW + 30 * DAY - INSTANT)
    assert IdempotencyRecord.objects.count() == 1
    retention.forget_expired(at=NOW + 30 * DAY)
    assert IdempotencyRecord.objects.count() == 0


def test_what_went_is_counted_in_the_trail_and_nothing_is_said_of_nothing(people: Cast) -> None:
    send(people, GOOD, **{"Idempotency-Key": "february-1"})
    assert retention.forget_expired(at=NOW + 30 * DAY) == 2
    assert retention.forget_expired(at=NOW + 30 * DAY) == 0
    details = AuditEvent.objects.get(verb="retention.applied").details
    assert (details["bodies"], details["answers"], details["drafts"]) == (1, 1, 0)


def sessions() -> Manager[AbstractBaseSession]:
    """Return the rows of whichever store the settings name."""
    found: Manager[AbstractBaseSession] = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class().objects
    return found


def ends(client: Client) -> datetime:
    """Return when the client's session ends."""
    moment: datetime = sessions().get(session_key=client.session.session_key).expire_date
    return moment


def test_a_session_goes_when_it_has_ended_and_signs_nobody_else_out() -> None:
    early, late = Client(), Client()
    for client, days in ((early, 0), (late, 1)):
        with time_machine.travel(clock.now() + days * DAY, tick=False):
            client.force_login(User.objects.create_user(email=f"person{days}@example.org", name="Person"))
    assert services.forget_sessions(at=ends(early) - INSTANT) == 0
    assert services.forget_sessions(at=ends(early)) == 1
    assert [row.session_key for row in sessions().all()] == [late.session.session_key]
    assert AuditEvent.objects.get(verb="retention.applied").details["sessions"] == 1
