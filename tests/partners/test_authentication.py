"""Who gets in, and what everyone else is told."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nhc.models import User
from partners.models import ApiKey
from partners.services import keys
from tests import cast
from tests.cast import MAKER, NOW, Cast
from tests.factories import SubmissionFactory
from tests.partners.conftest import client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

MEASURES = "/api/v1/measures/"
SUBMISSIONS = "/api/v1/submissions/"


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_a_key_gets_in(by_key: Client) -> None:
    answer = by_key.get(MEASURES)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer nhc_aaaaaaaa_short_0000000",
        "Bearer a b",
        "Bearer \xff\xfe",
        "Basic dXNlcjpwYXNz",
        "Bearer " + "x" * 7000,
    ],
)
def test_anything_that_is_no_key_is_told_401(people: Cast, header: str) -> None:
    answer = Client(headers={"Authorization": header}).get(MEASURES)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json()["type"] == "/problems/not-authenticated"


def test_nobody_is_told_401(people: Cast) -> None:
    assert Client().get(MEASURES).status_code == 401
    assert Client().post(SUBMISSIONS, "{}", content_type="application/json").status_code == 401


def test_the_scheme_is_read_whatever_its_case(people: Cast) -> None:
    assert Client(headers={"Authorization": f"bearer  {people.trust_key}"}).get(MEASURES).status_code == 200


def test_expired_and_revoked_keys_are_told_the_same_as_wrong_ones(people: Cast) -> None:
    revoked = keys.create_key(organisation=people.trust, scopes=["read"], by=MAKER, at=NOW)
    keys.revoke_key(key=revoked.key, by=MAKER, at=NOW)
    expired = keys.create_key(organisation=people.trust, scopes=["read"], by=MAKER, at=NOW)
    ApiKey.objects.filter(pk=expired.key.pk).update(expires_at=NOW)
    wrong = keys.create_key(organisation=people.trust, scopes=["read"], by=MAKER, at=NOW)
    ApiKey.objects.filter(pk=wrong.key.pk).update(digest=bytes(32))
    answers = [client(made.text).get(MEASURES) for made in (revoked, expired, wrong)]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["detail"] for answer in answers}) == 1


def test_scopes_are_enforced_and_named(people: Cast) -> None:
    reader, sender = client(cast.key(people.trust, "read")), client(cast.key(people.trust, "submit"))
    refused = [reader.post(SUBMISSIONS, "{}", content_type="application/json"), sender.get(SUBMISSIONS)]
    assert [answer.status_code for answer in refused] == [403, 403]
    assert ["submit" in refused[0].json()["detail"], "read" in refused[1].json()["detail"]] == [True, True]


def test_a_key_that_may_only_submit_reads_what_became_of_its_submissions(people: Cast) -> None:
    submission = SubmissionFactory.create(organisation=people.trust, centre=people.riverside)
    sender = client(cast.key(people.trust, "submit"))
    for tail, status in (("", 200), ("errors.csv", 200), ("observations/", 403)):
        assert sender.get(f"{SUBMISSIONS}{submission.pk}/{tail}").status_code == status


def test_staff_read_with_their_session(people: Cast) -> None:
    SubmissionFactory.create(organisation=people.charity, centre=people.riverside)
    answer = signed_in(people.carol).get(SUBMISSIONS)
    assert [entry["organisation"] for entry in answer.json()["results"]] == ["ZZ002"]


def test_someone_with_several_organisations_says_which(people: Cast) -> None:
    SubmissionFactory.create(organisation=people.charity, centre=people.riverside)
    browser = signed_in(people.bashir)
    asked = browser.get(SUBMISSIONS)
    assert (asked.status_code, asked.json()["type"]) == (400, "/problems/organisation-needed")
    assert "ZZ001, ZZ002" in asked.json()["detail"]
    assert len(browser.get(SUBMISSIONS, {"organisation": "ZZ002"}).json()["results"]) == 1
    assert browser.get(SUBMISSIONS, {"organisation": "ZZ001"}).json()["results"] == []


@pytest.mark.parametrize("code", ["ZZ003", "ZZ999", "", "\0", "x" * 10_000])
def test_another_organisation_is_not_found(people: Cast, code: str) -> None:
    for caller in (signed_in(people.bashir), client(people.trust_key)):
        assert caller.get(MEASURES, {"organisation": code}).status_code == 404


def test_someone_without_any_organisation_sees_no_figures(people: Cast) -> None:
    answer = signed_in(people.dev).get(SUBMISSIONS)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/no-organisation")


def test_an_inactive_person_is_nobody(people: Cast) -> None:
    browser = signed_in(people.carol)
    people.carol.is_active = False
    people.carol.save()
    assert browser.get(MEASURES).status_code == 401


def test_a_session_cannot_be_used_by_another_site(people: Cast) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people.carol, backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.post(SUBMISSIONS, "{}", content_type="application/json")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_a_session_sends_figures_only_for_whom_the_person_submits(people: Cast) -> None:
    figure = '{"measure": "visits-to-community-partners", "period": "2026-03", "numerator": 4}'
    body = f'{{"centre": "riverside", "observations": [{figure}]}}'
    refused = signed_in(people.carol).post(SUBMISSIONS, body, content_type="application/json")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/scope-missing")
    sent = signed_in(people.bashir).post(f"{SUBMISSIONS}?organisation=ZZ002", body, content_type="application/json")
    assert sent.status_code == 201


def test_the_request_id_is_echoed_in_answers_and_problems(by_key: Client) -> None:
    answer = by_key.get(f"{MEASURES}none/", headers={"X-Request-ID": "nightly-2026-04-02"})
    assert answer["X-Request-ID"] == answer.json()["request_id"] == "nightly-2026-04-02"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v2/measures/", "/api/v1/measures", "/api/v1/submissions/1/"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete", "options", "patch"])
def test_unknown_addresses_answer_a_problem(path: str, method: str) -> None:
    answer = Client().generic(method.upper(), path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace", "purge"])
def test_other_methods_answer_a_problem_and_name_those_allowed(by_key: Client, method: str) -> None:
    answer = by_key.generic(method.upper(), MEASURES)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert answer["Content-Type"] == "application/problem+json"


def test_a_key_pays_one_query_and_a_note_once_a_minute(
    by_key: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):  # the key with its organisation; the note of its use
        by_key.get("/api/v1/dimensions/")
    with django_assert_num_queries(1):  # the key with its organisation
        by_key.get("/api/v1/dimensions/")
