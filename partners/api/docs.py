"""/docs/: the OpenAPI document as a page that people can read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from rest_framework.request import Request

from partners.api.endpoint import OpenEndpoint
from partners.api.openapi import METHODS, Node, document


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of a request besides its body."""

    name: str
    place: str
    required: bool
    description: str
    example: str


@dataclass(frozen=True, slots=True)
class Body:
    """One form of a body: its media type, what it is, and examples by name."""

    media_type: str
    schema: str
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One status that a request may be answered with."""

    status: str
    description: str
    bodies: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a client can ask."""

    anchor: str
    method: str
    path: str
    description: str
    parameters: tuple[Parameter, ...]
    bodies: tuple[Body, ...]
    answers: tuple[Answer, ...]


class Docs(OpenEndpoint):
    """This description, for people."""

    schema = None

    def get(self, request: Request) -> HttpResponse:
        """Return a page that lists every operation with its parameters and examples."""
        made = document()
        page = {
            "title": made["info"]["title"],
            "paragraphs": made["info"]["description"].replace("`", "").strip().split("\n\n"),
            "operations": list(_operations(made)),
            "schemas": [(name, _pretty(schema)) for name, schema in sorted(made["components"]["schemas"].items())],
        }
        return render(request._request, "partners/api-docs.jinja", page)


def _operations(made: Node) -> Iterator[Operation]:
    for path, operations in made["paths"].items():
        for method in METHODS:
            if method in operations:
                yield _operation(path, method, operations[method])


def _operation(path: str, method: str, found: Node) -> Operation:
    return Operation(
        anchor=found["operationId"].replace("_", "-"),
        method=method.upper(),
        path=path,
        description=found["description"],
        parameters=tuple(_parameter(each) for each in found["parameters"]),
        bodies=_bodies(found.get("requestBody", {})),
        answers=tuple(
            Answer(status, answer["description"], _bodies(answer)) for status, answer in found["responses"].items()
        ),
    )


def _parameter(found: Node) -> Parameter:
    example = next((str(each["value"]) for each in found.get("examples", {}).values()), "")
    return Parameter(found["name"], found["in"], bool(found.get("required")), found["description"], example)


def _bodies(found: Node) -> tuple[Body, ...]:
    return tuple(
        Body(
            media_type,
            content["schema"].get("$ref", "").rpartition("/")[2],
            tuple((each["summary"], _text(media_type, each["value"])) for each in content.get("examples", {}).values()),
        )
        for media_type, content in found.get("content", {}).items()
    )


def _text(media_type: str, value: object) -> str:
    return _pretty(value) if media_type.endswith("json") and not isinstance(value, str) else str(value)


def _pretty(value: object | Mapping[str, object]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
