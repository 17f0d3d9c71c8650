"""The OpenAPI document: valid, complete, and true: every example is sent or read."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from partners.services import contract, duty_roles
from tests import cast
from tests.cast import MAKER, NOW, SEEN, Cast
from tests.decisions import grids
from tests.factories import MeasureVersionFactory, SubmissionFactory
from tests.partners.conftest import client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

OPENAPI = "/api/v1/openapi.json"
SEEN_CODE = "crisis-contacts-seen-in-4h"
BY_SESSION = {"/api/v1/scenarios/", "/api/v1/may-i/"}
"""What a person does may not be asked with a key."""
type Node = dict[str, Any]


@pytest.fixture
def document() -> Node:
    found: Node = Client().get(OPENAPI).json()
    return found


@pytest.fixture
def felt(people: Cast) -> None:
    """Let Riverside collect the second measure of the examples."""
    measure = contract.add_measure(
        code="felt-more-connected", definition=replace(SEEN, title="Felt more connected"), by=MAKER, at=NOW
    )
    contract.collect_measure(centre=people.riverside, measure=measure, from_date=SEEN.starts, by=MAKER, at=NOW)


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def check(document: Node, schema: Node, value: object) -> None:
    jsonschema.validate(
        value,
        {**schema, "components": document["components"]},
        cls=jsonschema.Draft202012Validator,
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


def content_of(operation: Node, status: int, content_type: str) -> Node:
    """Return what the document says of an answer; the test fails where it says nothing."""
    found: Node = operation["responses"][str(status)]["content"][content_type.partition(";")[0]]
    return found


def test_the_document_is_valid_openapi_3_1(document: Node) -> None:
    assert document["openapi"] == "3.1.0"
    validate_schema(document)  # type: ignore[no-untyped-call]  # the library's own
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache


def test_every_reference_leads_somewhere(document: Node) -> None:
    references = set(re.findall(r'"\$ref":"#/components/schemas/(\w+)"', Client().get(OPENAPI).content.decode()))
    assert references
    assert references <= set(document["components"]["schemas"])


def test_every_endpoint_is_described(document: Node) -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str) and name.startswith("api-")}
    assert len(names - {"api-docs"}) == len(document["paths"])


def test_operations_have_names_words_and_every_common_problem(document: Node) -> None:
    described = list(operations(document))
    assert len({operation["operationId"] for _, _, operation in described}) == len(described)
    for _, path, operation in described:
        assert operation["description"].endswith("."), path
        if path != OPENAPI:
            assert {"400", "401", "403", "404", "429", "503"} <= set(operation["responses"]), path
            people_alone = path in BY_SESSION
            assert operation["security"] == ([{"session": []}] if people_alone else [{"key": []}, {"session": []}])


def test_every_answer_example_fits_its_schema(document: Node) -> None:
    seen = 0
    for _, _, operation in operations(document):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    check(document, content["schema"], example["value"])
                    seen += 1
    assert seen >= 8


@pytest.mark.usefixtures("felt")
def test_every_example_body_is_accepted_as_described(document: Node, by_key: Client) -> None:
    operation = document["paths"]["/api/v1/submissions/"]["post"]
    sent = 0
    for media_type, content in operation["requestBody"]["content"].items():
        for name, example in content.get("examples", {}).items():
            if media_type == "application/json":
                check(document, content["schema"], example["value"])
            answer = by_key.post("/api/v1/submissions/?centre=riverside", example["value"], content_type=media_type)
            assert answer.status_code == 201, (name, answer.content)
            check(document, content_of(operation, 201, answer["Content-Type"])["schema"], answer.json())
            sent += 1
    assert sent == 4


@pytest.fixture
def by_person(people: Cast) -> Client:
    """Return a client of the manager's, whose centre has a grid with the scenario of the examples."""
    role = duty_roles.add_duty_role(centre=people.riverside, code="lead", name="Shift lead", by=MAKER, at=NOW)
    grids.published(people.riverside, [grids.decided_by(role)], at=NOW)
    browser = Client()
    browser.force_login(people.alice, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.mark.usefixtures("felt")
def test_every_read_answers_as_described_with_its_example_parameters(
    people: Cast, document: Node, by_key: Client, by_person: Client
) -> None:
    wrong = {"measure": "felt-more-connected", "period": "2026-03", "numerator": -1}
    body = {"centre": "riverside", "observations": [wrong]}
    sent = by_key.post("/api/v1/submissions/", body, content_type="application/json").json()
    for method, path, operation in operations(document):
        if method != "get":
            continue
        examples = {
            (parameter["in"], parameter["name"]): next(iter(parameter["examples"].values()))["value"]
            for parameter in operation["parameters"]
            if "examples" in parameter
        }
        in_path = {name: value for (place, name), value in examples.items() if place == "path"}
        address = path.format(**({"submission_id": sent["submission"]} | in_path))
        query = {name: str(value) for (place, name), value in examples.items() if place == "query"}
        caller = by_person if path in BY_SESSION else by_key
        answer = caller.get(address, query)
        assert answer.status_code == 200, (path, answer.content)
        content = content_of(operation, 200, answer["Content-Type"])
        if content["schema"].get("format") != "binary":
            is_json = answer["Content-Type"] == "application/json"
            check(document, content["schema"], answer.json() if is_json else answer.content.decode())
        again = caller.get(address, query, headers={"If-None-Match": answer["ETag"]})
        assert again.status_code == 304
        assert "304" in operation["responses"]


def test_lists_with_something_in_them_answer_as_described(people: Cast, document: Node, by_key: Client) -> None:
    MeasureVersionFactory.create(counted=True)
    for state in ("accepted", "failed"):
        SubmissionFactory.create(organisation=people.trust, centre=people.riverside, state=state)
    SubmissionFactory.create(organisation=people.trust, state="received", processed_at=None, centre=people.riverside)
    for path in ("submissions/?limit=2", "submissions/", "measures/", "returns/"):
        operation = document["paths"][f"/api/v1/{path.partition('?')[0]}"]["get"]
        answer = by_key.get(f"/api/v1/{path}").json()
        assert len(answer["results"]) >= 2
        check(document, operation["responses"]["200"]["content"]["application/json"]["schema"], answer)


def test_problems_answer_as_described(people: Cast, document: Node, by_key: Client) -> None:
    reader = client(cast.key(people.trust, "read"))
    submissions = "/api/v1/submissions/"
    problems = [
        by_key.get(f"{submissions}?limit=no"),
        Client().get(submissions),
        reader.post(submissions, "{}", content_type="application/json"),
        by_key.get("/api/v1/measures/none/"),
        by_key.post(submissions, "x", content_type="text/plain"),
        by_key.post(submissions, "{", content_type="application/json"),
        by_key.post(submissions, '{"observations": []}', content_type="application/json"),
    ]
    assert [answer.status_code for answer in problems] == [400, 401, 403, 404, 415, 400, 422]
    for answer in problems:
        check(document, {"$ref": "#/components/schemas/Problem"}, answer.json())


def test_a_dry_run_answers_as_described(document: Node, by_key: Client) -> None:
    operation = document["paths"]["/api/v1/submissions/"]["post"]
    figure = {"measure": SEEN_CODE, "period": "2026-03", "numerator": 1, "denominator": 2}
    body = {"centre": "riverside", "observations": [figure]}
    answer = by_key.post("/api/v1/submissions/?dry_run=true", body, content_type="application/json")
    check(document, content_of(operation, answer.status_code, answer["Content-Type"])["schema"], answer.json())
    assert [change["kind"] for change in answer.json()["changes"]] == ["created"]


class Page(HTMLParser):
    """What a strict content security policy would refuse, and where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.anchors: set[str] = set()
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in values) or "style" in values:
            self.refused.append(tag)
        self.refused += [name for name in values if name.startswith("on")]
        if (values.get("href") or "").startswith("#"):
            self.anchors.add(str(values["href"])[1:])
        if values.get("id"):
            self.ids.append(str(values["id"]))


def test_the_page_for_people_lists_every_operation_and_example(document: Node) -> None:
    answer = Client().get("/api/v1/docs/")
    assert answer.status_code == 200
    text = answer.content.decode()
    for method, path, operation in operations(document):
        assert f"{method.upper()} {path}" in text
        assert operation["operationId"].replace("_", "-") in text
    assert "group paused" in text


def test_the_page_for_people_holds_no_inline_code_and_no_dead_anchor() -> None:
    page = Page()
    page.feed(Client().get("/api/v1/docs/").content.decode())
    assert page.refused == []
    assert page.anchors - {"maincontent"} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_description_needs_no_key_and_tells_nothing_of_anyone(people: Cast) -> None:
    text = Client().get(OPENAPI).content.decode() + Client().get("/api/v1/docs/").content.decode()
    assert people.trust.name not in text
    assert Client().post(OPENAPI).status_code == 405
