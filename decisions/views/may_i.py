""" "May I?": find what has come up, and read who may decide it now. Asking changes nothing but the audit."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from decisions.forms.may_i import AmountForm, Answered
from decisions.models import Scenario
from decisions.permissions import may_i as permissions
from decisions.queries import grids as grid_queries
from decisions.queries import ladders
from decisions.queries import may_i as may_i_queries
from decisions.queries import overrides as override_queries
from decisions.queries import scenarios as queries
from decisions.services import may_i as services
from decisions.verdict import Verdict, VerdictKind, judge
from decisions.views import verdict_wording as wording
from decisions.views.access import Visit, visit
from decisions.views.grid_wording import WORDS, amount_words
from nhc.access import Permission
from partners import permissions as partner_permissions
from partners.permissions import CentreAccess, NotVisible

if TYPE_CHECKING:
    from partners.models import Centre

LISTED = 60
"""Scenarios that the page lists before anybody types; a longer grid is searched."""


@require_safe
def anywhere(request: HttpRequest) -> HttpResponse:
    """Lead to the one centre where a person works, or let them choose between several."""
    seen = visit(request)
    here = _asks_at(seen)
    if len(here) == 1:
        return redirect("decisions:may-i", here[0].slug)
    return render(request, "decisions/may-i/anywhere.jinja", {"centres": here})


def _asks_at(seen: Visit) -> list["Centre"]:
    return [
        access.centre
        for access in partner_permissions.centres_for(seen.viewer, seen.at)
        if Permission.ASK in access.permissions
    ]


@require_safe
def search(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a person type or tap what has come up."""
    seen = visit(request)
    try:
        access = permissions.get_centre_to_ask(seen.viewer, slug, seen.at)
    except PermissionDenied:
        return render(
            request, "decisions/may-i/anywhere.jinja", {"centres": _asks_at(seen), "refused": True}, status=403
        )
    version = grid_queries.version_in_force(access.centre, seen.at)
    sought = request.GET.get("q", "").replace("\0", " ").strip()[:200]
    found: list[Scenario] = []
    if version is not None:
        listed = version.scenarios.order_by("position", "pk")[:LISTED]
        found = queries.search(version, sought) if sought else list(listed)
    context = {
        "centre": access.centre,
        "version": version,
        "sought": sought,
        "found": found,
        "more": version is not None and not sought and len(found) == LISTED,
    }
    return render(request, "decisions/may-i/search.jinja", WORDS | context)


@require_safe
def answer(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Say whether the person may decide it now, else whom to ask, or to act and tell, or that nobody can."""
    seen = visit(request)
    access = permissions.get_centre_to_ask(seen.viewer, slug, seen.at)
    scenario = queries.scenario_in_force(access.centre, code, seen.at)
    if scenario is None:
        raise NotVisible
    form = None if not scenario.limit_unit else AmountForm(request.GET or None, unit=scenario.limit_unit)
    if form is not None and form.is_bound and not form.is_valid():
        return _page(request, access, scenario, form, seen, status=422)
    amount: Decimal | None = form.cleaned_data["amount"] if form is not None and form.is_bound else None
    verdict = services.ask(
        centre=access.centre, scenario_code=code, about=seen.at, amount=amount, by=seen.by, at=seen.at
    )
    within = amount is None and _decides_within(seen, access, verdict)
    return _page(request, access, scenario, form, seen, verdict=verdict, amount=amount, within=within)


def _decides_within(seen: Visit, access: CentreAccess, verdict: Verdict) -> bool:
    """Whether nothing but the missing amount keeps the person from deciding: then the page asks for it first."""
    if verdict.kind is VerdictKind.YES or verdict.limit is None:
        return False
    code, limit = verdict.cites.code, verdict.limit
    found = may_i_queries.facts(seen.user.pk, access.centre, code, seen.at, amount=limit)
    return found is not None and judge(found).kind is VerdictKind.YES


def _page(
    request: HttpRequest,
    access: CentreAccess,
    scenario: Scenario,
    form: AmountForm | None,
    seen: Visit,
    *,
    verdict: Verdict | None = None,
    amount: Decimal | None = None,
    within: bool = False,
    status: int = 200,
) -> HttpResponse:
    at = seen.at
    asked = "" if amount is None else amount_words(amount, scenario.limit_unit)
    context: dict[str, object] = {
        "centre": access.centre,
        "scenario": scenario,
        "form": form,
        "verdict": verdict,
        "asked": asked,
        "amount": amount,
        "ladder": ladders.of_scenario(scenario, access.centre, at),
        "at": at,
        "clock": wording.clock,
    }
    if verdict is not None:
        context |= {
            "heading": wording.heading(verdict, over=within),
            "within": amount_words(verdict.limit, scenario.limit_unit) if within and verdict.limit is not None else "",
            "look": wording.LOOKS[verdict.kind],
            "who": [wording.person(contact, at) for contact in verdict.who],
            "besides": [wording.person(contact, at) for contact in verdict.besides],
            "by_when": wording.by_when(verdict.cites, at),
            "cited": wording.cited(verdict.cites),
        }
    if verdict is not None and verdict.kind is VerdictKind.ACT_THEN_TELL:
        told = override_queries.told_of_act(verdict, scenario, access.centre, at, actor=seen.user.pk)
        context["sealed"] = Answered(seen.user.pk, access.centre.slug, scenario.code, at, amount).sealed()
        context["told"] = wording.listed(list(dict.fromkeys(each.post for each in told)))
    return render(request, "decisions/may-i/answer.jinja", WORDS | context, status=status)
