"""A starter grid becomes a centre's draft: its scenarios, and the duty roles that the centre does not have yet."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from decisions.contents import Cell, Content, Step
from decisions.models import GridVersion
from decisions.queries import starters as queries
from decisions.services import grids, scenarios
from decisions.starters import Starter, StarterScenario
from nhc.actors import Actor
from partners.queries import rota
from partners.services import duty_roles

if TYPE_CHECKING:
    from partners.models import Centre

_NEW = 1
"""The edition of a draft that nobody has changed."""


@transaction.atomic
def load_starter(*, starter: Starter, centre: "Centre", edition: int | None, by: Actor, at: datetime) -> GridVersion:
    """Let the centre's draft say what a starter grid says, and return it; a draft is begun where there is none.

    Duty roles that the centre lacks are added with the starter's hours; those it has keep their own. `edition` is the
    draft's that is to be replaced, None where none was there: where somebody else began one meanwhile and wrote in it,
    that is a Clash too. Raises as `scenarios.replace_scenarios`.
    """
    _add_duty_roles(starter, centre, by, at)
    draft = grids.start_draft(centre=centre, title=starter.title, by=by, at=at)
    keys = {role.code: role.pk for role in rota.duty_roles(centre, at)}
    retired = [role.name for role in starter.duty_roles if role.code not in keys]
    if retired:
        raise ValidationError(
            f"The centre has retired {' and '.join(retired)}, which this starter needs. Begin without a starter."
        )
    contents = [_content(scenario, keys) for scenario in starter.scenarios]
    return scenarios.replace_scenarios(
        version=draft, edition=_NEW if edition is None else edition, contents=contents, by=by, at=at
    )


def _add_duty_roles(starter: Starter, centre: "Centre", by: Actor, at: datetime) -> None:
    here = {role.code: role for role in rota.duty_roles(centre)}
    lacking = queries.lacking_duty_roles(starter, centre)
    for position, role in enumerate(lacking, start=len(here)):
        here[role.code] = duty_roles.add_duty_role(
            centre=centre,
            code=role.code,
            name=role.name,
            what_for=role.what_for,
            # Who stands in is added first or is there already; otherwise the centre chooses on the page of the duty.
            deputy=here.get(role.deputy or ""),
            position=position,
            round_the_clock=role.round_the_clock,
            cover=role.hours,
            by=by,
            at=at,
        )


def _content(scenario: StarterScenario, keys: dict[str, int]) -> Content:
    return Content(
        code=scenario.code,
        title=scenario.title,
        words=scenario.words,
        guardrail=scenario.guardrail,
        limit=scenario.limit,
        limit_unit=scenario.limit_unit,
        minutes=scenario.minutes,
        act_first=scenario.act_first,
        rights=frozenset(Cell(kind, duty_role=keys[code]) for code, kind in scenario.rights.items()),
        ladder=tuple(
            Step(rung.minutes, telephone=rung.telephone)
            if rung.telephone
            else Step(rung.minutes, duty_role=keys[rung.duty_role])
            for rung in scenario.ladder
        ),
    )
