"""Help, and the pages that say what went wrong and what to do."""

import sys
from datetime import timedelta

from axes.helpers import get_cool_off
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import engines
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from nhc import problems
from nhc.problems import Problem


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Say what the pages are for and where to turn."""
    return render(request, "nhc/help.jinja")


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how accessible the service is, what was tested and how to complain."""
    return render(request, "nhc/accessibility.jinja")


@sensitive_variables()
def locked_out(request: HttpRequest, *_details: object) -> HttpResponse:
    """Answer after too many failed attempts to sign in, whether or not the address is anyone's."""
    wait = get_cool_off(request) or timedelta()
    minutes = max(1, round(wait.total_seconds() / 60))
    answer = render(request, "nhc/locked-out.jinja", {"minutes": minutes}, status=429)
    answer["Retry-After"] = str(minutes * 60)
    return answer


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request could not be read."""
    problem = Problem(400, "bad-request", "Bad request", "The request could not be read. Check its headers.")
    return _answer(request, problem)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not for this."""
    problem = Problem(403, "not-allowed", "Not allowed", "You may not do this.")
    return _answer(request, problem)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was open too long, was sent from elsewhere, or the browser keeps no cookies."""
    problem = Problem(403, "csrf", "Form not accepted", "Send the X-CSRFToken header with a session, or use a key.")
    return _answer(request, problem, template="errors/csrf.jinja")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: absent, or not for this person; the two answers are the same."""
    return _answer(request, problems.not_found())


def server_error(request: HttpRequest) -> HttpResponse:
    """500 for a fault of ours, 503 while the database is away; rendered without database or context processors."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return _answer(request, problems.unavailable())
    problem = Problem(
        500, "server-error", "Something went wrong", "Nothing was stored. Try again, then report the request_id."
    )
    return _answer(request, problem)


def _answer(request: HttpRequest, problem: Problem, *, template: str = "") -> HttpResponse:
    """Return the problem as a document under /api/, and as a page anywhere else."""
    if request.path.startswith("/api/"):
        return problems.response(problem, request)
    context = {"request_id": problem.document(request)["request_id"], "status": problem.status}
    # Rendering without the request leaves out the context processors, which may be what failed.
    page = engines["jinja2"].get_template(template or f"errors/{problem.status}.jinja").render(context)
    return HttpResponse(page, status=problem.status, headers=problem.headers)
