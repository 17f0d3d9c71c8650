"""The words of many cells of a draft, saved together from the one page on which it is edited."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from decisions.contents import Cell
from decisions.models import Scenario
from decisions.queries.scenarios import content_of
from decisions.services import scenarios
from nhc.actors import Actor


@dataclass(frozen=True, slots=True)
class Change:
    """The rights that a scenario is to have, and the scenario's `version` that they were chosen from."""

    scenario: Scenario
    version: int
    rights: frozenset[Cell]


@transaction.atomic
def save_rights(*, changes: Iterable[Change], by: Actor, at: datetime) -> int:
    """Give scenarios of one draft these rights and leave the rest of each as it is; return how many that changed.

    All or nothing. Raises as `scenarios.edit_scenario`: ScenarioClash for the first that somebody changed meanwhile.
    """
    saved = 0
    for change in changes:
        content = replace(content_of(change.scenario), rights=change.rights)
        scenarios.edit_scenario(scenario=change.scenario, version=change.version, content=content, by=by, at=at)
        saved += 1
    return saved
