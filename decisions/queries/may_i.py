"""The facts that the answer to "May I?" follows from."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from decisions.models import Right, Scenario
from decisions.queries.scenarios import scenario_in_force
from decisions.verdict import Citation, Facts, Holding, OnDuty, Post, PostKind, RightKind
from partners.queries import rota, standing

if TYPE_CHECKING:
    from partners.models import Centre


def facts(
    user_id: int, centre: "Centre", scenario_code: str, at: datetime, *, amount: Decimal | None = None
) -> Facts | None:
    """Return what bears on a person's question; None where the grid in force has no such scenario.

    At most eight queries, however many scenarios, people and shifts.
    """
    scenario = scenario_in_force(centre, scenario_code, at)
    if scenario is None:
        return None
    rights = Right.objects.filter(scenario=scenario).select_related("duty_role", "team")
    return Facts(
        asker=user_id,
        at=at,
        row=citation(scenario),
        rights=tuple(Holding(RightKind(right.kind), _post(right), right.limit) for right in rights.order_by("pk")),
        on_duty=tuple(_on_duty(centre, at)),
        amount=amount,
    )


def citation(scenario: Scenario) -> Citation:
    """Return the row that an answer cites."""
    return Citation(
        number=scenario.grid_version.number,
        code=scenario.code,
        title=scenario.title,
        row=scenario.position + 1,
        guardrail=scenario.guardrail,
        limit=scenario.limit,
        limit_unit=scenario.limit_unit,
        minutes=scenario.minutes,
        act_first=scenario.act_first,
    )


def _post(right: Right) -> Post:
    if right.duty_role is not None:
        role = right.duty_role
        return Post(PostKind.DUTY_ROLE, role.pk, role.name, role.deputy_id)
    if right.team is None:
        raise ValueError("A right is a duty role's or a team's.")
    return Post(PostKind.TEAM, right.team.pk, right.team.name)


def _on_duty(centre: "Centre", at: datetime) -> Iterable[OnDuty]:
    on = rota.on_now(centre, at)
    lacks = standing.lacking_on_shift(centre, [each.shift for each in on], at)
    for each in on:
        shift = each.shift
        yield OnDuty(
            user_id=shift.user_id,
            name=shift.user.name,
            duty_role=shift.duty_role_id,
            team=shift.team_id,
            team_name=shift.team.name,
            telephone=shift.team.telephone,
            until=each.until,
            lacks=lacks[shift.user_id],
        )
