"""POST /api/v1/submissions/: the documented answer for everything that can be sent."""

import gzip
import io
import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

import openpyxl
import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from partners import tasks
from partners.models import IdempotencyRecord, Observation, Return, Submission, SubmissionBody
from partners.services import contract, idempotency, submissions
from partners.services.submissions import Upload
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.factories import FIRST_DAY
from tests.partners.conftest import client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

PATH = "/api/v1/submissions/"
SEEN = "crisis-contacts-seen-in-4h"
VISITS = "visits-to-community-partners"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

GOOD: dict[str, object] = {"measure": VISITS, "period": "2026-02", "numerator": 41}


def message(*observations: object, **envelope: object) -> bytes:
    return json.dumps({"centre": "riverside", "observations": observations, **envelope}).encode()


def test_a_small_submission_is_answered_with_the_finished_one(by_key: Client) -> None:
    answer = by_key.post(PATH, message(GOOD), content_type="application/json")
    assert answer.status_code == 201
    document = answer.json()
    assert document["state"] == "accepted"
    assert document["counts"] == {
        "received": 1,
        "created": 1,
        "changed": 0,
        "unchanged": 0,
        "removed": 0,
        "rejected": 0,
    }
    assert document["periods"] == [{"period": "2026-02", "start": "2026-02-01", "end": "2026-02-28"}]
    assert by_key.get(answer["Location"]).json() == document


CODES: list[tuple[str, Mapping[str, object], str]] = [
    ("wrong-type", GOOD | {"measure": ["a"]}, "measure"),
    ("wrong-type", GOOD | {"numerator": True}, "numerator"),
    ("wrong-type", GOOD | {"breakdown": "A"}, "breakdown"),
    ("wrong-type", GOOD | {"state": {}}, "state"),
    ("missing-field", {"measure": VISITS, "numerator": 1}, "period"),
    ("missing-field", {"measure": VISITS, "period": "2026-02"}, "numerator"),
    ("unknown-field", GOOD | {"colour": "red"}, "colour"),
    ("unknown-measure", GOOD | {"measure": "no-such"}, "measure"),
    ("measure-not-collected-here", GOOD | {"measure": "elsewhere"}, "measure"),
    ("invalid-period", GOOD | {"period": "2026-13"}, "period"),
    ("wrong-period-type", GOOD | {"period": "2026-Q1"}, "period"),
    ("future-period", GOOD | {"period": "2026-05"}, "period"),
    ("period-closed", GOOD | {"measure": "closed", "period": "2025-06"}, "period"),
    ("unknown-dimension", GOOD | {"measure": SEEN, "denominator": 50, "breakdown": {"shoe": "A"}}, "breakdown"),
    ("unknown-category", GOOD | {"measure": SEEN, "denominator": 50, "breakdown": {"ethnic_group": "Q"}}, "breakdown"),
    ("breakdown-not-collected", GOOD | {"breakdown": {"sex": "1"}}, "breakdown"),
    ("not-a-number", GOOD | {"numerator": "41"}, "numerator"),
    ("not-a-number", GOOD | {"numerator": "<5"}, "numerator"),
    ("not-a-number", GOOD | {"numerator": float("nan")}, "numerator"),
    ("not-a-number", GOOD | {"numerator": float("inf")}, "numerator"),
    ("negative-number", GOOD | {"numerator": -1}, "numerator"),
    ("number-too-large", GOOD | {"numerator": 2**53}, "numerator"),
    ("not-a-whole-number", GOOD | {"numerator": 1.5}, "numerator"),
    ("numerator-above-denominator", GOOD | {"measure": SEEN, "denominator": 40}, "numerator"),
    ("missing-denominator", GOOD | {"measure": SEEN}, "denominator"),
    ("unexpected-denominator", GOOD | {"denominator": 50}, "denominator"),
    ("invalid-state", GOOD | {"state": "perhaps"}, "state"),
    ("figures-with-state", GOOD | {"state": "withheld"}, "numerator"),
]


@pytest.fixture
def more_measures(people: Cast) -> None:
    """Add a measure that only Hillside collects and one whose return closes."""
    elsewhere = contract.add_measure(code="elsewhere", definition=cast.VISITS, by=MAKER, at=NOW)
    contract.collect_measure(centre=people.hillside, measure=elsewhere, from_date=FIRST_DAY, by=MAKER, at=NOW)
    closed = contract.add_measure(code="closed", definition=cast.VISITS, by=MAKER, at=NOW)
    contract.collect_measure(centre=people.riverside, measure=closed, from_date=FIRST_DAY, by=MAKER, at=NOW)
    contract.end_return(owed=people.trust_return, until_date=date(2026, 1, 1), by=MAKER, at=NOW)
    contract.add_return(
        organisation=people.trust,
        centre=people.riverside,
        measures=[closed],
        from_date=date(2025, 1, 1),
        closes_after_days=60,
        by=MAKER,
        at=NOW,
    )


@pytest.mark.usefixtures("more_measures")
@pytest.mark.parametrize(("code", "observation", "field"), CODES)
def test_each_fault_has_its_code_and_pointer(
    by_key: Client, code: str, observation: Mapping[str, object], field: str
) -> None:
    answer = by_key.post(PATH, message(GOOD, observation), content_type="application/json")
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "/problems/submission-rejected"
    assert (code, [f"/observations/1/{field}"]) in [(each["code"], each["pointers"]) for each in problem["errors"]]
    assert not Observation.objects.exists()


@pytest.mark.parametrize(
    ("envelope", "code", "pointer"),
    [
        ({"centre": "hillside"}, "unknown-centre", "/centre"),
        ({"centre": "no-such"}, "unknown-centre", "/centre"),
        ({"centre": None}, "missing-field", "/centre"),
        ({"centre": ["riverside"]}, "wrong-type", "/centre"),
        ({"mode": "append"}, "invalid-mode", "/mode"),
        ({"colour": "red"}, "unknown-field", "/colour"),
        ({"col\0our": "red"}, "unknown-field", "/colour"),
        ({"\ud800": "red"}, "unknown-field", "/?"),
        ({"a" * 1_000: "red"}, "unknown-field", "/" + "a" * 100),
        ({"observations": None}, "missing-field", "/observations"),
        ({"observations": {}}, "wrong-type", "/observations"),
        ({"observations": []}, "missing-field", "/observations"),
    ],
)
def test_faults_of_the_envelope_are_named_too(
    by_key: Client, envelope: Mapping[str, object], code: str, pointer: str
) -> None:
    answer = by_key.post(PATH, message(GOOD, **envelope), content_type="application/json")
    assert answer.status_code == 422, answer.content
    assert (code, [pointer]) in [(each["code"], each["pointers"]) for each in answer.json()["errors"]]


def test_an_unknown_name_that_no_database_takes_is_named_all_the_same(by_key: Client) -> None:
    answer = by_key.post(PATH, message(GOOD | {"\ud800": 1, "\0": 1}), content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointers"] == ["/observations/0/?", "/observations/0"]


def test_a_reason_too_long_says_how_long_it_may_be(by_key: Client) -> None:
    answer = by_key.post(PATH, message(GOOD, reason="a" * 501), content_type="application/json")
    assert "at most 500 characters" in answer.json()["errors"][0]["detail"]


def test_a_spreadsheet_dated_at_the_end_of_time_has_no_such_period(by_key: Client) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["measure", "period", "numerator"], [VISITS, date(9999, 12, 1), 3]):
        book.active.append(row)
    body = io.BytesIO()
    book.save(body)
    answer = by_key.post(f"{PATH}?centre=riverside", body.getvalue(), content_type=XLSX)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "invalid-period")


def test_a_repeated_key_names_both_observations(by_key: Client) -> None:
    errors = by_key.post(PATH, message(GOOD, GOOD), content_type="application/json").json()["errors"]
    assert [(error["code"], error["indexes"]) for error in errors] == [("duplicate-key", [0, 1])]


def test_a_file_for_two_centres_is_refused(by_key: Client) -> None:
    body = f"centre,measure,period,numerator\nriverside,{VISITS},2026-02,1\nhillside,{VISITS},2026-01,1\n"
    answer = by_key.post(f"{PATH}?centre=riverside", body, content_type="text/csv")
    errors = {error["code"]: error["cells"] for error in answer.json()["errors"]}
    assert errors == {"several-centres": ["A3"]}


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b'{"centre": "riverside", "centre": "hillside", "observations": []}'),
        ("application/json", b"[" * 200_000),
        ("application/json", b'{"observations": [' + b'{"a":' * 50_000),
        ("application/json", b"\xff\xfe{}"),
        ("application/json", b" "),
        ("application/x-ndjson", b"{}\n{"),
        ("text/csv", b"\n"),
        ("text/csv", b"\x00"),
        (XLSX, b"PK\x03\x04"),
        (XLSX, b"measure,period\n"),
    ],
)
def test_what_cannot_be_read_is_a_bad_request(by_key: Client, media_type: str, body: bytes) -> None:
    answer = by_key.post(f"{PATH}?centre=riverside", body, content_type=media_type)
    assert answer.status_code == 400, answer.content
    assert answer.json()["type"] == "/problems/malformed"
    assert not Submission.objects.exists()


def test_a_list_where_the_message_belongs_is_rejected(by_key: Client) -> None:
    answer = by_key.post(PATH, b"[]", content_type="application/json")
    assert answer.status_code == 422
    assert ("wrong-type", [""]) in [(each["code"], each["pointers"]) for each in answer.json()["errors"]]


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
def test_other_media_types_are_unsupported(by_key: Client, media_type: str) -> None:
    assert by_key.post(PATH, message(GOOD), content_type=media_type).status_code == 415


def test_csv_and_a_spreadsheet_say_what_json_says(by_key: Client) -> None:
    first = by_key.post(PATH, message(GOOD), content_type="application/json")
    assert first.json()["counts"]["created"] == 1
    body = f"period,measure,numerator\n2026-02,{VISITS},41\n"
    second = by_key.post(f"{PATH}?centre=riverside", "\ufeff" + body, content_type="text/csv")
    assert second.json()["counts"]["unchanged"] == 1
    book = openpyxl.Workbook()
    page = book.create_sheet("Figures")
    for line in body.splitlines():
        page.append(line.split(","))
    out = io.BytesIO()
    book.save(out)
    third = by_key.post(f"{PATH}?centre=riverside", out.getvalue(), content_type=XLSX)
    assert third.json()["counts"]["unchanged"] == 1


def test_gzip_is_unpacked(by_key: Client) -> None:
    packed = gzip.compress(message(GOOD)[:20]) + gzip.compress(message(GOOD)[20:])
    answer = by_key.post(PATH, packed, content_type="application/json", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 201


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(message(GOOD))[:-9]])
def test_broken_gzip_is_a_bad_request(by_key: Client, body: bytes) -> None:
    answer = by_key.post(PATH, body, content_type="application/json", headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed")


def test_another_encoding_is_unsupported(by_key: Client) -> None:
    answer = by_key.post(PATH, message(GOOD), content_type="application/json", headers={"Content-Encoding": "br"})
    assert answer.status_code == 415


def test_a_gzip_bomb_is_cut_at_the_limit(by_key: Client) -> None:
    bomb = gzip.compress(b" " * 70_000_000)
    answer = by_key.post(PATH, bomb, content_type="application/json", headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")


def test_a_body_over_20_mb_is_too_large(by_key: Client) -> None:
    answer = by_key.post(PATH, b" " * 20_000_001, content_type="application/json")
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")


@pytest.mark.parametrize("media_type", ["application/json", "text/csv", "application/x-ndjson"])
def test_more_than_200_000_observations_are_too_many(by_key: Client, media_type: str) -> None:
    body = {
        "application/json": b'{"centre":"riverside","observations":[' + b",".join([b"{}"] * 200_001) + b"]}",
        "text/csv": b"measure,period\n" + b"a,b\n" * 200_001,
        "application/x-ndjson": b"{}\n" * 200_001,
    }[media_type]
    answer = by_key.post(f"{PATH}?centre=riverside", body, content_type=media_type)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-many-observations")


def many(count: int) -> bytes:
    """Return a message of distinct observations: two a day of a daily measure is not needed, breakdowns are."""
    lines = [
        {"measure": VISITS, "period": f"{2017 + number // 12 % 9}-{number % 12 + 1:02}", "numerator": number}
        for number in range(count)
    ]
    return message(*lines)


def test_a_large_submission_is_stored_for_a_worker(
    by_key: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks():
        answer = by_key.post(PATH, many(5_001), content_type="application/json")
    assert answer.status_code == 202
    assert answer["Retry-After"]
    document = by_key.get(answer["Location"]).json()
    assert document["state"] == "received"
    assert submissions.process(submission_id=document["id"], at=NOW)
    finished = by_key.get(answer["Location"]).json()
    assert (finished["state"], finished["errors"][0]["code"]) == ("rejected", "duplicate-key")
    assert not submissions.process(submission_id=document["id"], at=NOW)


def lines_of(*periods: str) -> bytes:
    return "\n".join(json.dumps(GOOD | {"period": period}) for period in periods).encode()


def test_a_large_file_keeps_its_mode_and_reason(by_key: Client, settings: LazySettings) -> None:
    settings.SUBMISSION_SYNCHRONOUS_LIMIT = 1
    by_key.post(PATH, message(GOOD | {"breakdown": {"ethnic_group": "A"}}), content_type="application/json")
    address = f"{PATH}?centre=riverside&mode=replace&reason=corrected"
    answer = by_key.post(address, lines_of("2026-02", "2026-01"), content_type="application/x-ndjson")
    assert answer.status_code == 202
    assert submissions.process(submission_id=answer.json()["id"], at=NOW)
    stored = Submission.objects.get(pk=answer.json()["id"])
    assert (stored.state, stored.mode, stored.reason) == ("accepted", "replace", "corrected")


def test_a_large_file_with_a_wrong_envelope_is_rejected_at_once_with_all_its_faults(
    by_key: Client, settings: LazySettings
) -> None:
    settings.SUBMISSION_SYNCHRONOUS_LIMIT = 1
    address = f"{PATH}?centre=riverside&mode=REPLACE"
    answer = by_key.post(address, lines_of("2026-02", "never"), content_type="application/x-ndjson")
    assert answer.status_code == 422
    assert {each["code"] for each in answer.json()["errors"]} == {"invalid-mode", "invalid-period"}
    document = by_key.get(f"{PATH}{answer.json()['submission']}/").json()
    assert document["counts"]["received"] == 2


def test_a_large_message_for_no_centre_is_rejected_at_once_with_all_its_faults(
    by_key: Client, settings: LazySettings
) -> None:
    settings.SUBMISSION_SYNCHRONOUS_LIMIT = 1
    body = message(GOOD, GOOD | {"period": "never"}, centre="nowhere")
    answer = by_key.post(PATH, body, content_type="application/json")
    assert (answer.status_code, answer.json()["detail"][:6]) == (422, "1 of 2")
    assert {each["code"] for each in answer.json()["errors"]} == {"unknown-centre", "invalid-period"}


def test_a_large_table_may_name_its_centre_in_a_column(by_key: Client, settings: LazySettings) -> None:
    settings.SUBMISSION_SYNCHRONOUS_LIMIT = 1
    table = "centre,measure,period,numerator\n" + "".join(f"riverside,{VISITS},2026-0{n},5\n" for n in (1, 2))
    answer = by_key.post(PATH, table, content_type="text/csv")
    assert answer.status_code == 202
    assert submissions.process(submission_id=answer.json()["id"], at=NOW)
    assert Observation.objects.count() == 2


def test_a_large_submission_is_judged_by_the_day_it_came(people: Cast, by_key: Client, settings: LazySettings) -> None:
    settings.SUBMISSION_SYNCHRONOUS_LIMIT = 1
    Return.objects.filter(pk=people.trust_return.pk).update(closes_after_days=33)
    address = f"{PATH}?centre=riverside"
    answer = by_key.post(address, lines_of("2026-02", "2026-03"), content_type="application/x-ndjson")
    assert submissions.process(submission_id=answer.json()["id"], at=NOW + timedelta(days=9))
    finished = by_key.get(answer["Location"]).json()
    assert finished["state"] == "accepted", finished["errors"]


def test_a_body_found_malformed_by_a_worker_is_kept_a_day_and_says_why(by_key: Client, settings: LazySettings) -> None:
    settings.SUBMISSION_SYNCHRONOUS_LIMIT = 1
    body = b'{"centre": "riverside", "observations": [{"measure": "a", "measure": "b"}, {}]}'
    answer = by_key.post(PATH, body, content_type="application/json")
    assert answer.status_code == 202
    assert submissions.process(submission_id=answer.json()["id"], at=NOW)
    assert SubmissionBody.objects.get().expires_at == NOW + timedelta(hours=24)
    assert b"malformed" in by_key.get(f"{answer['Location']}errors.csv").content


def test_one_submission_that_cannot_be_finished_keeps_no_other_waiting(by_key: Client, settings: LazySettings) -> None:
    settings.SUBMISSION_SYNCHRONOUS_LIMIT = 1
    address = f"{PATH}?centre=riverside"
    for _ in range(2):
        by_key.post(address, lines_of("2026-02", "2026-01"), content_type="application/x-ndjson")
    first, second = Submission.objects.order_by("pk")
    Submission.objects.filter(pk=first.pk).update(media_type="text/unknown")
    Submission.objects.update(received_at=NOW - timedelta(minutes=1))
    assert tasks.resume_submissions() == 1
    second.refresh_from_db()
    assert second.state == "accepted"


@pytest.mark.parametrize(("count", "status"), [(5_000, 422), (5_001, 202)])
def test_5_000_is_the_most_that_is_answered_at_once(by_key: Client, count: int, status: int) -> None:
    assert by_key.post(PATH, many(count), content_type="application/json").status_code == status


def test_a_dry_run_stores_nothing_and_answers_200(by_key: Client) -> None:
    answer = by_key.post(f"{PATH}?dry_run=true", message(GOOD), content_type="application/json")
    document = answer.json()
    assert (answer.status_code, document["id"], document["dry_run"]) == (200, None, True)
    assert [change["kind"] for change in document["changes"]] == ["created"]
    assert not Submission.objects.exists()
    assert not Observation.objects.exists()


def test_a_dry_run_shows_the_figure_that_would_stay(by_key: Client) -> None:
    by_key.post(PATH, message(GOOD), content_type="application/json")
    answer = by_key.post(f"{PATH}?dry_run=true", message(GOOD), content_type="application/json")
    [change] = answer.json()["changes"]
    assert (change["kind"], change["before"]["numerator"], change["after"]["numerator"]) == ("unchanged", 41, 41)


def test_a_dry_run_with_errors_answers_200_with_them(by_key: Client) -> None:
    answer = by_key.post(f"{PATH}?dry_run=true", message(GOOD | {"numerator": -1}), content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (200, "negative-number")
    assert not Submission.objects.exists()


def test_a_dry_run_takes_no_more_than_is_answered_at_once(by_key: Client) -> None:
    answer = by_key.post(f"{PATH}?dry_run=true", many(5_001), content_type="application/json")
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/dry-run-too-large")


def keyed(by_key: Client, body: bytes, key: str = '"a-key"') -> "Answer":
    return by_key.post(PATH, body, content_type="application/json", headers={"Idempotency-Key": key})


def test_the_same_key_gets_the_first_answer_again(by_key: Client) -> None:
    first, again = keyed(by_key, message(GOOD)), keyed(by_key, message(GOOD), key="a-key")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert Submission.objects.count() == 1


def test_the_same_key_for_other_content_is_refused(by_key: Client) -> None:
    keyed(by_key, message(GOOD))
    answer = keyed(by_key, message(GOOD | {"numerator": 42}))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")


@pytest.mark.parametrize("key", ['""', '"', 'a"b', '"a"b"', "  ", "a\tb", "\u00e9", "k" * 256])
def test_a_key_that_nobody_could_send_alike_twice_is_refused(by_key: Client, key: str) -> None:
    answer = keyed(by_key, message(GOOD), key=key)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-idempotency-key")
    assert not Submission.objects.exists()


def test_two_organisations_may_use_the_same_key(people: Cast) -> None:
    keyed(client(people.trust_key), message(GOOD))
    assert keyed(client(people.charity_key), message(GOOD)).json()["organisation"] == "ZZ002"


def test_a_kept_rejection_is_tried_again_once_the_contract_changed(people: Cast, by_key: Client) -> None:
    body = message(GOOD | {"measure": "new-measure"})
    assert keyed(by_key, body).status_code == 422
    assert keyed(by_key, body)["Idempotent-Replayed"] == "true"
    added = contract.add_measure(code="new-measure", definition=cast.VISITS, by=MAKER, at=NOW)
    contract.collect_measure(centre=people.riverside, measure=added, from_date=FIRST_DAY, by=MAKER, at=NOW)
    answer = keyed(by_key, body)
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer


def test_a_rejection_decided_while_the_contract_changed_is_not_kept(people: Cast) -> None:
    asked = idempotency.KeyedRequest(caller="key", key="a", fingerprint=b"a")
    begun = idempotency.find(asked, at=NOW)
    assert isinstance(begun, idempotency.Begun)
    upload = Upload(organisation=people.trust, media_type="application/json", body=message(GOOD | {"numerator": -1}))
    rejected = submissions.receive(upload=upload, by=MAKER, at=NOW).submission
    contract.add_measure(code="new-measure", definition=cast.VISITS, by=MAKER, at=NOW)
    answer = idempotency.Answer(422, {}, b"rejected")
    idempotency.keep(asked, answer, begun=begun, submission_id=rejected.pk, at=NOW)
    assert isinstance(idempotency.find(asked, at=NOW), idempotency.Begun)


def test_a_malformed_body_keeps_no_key(by_key: Client) -> None:
    assert keyed(by_key, b"{").status_code == 400
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 256, '""'])
def test_a_key_that_is_none_is_a_bad_request(by_key: Client, key: str) -> None:
    assert keyed(by_key, message(GOOD), key=key).status_code == 400


def test_a_rejected_submission_never_removes_what_was_accepted(by_key: Client) -> None:
    by_key.post(PATH, message(GOOD), content_type="application/json")
    by_key.post(PATH, message(GOOD | {"numerator": -1}, mode="replace"), content_type="application/json")
    assert Observation.objects.get(closed_seq=None).numerator == 41


def test_one_observation_takes_at_most_14_queries(by_key: Client) -> None:
    seen: list[str] = []

    def note(execute: object, statement: str, parameters: object, many: bool, context: object) -> object:
        seen.append(statement)
        return execute(statement, parameters, many, context)  # type: ignore[operator]  # Django hands in a callable

    with connection.execute_wrapper(note):
        assert by_key.post(PATH, message(GOOD), content_type="application/json").status_code == 201
    assert len(seen) <= 14, "\n".join(seen)
