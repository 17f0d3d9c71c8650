"""Reading submissions, measures and dimensions over HTTP."""

import csv
import io
import json
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from partners.models import Submission, SubmissionErrors
from tests import cast
from tests.cast import NOW, Cast
from tests.factories import MeasureVersionFactory, ObservationFactory, SubmissionFactory
from tests.partners.conftest import client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

SUBMISSIONS = "/api/v1/submissions/"
MEASURES = "/api/v1/measures/"


def send(caller: Client, *observations: dict[str, object]) -> "Answer":
    message = {"centre": "riverside", "observations": observations}
    return caller.post(SUBMISSIONS, json.dumps(message), content_type="application/json")


def visits(period: str, numerator: object) -> dict[str, object]:
    return {"measure": "visits-to-community-partners", "period": period, "numerator": numerator}


def ids(answer: "Answer") -> list[str]:
    return [entry["id"] for entry in answer.json()["results"]]


def store(people: Cast, count: int, **fields: object) -> list[str]:
    stored = [
        SubmissionFactory.create(
            organisation=people.trust, centre=people.riverside, received_at=NOW - timedelta(hours=number), **fields
        )
        for number in range(count)
    ]
    return [str(submission.pk) for submission in stored]


def test_submissions_are_listed_newest_first_and_only_ones_own(people: Cast, by_key: Client) -> None:
    SubmissionFactory.create(organisation=people.charity, centre=people.riverside)
    wanted = store(people, 3)
    assert ids(by_key.get(SUBMISSIONS)) == wanted


def test_pages_follow_one_another_while_new_ones_arrive(people: Cast, by_key: Client) -> None:
    wanted = store(people, 5)
    first = by_key.get(SUBMISSIONS, {"limit": 2}).json()
    SubmissionFactory.create(organisation=people.trust, centre=people.riverside, received_at=NOW + timedelta(hours=1))
    second = by_key.get(first["next"]).json()
    third = by_key.get(second["next"]).json()
    assert [entry["id"] for page in (first, second, third) for entry in page["results"]] == wanted
    assert third["next"] is None


def test_submissions_of_one_instant_are_neither_repeated_nor_lost(people: Cast, by_key: Client) -> None:
    wanted = {str(SubmissionFactory.create(organisation=people.trust, received_at=NOW).pk) for _ in range(5)}
    seen, address = [], f"{SUBMISSIONS}?limit=2"
    while address:
        page = by_key.get(address).json()
        seen += [entry["id"] for entry in page["results"]]
        address = page["next"]
    assert sorted(seen) == sorted(wanted)


def test_filters_narrow_the_list_and_stay_with_the_pages(people: Cast, by_key: Client) -> None:
    store(people, 2)
    failed = store(people, 2, state=Submission.State.FAILED)
    SubmissionFactory.create(organisation=people.trust, centre=people.hillside)
    page = by_key.get(SUBMISSIONS, {"centre": "riverside", "state": "failed", "limit": "1"}).json()
    assert [page["results"][0]["id"], *ids(by_key.get(page["next"]))] == failed
    assert ids(by_key.get(SUBMISSIONS, {"centre": "nowhere"})) == []
    since = (NOW - timedelta(minutes=30)).isoformat()
    assert len(ids(by_key.get(SUBMISSIONS, {"since": since, "centre": "riverside"}))) == 2


def test_since_may_lose_its_plus_sign_on_the_way(people: Cast, by_key: Client) -> None:
    wanted = store(people, 2)[:1]
    assert ids(by_key.get(f"{SUBMISSIONS}?since=2026-04-02T10:00:00+01:00")) == wanted


@pytest.mark.parametrize(
    "query",
    [
        "state=sleeping",
        "since=yesterday",
        "since=2026-04-02",
        "since=2026-04-02T10:00:00",
        "since=0001-01-01T00:00:00%2B14:00",
        "centre=%00",
        "centre=Riverside",
        "state=",
        "centre=" + "x" * 5000,
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=%D9%A3",
        "limit=1e2",
        "cursor=abc",
        "cursor=%00",
        "cursor=eyJhIjoxfQ:abcdef",
    ],
)
def test_parameters_that_cannot_be_read_are_refused(by_key: Client, query: str) -> None:
    answer = by_key.get(f"{SUBMISSIONS}?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")


def test_a_cursor_of_another_list_is_refused(people: Cast, by_key: Client) -> None:
    store(people, 2)
    cursor = by_key.get(SUBMISSIONS, {"limit": 1}).json()["next"].partition("cursor=")[2].partition("&")[0]
    assert by_key.get(f"{MEASURES}?cursor={cursor}").status_code == 400


def test_unknown_parameters_are_passed_over(by_key: Client) -> None:
    assert by_key.get(SUBMISSIONS, {"colour": "red"}).status_code == 200


def test_lists_say_what_is_wrong_without_every_place(people: Cast, by_key: Client) -> None:
    send(by_key, visits("2026-13", 1), visits("2026-14", 1))
    (entry,) = by_key.get(SUBMISSIONS).json()["results"]
    assert [(group["code"], group["occurrences"]) for group in entry["errors"]] == [("invalid-period", 2)]
    assert "indexes" not in entry["errors"][0]


def test_one_submission_reads_as_when_it_was_sent(by_key: Client) -> None:
    sent = send(by_key, visits("2026-03", 4))
    assert sent.status_code == 201
    read = by_key.get(sent["Location"])
    assert read.json() == sent.json()
    assert read.json()["received_at"] == "2026-04-02T09:30:00+00:00"


def test_a_rejected_submission_reads_200_with_its_errors(by_key: Client) -> None:
    sent = send(by_key, visits("2026-13", 1)).json()
    read = by_key.get(f"{SUBMISSIONS}{sent['submission']}/")
    assert (read.status_code, read.json()["state"]) == (200, "rejected")
    assert read.json()["errors"] == sent["errors"]


@pytest.mark.parametrize("tail", ["", "errors.csv", "observations/"])
def test_anyone_elses_submission_looks_absent(people: Cast, by_key: Client, tail: str) -> None:
    other = SubmissionFactory.create(organisation=people.charity, centre=people.riverside)
    hidden = by_key.get(f"{SUBMISSIONS}{other.pk}/{tail}", headers={"X-Request-ID": "same-for-both"})
    absent = by_key.get(f"{SUBMISSIONS}{uuid4()}/{tail}", headers={"X-Request-ID": "same-for-both"})
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.json() | {"instance": ""} == absent.json() | {"instance": ""}


def test_errors_csv_has_every_error(by_key: Client) -> None:
    sent = send(by_key, visits("2026-03", -1), visits("2026-13", "lots")).json()
    answer = by_key.get(f"{SUBMISSIONS}{sent['submission']}/errors.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert list(rows[0]) == ["index", "row", "column", "code", "detail"]
    assert sorted((row["index"], row["column"], row["code"]) for row in rows) == [
        ("0", "numerator", "negative-number"),
        ("1", "numerator", "not-a-number"),
        ("1", "period", "invalid-period"),
    ]


def test_errors_csv_reads_what_was_stored_byte_for_byte(people: Cast, by_key: Client) -> None:
    submission = SubmissionFactory.create(organisation=people.trust, state=Submission.State.REJECTED)
    SubmissionErrors.objects.create(submission=submission, lines=zlib.compress(b"index,row\r\n1,2\r\n"))
    assert by_key.get(f"{SUBMISSIONS}{submission.pk}/errors.csv").content == b"index,row\r\n1,2\r\n"


def test_errors_csv_of_an_accepted_submission_is_its_header(people: Cast, by_key: Client) -> None:
    submission = SubmissionFactory.create(organisation=people.trust, centre=people.riverside)
    assert by_key.get(f"{SUBMISSIONS}{submission.pk}/errors.csv").content == b"index,row,column,code,detail\r\n"


def test_observations_are_what_a_submission_added(by_key: Client) -> None:
    first = send(by_key, visits("2026-02", 4), visits("2026-03", 5)).json()
    send(by_key, visits("2026-02", 4), visits("2026-03", 6))
    rows = by_key.get(f"{SUBMISSIONS}{first['id']}/observations/").json()["results"]
    assert [(row["period"], row["end"], row["numerator"], row["current"]) for row in rows] == [
        ("2026-02", "2026-02-28", 4, True),
        ("2026-03", "2026-03-31", 5, False),
    ]


def test_observations_keep_decimals_breakdowns_and_words(people: Cast, by_key: Client) -> None:
    submission = SubmissionFactory.create(organisation=people.trust, centre=people.riverside)
    version = MeasureVersionFactory.create()
    ObservationFactory.create(
        submission=submission,
        version=version,
        dimension="ethnic_group",
        category="A",
        numerator="12.5",
        denominator="14",
    )
    ObservationFactory.create(
        submission=submission, version=version, state="withheld", numerator=None, denominator=None, reason="small team"
    )
    shown, withheld = by_key.get(f"{SUBMISSIONS}{submission.pk}/observations/").json()["results"]
    assert (shown["breakdown"], shown["numerator"], shown["denominator"]) == ({"ethnic_group": "A"}, 12.5, 14)
    assert (withheld["breakdown"], withheld["numerator"], withheld["reason"]) == (None, None, "small team")


def test_observations_come_in_pages(people: Cast, by_key: Client) -> None:
    submission = SubmissionFactory.create(organisation=people.trust, centre=people.riverside)
    for _ in range(3):
        ObservationFactory.create(submission=submission)
    first = by_key.get(f"{SUBMISSIONS}{submission.pk}/observations/", {"limit": 2}).json()
    second = by_key.get(first["next"]).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (2, 1, None)


def test_a_measure_says_what_it_means(by_key: Client) -> None:
    measure = by_key.get(f"{MEASURES}crisis-contacts-seen-in-4h/").json()
    assert {name: measure[name] for name in ("unit", "multiplier", "aggregation", "period_type", "direction")} == {
        "unit": "proportion",
        "multiplier": 100,
        "aggregation": "ratio_of_sums",
        "period_type": "month",
        "direction": "increase",
    }
    assert (measure["target"], measure["breakdowns"]) == (0.9, ["ethnic_group", "deprivation_quintile"])
    assert [version["version"] for version in measure["versions"]] == [1]


def test_a_measure_is_shown_as_defined_today_whatever_comes(people: Cast, by_key: Client) -> None:
    ends = NOW.date() + timedelta(days=1)
    people.seen.versions.update(ends=ends)
    MeasureVersionFactory.create(measure=people.seen, number=2, starts=ends, title="The next meaning")
    measure = by_key.get(f"{MEASURES}{people.seen.code}/").json()
    assert (measure["version"], measure["versions"][1]["title"]) == (1, "The next meaning")


@pytest.mark.parametrize("code", ["nothing", "Crisis", "x" * 300])
def test_an_unknown_measure_is_not_found(by_key: Client, code: str) -> None:
    assert by_key.get(f"{MEASURES}{code}/").status_code == 404


def test_measures_come_in_pages_by_code(by_key: Client) -> None:
    for code in ("aaa", "bbb", "zzz"):
        MeasureVersionFactory.create(measure__code=code)
    first = by_key.get(MEASURES, {"limit": 3}).json()
    second = by_key.get(first["next"]).json()
    codes = [measure["code"] for page in (first, second) for measure in page["results"]]
    assert codes == ["aaa", "bbb", "crisis-contacts-seen-in-4h", "visits-to-community-partners", "zzz"]


def test_dimensions_are_listed_in_order(by_key: Client) -> None:
    dimensions = {each["code"]: each for each in by_key.get("/api/v1/dimensions/").json()["results"]}
    assert list(dimensions) == [
        "ethnic_group",
        "deprivation_quintile",
        "sex",
        "age_band",
        "disability",
        "first_language",
        "migration_status",
    ]
    assert [each["code"] for each in dimensions["deprivation_quintile"]["categories"]] == [
        "1",
        "2",
        "3",
        "4",
        "5",
        "99",
    ]
    assert [each["order"] for each in dimensions["sex"]["categories"]] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "path", [SUBMISSIONS, MEASURES, f"{MEASURES}visits-to-community-partners/", "/api/v1/returns/"]
)
def test_an_unchanged_answer_is_304_without_a_body(by_key: Client, path: str) -> None:
    tag = by_key.get(path)["ETag"]
    again = by_key.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert again["Cache-Control"] == "private, no-cache"
    assert "Authorization" in again["Vary"]


def test_a_changed_answer_has_another_tag(people: Cast, by_key: Client) -> None:
    tag = by_key.get(SUBMISSIONS)["ETag"]
    store(people, 1)
    assert by_key.get(SUBMISSIONS, headers={"If-None-Match": tag}).status_code == 200


def test_tags_of_two_audiences_differ_even_where_the_text_is_the_same(people: Cast) -> None:
    tags = {client(key).get(SUBMISSIONS)["ETag"] for key in (people.trust_key, people.charity_key)}
    assert len(tags) == 2


def test_head_answers_without_a_body(by_key: Client) -> None:
    answer = by_key.head(MEASURES)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_list_of_submissions_costs_three_queries(
    people: Cast, by_key: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    store(people, 4)
    # The key with its organisation; the note of its use; the submissions with organisation and centre.
    with django_assert_num_queries(3):
        by_key.get(SUBMISSIONS)


def test_a_list_of_observations_costs_four_queries(
    people: Cast, by_key: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    submission = SubmissionFactory.create(organisation=people.trust, centre=people.riverside)
    for _ in range(4):
        ObservationFactory.create(submission=submission)
    # The key with its organisation; the note of its use; the submission; its observations with measure and version.
    with django_assert_num_queries(4):
        by_key.get(f"{SUBMISSIONS}{submission.pk}/observations/")


def test_a_list_of_measures_costs_four_queries(people: Cast, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        MeasureVersionFactory.create()
    caller = client(cast.key(people.trust))
    # The key with its organisation; the note of its use; the measures; their versions.
    with django_assert_num_queries(4):
        caller.get(MEASURES)
