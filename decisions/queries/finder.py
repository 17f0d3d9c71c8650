"""The grid in force laid over the rota of the next four weeks, for the finder."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from decisions import finder
from decisions.finder import Finding, Holder, Row
from decisions.models import GridVersion, Right, Rung, Scenario
from decisions.queries.grids import scenarios_of
from partners.hours import Interval
from partners.queries import rota

if TYPE_CHECKING:
    from partners.models import Centre, DutyRole

AHEAD = timedelta(weeks=4)


@dataclass(frozen=True, slots=True)
class Search:
    """What was found for a version between two instants. `duty_roles` are the codes of holders by key, for links."""

    version: GridVersion
    starts_at: datetime
    ends_at: datetime
    findings: list[Finding]
    duty_roles: dict[str, str]


def search(version: GridVersion, at: datetime) -> Search:
    """Return what the finder finds in the four weeks after an instant. Ten queries, however large the grid."""
    end = at + AHEAD
    centre = version.grid.centre
    scenarios = scenarios_of(version)
    on = _on_duty(centre, at, end)
    roles = {role.pk: role for role in rota.duty_roles(centre)}
    holders: dict[str, Holder] = {}
    codes: dict[str, str] = {}
    for each in _named(scenarios):
        key = _key(each)
        if each.duty_role_id is not None:
            role = roles[each.duty_role_id]
            wanted = _wanted(role, at, end)
            codes[key] = role.code
            holders[key] = Holder(key, role.name, wanted, tuple(on.get(key, ())))
        elif each.team is not None:
            holders[key] = Holder(key, each.team.name, ((at, end),), tuple(on.get(key, ())))
    findings = finder.find([_row(scenario) for scenario in scenarios], holders, at, end)
    return Search(version, at, end, findings, codes)


def _wanted(role: "DutyRole", start: datetime, end: datetime) -> tuple[Interval, ...]:
    """Return when somebody must be on for a duty: always where its hours are not kept, nobody else knowing better."""
    if not role.round_the_clock and not role.cover.all():
        return ((start, end),)
    return tuple(rota.wanted(role, start, end))


def _on_duty(centre: "Centre", start: datetime, end: datetime) -> dict[str, list[Interval]]:
    """Return when somebody is on for each duty role and each team, within the time."""
    on: dict[str, list[Interval]] = {}
    for shift, pieces in rota.worked(rota.shifts_between(centre, start, end)):
        for begins, stops in pieces:
            piece = (max(begins, start), min(stops, end))
            if piece[0] < piece[1]:
                on.setdefault(f"duty_role:{shift.duty_role_id}", []).append(piece)
                on.setdefault(f"team:{shift.team_id}", []).append(piece)
    return on


def _named(scenarios: Sequence[Scenario]) -> Iterable[Right | Rung]:
    for scenario in scenarios:
        yield from scenario.rights.all()
        yield from (rung for rung in scenario.rungs.all() if not rung.telephone)


def _key(each: Right | Rung) -> str:
    return f"team:{each.team_id}" if each.duty_role_id is None else f"duty_role:{each.duty_role_id}"


def _row(scenario: Scenario) -> Row:
    deciding = [right for right in scenario.rights.all() if right.kind == Right.Kind.DECIDES]
    rungs = [_key(rung) for rung in scenario.rungs.all() if not rung.telephone]
    deciders = tuple(_key(right) for right in deciding)
    limits = tuple((_key(right), right.limit) for right in deciding if right.limit is not None)
    return Row(scenario.code, scenario.title, deciders, tuple(rungs), limits)
