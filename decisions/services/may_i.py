"""Asking "May I?": nothing changes but the audit."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from decisions.queries import may_i as queries
from decisions.verdict import Verdict, judge
from nhc import audit
from nhc.actors import Actor

if TYPE_CHECKING:
    from partners.models import Centre


class NoSuchScenarioError(LookupError):
    """The grid in force has no scenario with this code, or no grid is in force."""


@transaction.atomic
def ask(
    *, centre: "Centre", scenario_code: str, about: datetime, amount: Decimal | None = None, by: Actor, at: datetime
) -> Verdict:
    """Return whether a person may do something at an instant (`about`, mostly now), and record that they asked.

    The trail keeps codes alone: scenario, version and verdict. Raises NoSuchScenarioError.
    """
    found = None if by.user_id is None else queries.facts(by.user_id, centre, scenario_code, about, amount=amount)
    if found is None:
        raise NoSuchScenarioError
    verdict = judge(found)
    audit.record(
        by=by,
        at=at,
        verb="may_i.asked",
        subject="scenario",
        subject_id=found.row.code,
        details={"version": found.row.number, "verdict": str(verdict.kind)},
        centre=centre.slug,
    )
    return verdict
