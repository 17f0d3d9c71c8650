"""The ladder of a scenario: whom to turn to, rung by rung, and who answers there now."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from decisions.models import Rung, Scenario
from partners.queries import rota

if TYPE_CHECKING:
    from partners.models import Centre


@dataclass(frozen=True, slots=True)
class Called:
    """A rung of the ladder and who answers on it now: nobody where it is a telephone number."""

    rung: Rung
    name: str
    on: tuple[rota.OnDuty, ...]


def of_scenario(scenario: Scenario, centre: "Centre", at: datetime) -> list[Called]:
    """Return the scenario's ladder, lowest rung first, with who is on duty for each."""
    present = rota.on_now(centre, at)
    called = []
    for rung in scenario.rungs.select_related("duty_role", "team").order_by("position"):
        if rung.duty_role is not None:
            on = tuple(each for each in present if each.shift.duty_role_id == rung.duty_role_id)
            called.append(Called(rung, rung.duty_role.name, on))
        elif rung.team is not None:
            on = tuple(each for each in present if each.shift.team_id == rung.team_id)
            called.append(Called(rung, rung.team.name, on))
        else:
            called.append(Called(rung, rung.telephone, ()))
    return called
