"""Problem documents (RFC 9457): every error a client can cause has one."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

from nhc.rendering import encoder
from nhc.requests import request_id_of

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An error for the client: status, type slug, short title, a sentence that says what to do, and extra members."""

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **extra: object,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra

    def document(self, request: HttpRequest) -> dict[str, object]:
        """Return the members of the document, the request's identity among them."""
        return {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": request.path,
            "request_id": request_id_of(request),
            **self.extra,
        }


def not_found() -> Problem:
    """Return the one answer for what is absent and for what the caller may not see."""
    return Problem(404, "not-found", "Not found", "There is nothing here that you may see. Check the address.")


def response(problem: Problem, request: HttpRequest) -> HttpResponse:
    """Return the problem as an HTTP answer, for callers outside the REST framework."""
    answer = HttpResponse(encoder.encode(problem.document(request)), status=problem.status, content_type=MEDIA_TYPE)
    for name, value in problem.headers.items():
        answer[name] = value
    return answer


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn every foreseeable exception of a REST view into a problem document; None lets the rest become a 500."""
    problem = _as_problem(error)
    if problem is None:
        return None
    request = context["request"]._request
    answer = Response(problem.document(request), status=problem.status, content_type=MEDIA_TYPE)
    for name, value in problem.headers.items():
        answer[name] = value
    return answer


def _as_problem(error: Exception) -> Problem | None:
    match error:
        case Problem():
            return error
        case Http404() | exceptions.NotFound():
            return not_found()
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return Problem(
                401,
                "not-authenticated",
                "Not signed in",
                str(error.detail),
                headers={"WWW-Authenticate": 'Bearer realm="api"'},
            )
        case PermissionDenied() | exceptions.PermissionDenied():
            return Problem(403, "not-allowed", "Not allowed", str(error) or "You may not do this.")
        case exceptions.MethodNotAllowed():
            return Problem(405, "method-not-allowed", "Method not allowed", "Use a method from the Allow header.")
        case exceptions.UnsupportedMediaType():
            return Problem(415, "unsupported-media-type", "Unsupported media type", str(error.detail))
        case OperationalError() | InterfaceError():
            log.error("database_unavailable", reason=type(error).__name__)
            return unavailable()
        case exceptions.APIException():
            title = HTTPStatus(error.status_code).phrase
            return Problem(error.status_code, title.lower().replace(" ", "-"), title, str(error.detail))
    return None


def unavailable() -> Problem:
    """Return the answer while the database is away: nothing was stored, try again."""
    return Problem(
        503,
        "unavailable",
        "Temporarily unavailable",
        "Nothing was stored. Send the same request again in a few seconds.",
        headers={"Retry-After": "5"},
    )
