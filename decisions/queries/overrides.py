"""Acts outside a guardrail: those that wait for the weekly review, and those that were reviewed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from decisions.models import Override, Scenario
from decisions.queries import ladders
from decisions.verdict import Verdict
from nhc.access import ROLES, Permission
from partners.queries import agreements

if TYPE_CHECKING:
    from partners.models import Centre

TOLD_LATE = timedelta(days=28)
"""How long after an act outside a guardrail one can say so."""


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who is told of an act, and as what."""

    user_id: int
    name: str
    post: str


def _overrides() -> QuerySet[Override]:
    return Override.objects.select_related(
        "scenario__grid_version__grid__centre", "user", "team", "organisation", "reviewed_by", "proposal"
    )


def to_review(centre: "Centre") -> list[Override]:
    """Return what nobody has reviewed yet, oldest first."""
    found = _overrides().filter(scenario__grid_version__grid__centre=centre, reviewed_at__isnull=True)
    return list(found.order_by("at", "pk"))


def waiting_since(before: datetime) -> list[Override]:
    """Return the acts before an instant, at whatever centre, that nobody has reviewed, oldest first."""
    return list(_overrides().filter(at__lte=before, reviewed_at__isnull=True).order_by("at", "pk"))


def reviewed(centre: "Centre", since: datetime | None = None) -> QuerySet[Override]:
    """Return what was reviewed, newest first."""
    found = _overrides().filter(scenario__grid_version__grid__centre=centre, reviewed_at__isnull=False)
    if since is not None:
        found = found.filter(reviewed_at__gte=since)
    return found.order_by("-reviewed_at", "-pk")


def by_id(override_id: int) -> Override | None:
    """Return one override with its scenario and who acted."""
    return _overrides().filter(pk=override_id).first()


def told_of_act(verdict: Verdict, scenario: Scenario, centre: "Centre", at: datetime, *, actor: int) -> list[Told]:
    """Return who is told when somebody acts first: whom the answer named.

    Where it named nobody, whoever is on duty for a rung of the ladder, lowest first; where nobody is, those who
    review such acts, so that what was told always reaches somebody.
    """
    if verdict.who:
        return [Told(contact.user_id, contact.name, contact.post) for contact in verdict.who]
    called: dict[int, Told] = {}
    for rung in ladders.of_scenario(scenario, centre, at):
        for on in rung.on:
            if on.shift.user_id != actor:
                called.setdefault(on.shift.user_id, Told(on.shift.user_id, on.shift.user.name, rung.name))
    if called:
        return list(called.values())
    codes = [role.code for role in ROLES.values() if Permission.REVIEW_OVERRIDES in role.permissions]
    reviewing = agreements.holders(centre, codes, at)
    return [Told(user.pk, user.name, "those who review it") for user in reviewing if user.pk != actor]
