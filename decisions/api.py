"""/scenarios/ and /may-i/: decision rights for programs that people are signed in to."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

from django.http import HttpResponse
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from decisions import documentation
from decisions.permissions.may_i import get_centre_to_ask
from decisions.queries import grids as queries
from decisions.services import may_i
from decisions.verdict import Citation, Contact, Verdict
from nhc.problems import Problem, not_found
from partners.api import conditional, parameters
from partners.api.authentication import Caller, caller_of
from partners.api.documents import instant
from partners.api.endpoint import Endpoint

FARTHEST = timedelta(days=366)
_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)


class SignedIn(BasePermission):
    """A person with a session. What somebody may do is about who they are, which a key is not."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return False for nobody (401). Raises Problem (403) for a key."""
        caller = request.auth
        if not isinstance(caller, Caller):
            return False
        if caller.key is not None:
            raise Problem(
                403, "session-needed", "A person is needed", "This is for people: sign in instead of using a key."
            )
        return True


class SessionEndpoint(Endpoint):
    """An endpoint for signed-in people alone."""

    permission_classes = [SignedIn]
    http_method_names = ["get", "head"]


class Scenarios(SessionEndpoint):
    """The scenarios of a centre's grid."""

    @documentation.by_session("read_scenarios", documentation.SCENARIOS, parameters=[documentation.CENTRE])
    def get(self, request: Request) -> HttpResponse:
        """Return what may come up, by the grid in force; nothing where none is."""
        caller = caller_of(request)
        centre = get_centre_to_ask(caller.viewer, _slug(request, "centre"), caller.at).centre
        version = queries.version_in_force(centre, caller.at)
        rows = [] if version is None else version.scenarios.order_by("position", "pk").values("code", "title")
        document = {"centre": centre.slug, "results": list(rows), "next": None}
        return conditional.answer(request, document, audience=caller.credential)


class MayI(SessionEndpoint):
    """Whether the caller may do something, and else who decides."""

    @documentation.by_session(
        "ask_may_i",
        documentation.ANSWER,
        parameters=[documentation.CENTRE, documentation.SCENARIO, documentation.AT, documentation.AMOUNT],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the first answer that fits: yes, ask, act_then_tell or nobody. That one asked is recorded."""
        caller = caller_of(request)
        centre = get_centre_to_ask(caller.viewer, _slug(request, "centre"), caller.at).centre
        about, amount = _about(request, caller.at), _amount(request)
        code = _slug(request, "scenario")
        try:
            verdict = may_i.ask(
                centre=centre, scenario_code=code, about=about, amount=amount, by=caller.actor, at=caller.at
            )
        except may_i.NoSuchScenarioError:
            raise not_found() from None
        document = {"centre": centre.slug, "scenario": code, "at": instant(about), **_answer(verdict)}
        return conditional.answer(request, document, audience=caller.credential)


def _answer(verdict: Verdict) -> dict[str, object]:
    return {
        "verdict": verdict.kind.value,
        "who": [_contact(each) for each in verdict.who],
        "besides": [_contact(each) for each in verdict.besides],
        "cites": _row(verdict.cites),
        "why": list(verdict.why),
    }


def _contact(contact: Contact) -> dict[str, object]:
    return {
        "name": contact.name,
        "right": contact.right.value,
        "duty": contact.post,
        "team": contact.team,
        "telephone": contact.telephone,
        "until": instant(contact.until),
        "deputy": contact.deputy,
    }


def _row(row: Citation) -> dict[str, object]:
    return {
        "version": row.number,
        "row": row.row,
        "code": row.code,
        "title": row.title,
        "guardrail": row.guardrail,
        "limit": None if row.limit is None else str(row.limit),
        "limit_unit": row.limit_unit,
        "minutes": row.minutes,
        "act_first": row.act_first,
    }


def _slug(request: Request, name: str) -> str:
    parameters.needed(request, name)
    return parameters.slug(request, name) or ""


def _about(request: Request, at: datetime) -> datetime:
    """Return the instant asked about, the present one where none is named."""
    about = parameters.instant(request, "at") or at
    if abs(about - at) > FARTHEST:
        raise parameters.invalid("at", "at is more than a year from now. Ask about an instant within a year.")
    return about


def _amount(request: Request) -> Decimal | None:
    text = parameters.text(request, "amount")
    if text is None:
        return None
    if not _AMOUNT.fullmatch(text):
        raise parameters.invalid("amount", "amount is a number like 80 or 79.50: at most ten digits and two decimals.")
    return Decimal(text)
