"""Middleware: the request's identity, sign-in by default, and answers that no shared cache may keep."""

import re
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import cast

import structlog
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers

from nhc import clock, identity

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._\-]{8,64}\Z")

_read: ContextVar[dict[Hashable, object] | None] = ContextVar("read", default=None)

type Answer = Callable[[HttpRequest], HttpResponseBase]


class RequestIdentity:
    """Echo `X-Request-ID` or make one; it is in every log line, audit event and problem document."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTABLE.match(given) else str(identity.uuid7())
        request.request_id = request_id  # type: ignore[attr-defined]  # read back through `request_id_of`
        token = _read.set({})
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id), clock.one_moment():
                response = self.get_response(request)
        finally:
            _read.reset(token)
        response["X-Request-ID"] = request_id
        return response


def read_once[T](key: Hashable, read: Callable[[], T]) -> T:
    """Return what the request in hand has read under a key, reading it the first time; outside a request, always read.

    For what does not change within one request: what a person may do at its instant.
    """
    kept = _read.get()
    if kept is None:
        return read()
    if key not in kept:
        kept[key] = read()
    return cast("T", kept[key])


def request_id_of(request: HttpRequest) -> str:
    """Return the identity that the middleware gave this request."""
    return str(getattr(request, "request_id", ""))


class SignInRequired(LoginRequiredMiddleware):
    """Every page needs a signed-in person unless its view is marked `login_not_required`.

    The REST API answers for itself with 401 and a problem document.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[object, ...],
        view_kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        if request.path.startswith("/api/"):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class PrivateAnswers:
    """Pages and API answers belong to one reader: `private, no-cache`, and vary by who asks."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-cache"
        if request.path.startswith("/api/"):
            patch_vary_headers(response, ["Authorization", "Cookie"])
        else:
            patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response
