"""/openapi.json: what the REST API takes and answers, from the code that answers."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from partners.api import conditional
from partners.api.documentation import DESCRIPTION, JSON, PROBLEM
from partners.api.endpoint import OpenEndpoint
from partners.api.schemas import COMPONENTS, Schema, ref

_CONVENTIONS = """\
Partners send figures; everyone reads the same picture.

Send an API key as `Authorization: Bearer <key>`. A key belongs to one organisation and has one or more of \
the scopes `submit`, `read` and `refer`; a key that may only submit also reads what became of its organisation's \
submissions, and one that may refer what became of its referrals. Signed-in staff may use their session.

Query parameters that are not listed here are passed over. Instants are RFC 3339 with offset. Lists are \
`{"results": [...], "next": url or null}`: follow `next` as it is. Every GET carries an `ETag`; sent back in \
`If-None-Match` it gives 304. Every error is a problem document (RFC 9457) whose `detail` says what to do.

Periods: `2026-03` month, `2026-03-05` day, `2026-W10` ISO week, `2026-Q1` calendar quarter, `2025-26-Q4` financial \
quarter, `2026` year, `2025-26` financial year. The measure's period type decides the reading.
"""

_PROBLEMS = {
    "400": "Something in the address or body cannot be read.",
    "401": "The API key is absent, wrong, expired or revoked.",
    "403": "The scope is missing, or the person acts for no organisation.",
    "404": "Nothing that the caller may see.",
    "429": "Too many requests: wait as long as Retry-After says.",
    "503": "Temporarily unavailable: nothing was stored, send it again.",
}
METHODS = ("get", "post")

type Node = dict[str, Any]
"""A part of the document: OpenAPI nests too freely for a narrower type."""


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library registers subclasses
    """An organisation's API key."""

    target_class = "partners.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: object) -> Schema:
        """Return the scheme for the document."""
        return {"type": "http", "scheme": "bearer", "description": "An API key: nhc_<prefix>_<secret>_<checksum>."}


class StaffScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library registers subclasses
    """A signed-in person's session."""

    target_class = "partners.api.authentication.StaffAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: object) -> Schema:
        """Return the scheme for the document."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "The session of signed-in staff."}


@cache
def document() -> Node:
    """Return the OpenAPI 3.1 document. It follows from the code alone, so one process makes it once."""
    made: Node = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # the library ships no types
    made["info"]["description"] = _CONVENTIONS
    made.setdefault("components", {}).setdefault("schemas", {}).update(COMPONENTS)
    for operation in _operations(made):
        _add_what_all_share(operation, reads="requestBody" not in operation)
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True
    return made


def _operations(made: Node) -> Iterator[Node]:
    for path in made["paths"].values():
        for method in METHODS:
            if method in path:
                yield path[method]


def _add_what_all_share(operation: Node, *, reads: bool) -> None:
    responses, parameters = operation["responses"], operation.setdefault("parameters", [])
    closed = any(requirement for requirement in operation.get("security", []))
    for status, description in _PROBLEMS.items() if closed else ():
        responses.setdefault(status, {"description": description, "content": {PROBLEM: {"schema": ref("Problem")}}})
    if closed:
        responses["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    parameters.append(_header("X-Request-ID", "Echoed in the answer, in logs and in problems; made if absent."))
    if reads:
        parameters.append(_header("If-None-Match", "The ETag of the answer that the client has."))
        responses["304"] = {"description": "Not changed since the answer with that ETag."}
        responses["200"]["headers"] = {"ETag": {"schema": {"type": "string"}}}
    for response in responses.values():
        response.setdefault("headers", {})["X-Request-ID"] = {"schema": {"type": "string"}}
    operation["responses"] = dict(sorted(responses.items()))


def _header(name: str, description: str) -> Node:
    return {"in": "header", "name": name, "description": description, "schema": {"type": "string"}}


class OpenApi(OpenEndpoint):
    """This description, for programs."""

    @extend_schema(
        operation_id="read_openapi", tags=[DESCRIPTION], responses={(200, JSON): {"type": "object"}}, parameters=[]
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the OpenAPI 3.1 document."""
        return conditional.answer(request, document(), audience="anyone")
