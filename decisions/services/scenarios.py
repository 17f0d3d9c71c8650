"""What a draft of a grid says: scenarios with their guardrails, rights and ladders, added, changed and put in order."""

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from decisions.contents import Content
from decisions.lifecycle import VersionState
from decisions.models import GridVersion, Right, Rung, Scenario
from decisions.queries import scenarios as queries
from decisions.services import grids
from nhc.actors import Actor
from partners.lifecycle import IllegalMoveError
from partners.queries import directory, rota

MOST = 500
"""Scenarios of a grid: beyond that nobody finds the one they need."""
MOST_RUNGS = 12

type Keys = Set[int | None]
"""Of duty roles or teams that a grid may name; None, because each cell leaves one of them out."""


class ScenarioClash(ValidationError):
    """Somebody changed the scenario since: `scenario` is how it stands now."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__("Somebody changed this scenario since you opened it. Compare both, then save again.")
        self.scenario = scenario


@transaction.atomic
def add_scenario(*, version: GridVersion, content: Content, by: Actor, at: datetime) -> Scenario:
    """Put a scenario at the end of a draft. Raises IllegalMoveError where it is no draft, and ValidationError."""
    draft = _draft(version)
    held = draft.scenarios.aggregate(last=Max("position"))["last"]
    if draft.scenarios.count() >= MOST:
        raise ValidationError(f"A grid has at most {MOST} scenarios. Take one out first.")
    _check_cells([content], draft, at)
    row = grids.row_of(draft, content, 0 if held is None else held + 1)
    row.full_clean()
    row.save(force_insert=True)
    grids.write_cells([(row, content)])
    _changed(draft, "grid.scenario_added", row.code, by, at)
    return row


@transaction.atomic
def edit_scenario(
    *, scenario: Scenario, version: int, content: Content, place: int | None = None, by: Actor, at: datetime
) -> Scenario:
    """Write a scenario of a draft anew: its words, guardrail, rights and ladder together.

    `version` is the scenario's own, so that two people may change two scenarios at once. `place` moves it there,
    counted from 0; None leaves it where it is. Raises ScenarioClash for another version, IllegalMoveError where it is
    no draft, and ValidationError.
    """
    draft, current = _scenario_of_draft(scenario, version)
    _check_cells([content], draft, at)
    row = grids.fill(current, content)
    row.version += 1
    row.full_clean()
    row.save()
    Right.objects.filter(scenario=row).delete()
    Rung.objects.filter(scenario=row).delete()
    grids.write_cells([(row, content)])
    if place is not None:
        rows = [each for each in draft.scenarios.order_by("position", "pk") if each.pk != row.pk]
        rows.insert(place, row)
        for position, each in enumerate(rows):
            each.position = position
        Scenario.objects.bulk_update(rows, ["position"])
    _changed(draft, "grid.scenario_changed", row.code, by, at)
    return row


@transaction.atomic
def remove_scenario(*, scenario: Scenario, version: int, by: Actor, at: datetime) -> None:
    """Take a scenario out of a draft; what was said about it stays. Raises as `edit_scenario`."""
    draft, current = _scenario_of_draft(scenario, version)
    code = current.code
    current.delete()
    _changed(draft, "grid.scenario_removed", code, by, at)


@transaction.atomic
def order_scenarios(*, version: GridVersion, edition: int, codes: Sequence[str], by: Actor, at: datetime) -> None:
    """Put the scenarios of a draft in this order. Raises Clash, IllegalMoveError, and ValidationError unless `codes`
    names each once."""
    draft = _draft(version, edition)
    rows = {row.code: row for row in draft.scenarios.all()}
    if sorted(codes) != sorted(rows):
        raise ValidationError("Name every scenario once.")
    for position, code in enumerate(codes):
        rows[code].position = position
    Scenario.objects.bulk_update(rows.values(), ["position"])
    _changed(draft, "grid.ordered", "", by, at)


@transaction.atomic
def replace_scenarios(
    *, version: GridVersion, edition: int, contents: Sequence[Content], by: Actor, at: datetime
) -> GridVersion:
    """Let a draft say exactly this, as an imported file or a starter does.

    All or nothing. Raises Clash, IllegalMoveError, and ValidationError with every fault at once.
    """
    draft = _draft(version, edition)
    if len(contents) > MOST:
        raise ValidationError(f"A grid has at most {MOST} scenarios.")
    _check_cells(contents, draft, at)
    _check_rows(draft, contents)
    draft.scenarios.all().delete()
    grids.write_scenarios(draft, contents)
    _changed(draft, "grid.replaced", "", by, at)
    return draft


def _draft(version: GridVersion, edition: int | None = None) -> GridVersion:
    current = grids.locked(version)
    if current.state != VersionState.DRAFT:
        raise IllegalMoveError(f"This version is {current.state}, so it cannot be changed. Start or take back a draft.")
    if edition is not None and current.version != edition:
        raise grids.Clash(current)
    return current


def _scenario_of_draft(scenario: Scenario, version: int) -> tuple[GridVersion, Scenario]:
    draft = _draft(scenario.grid_version)
    current = draft.scenarios.filter(pk=scenario.pk).first()
    if current is None:
        raise ValidationError("This scenario was taken out of the draft meanwhile.")
    if current.version != version:
        raise ScenarioClash(queries.scenario_by_code(draft, current.code) or current)
    return draft, current


def _check_rows(draft: GridVersion, contents: Sequence[Content]) -> None:
    faults: list[str] = []
    seen: set[str] = set()
    for number, content in enumerate(contents, start=1):
        if content.code in seen:
            faults.append(f"Scenario {number}: {content.code} is there twice.")
        seen.add(content.code)
        try:
            grids.row_of(draft, content, number).full_clean(validate_unique=False, validate_constraints=False)
            grids.row_of(draft, content, number).validate_constraints(exclude={"code"})
        except ValidationError as error:
            faults += [f"Scenario {number}: {sentence}" for sentence in error.messages]
    if faults:
        raise ValidationError(faults)


def check_contents(version: GridVersion, at: datetime) -> None:
    """Refuse a version that names a duty role or team which is no more. Raises ValidationError, with every place."""
    _check_cells(queries.contents_of(version), version, at)


def _check_cells(contents: Iterable[Content], draft: GridVersion, at: datetime) -> None:
    """Refuse what names a duty role or team that the centre has not, a word twice, or a rung that calls nobody."""
    centre = draft.grid.centre
    duties: Keys = {None, *(role.pk for role in rota.duty_roles(centre, at))}
    teams: Keys = {None, *directory.teams_at(centre, at).values_list("pk", flat=True)}
    faults = [
        f"{content.title}: {fault}"
        for content in contents
        for fault in (*_faults_of_rights(content, duties, teams), *_faults_of_ladder(content, duties, teams))
    ]
    if faults:
        raise ValidationError(list(dict.fromkeys(faults)))


def _faults_of_rights(content: Content, duties: Keys, teams: Keys) -> Iterator[str]:
    own = [cell.limit for cell in content.rights if cell.limit is not None]
    if own and not content.limit_unit.strip():
        yield "say what the limits of those who decide count, like £ or hours."
    if content.limit_unit.strip() and content.limit is None and not own:
        yield "give a limit together with its unit, or neither."
    if len({(cell.kind, cell.duty_role, cell.team) for cell in content.rights}) < len(content.rights):
        yield "somebody decides up to two limits. Leave one of them out."
    for cell in content.rights:
        if cell.limit is not None and (cell.kind != Right.Kind.DECIDES or not 0 <= cell.limit < 10**10):
            yield "a limit is a number of 0 or more, of somebody who decides."
        if not _one(cell.duty_role, cell.team) or cell.kind not in Right.Kind.values:
            yield "a cell is one word for one duty role or one team."
        elif cell.duty_role not in duties or cell.team not in teams:
            yield "a duty role or team was retired, or is another centre's."


def _faults_of_ladder(content: Content, duties: Keys, teams: Keys) -> Iterator[str]:
    if len(content.ladder) > MOST_RUNGS:
        yield f"a ladder has at most {MOST_RUNGS} rungs."
    for place, step in enumerate(content.ladder, start=1):
        if not _one(step.duty_role, step.team, step.telephone.strip() or None):
            yield f"rung {place} calls one duty role, one team or one number."
        elif step.duty_role not in duties or step.team not in teams:
            yield f"rung {place} was retired, or is another centre's."
        if not 1 <= step.minutes <= 1440:
            yield f"rung {place} has between 1 minute and 24 hours to acknowledge."
        if len(step.telephone.strip()) > 40:
            yield f"the number of rung {place} is longer than 40 characters."


def _one(*values: object) -> bool:
    return sum(value is not None for value in values) == 1


def _changed(draft: GridVersion, verb: str, code: str, by: Actor, at: datetime) -> None:
    grids.changed(draft)
    grids.record(verb, draft, by, at, scenario=code, edition=draft.version)


__all__ = [
    "IllegalMoveError",
    "ScenarioClash",
    "add_scenario",
    "edit_scenario",
    "order_scenarios",
    "remove_scenario",
    "replace_scenarios",
]
