"""A version of a grid as pages show it: a table of words, with who is on duty in the heads of its columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from decisions.formats.grids import Holder
from decisions.models import CellComment, GridVersion, Right, Rung, Scenario
from decisions.queries import grids
from partners.queries import directory, rota

if TYPE_CHECKING:
    from partners.models import Centre, Shift


@dataclass(frozen=True, slots=True)
class Column:
    """A duty role or a team. `on` is who is on duty for it now; `code` is a duty role's, empty for a team.

    `name` is what it was called when the version was published; `renamed` what it is called now, where that differs.
    """

    holder: Holder
    name: str
    code: str = ""
    on: tuple["Shift", ...] = ()
    renamed: str = ""

    @property
    def key(self) -> str:
        """Return what forms and addresses call it: `duty_role-12`."""
        return f"{self.holder[0]}-{self.holder[1]}"

    @property
    def people(self) -> str:
        """Return the names of who is on, one after another."""
        return ", ".join(dict.fromkeys(shift.user.name for shift in self.on))


@dataclass(frozen=True, slots=True)
class Cell:
    """What one duty role or team has to do with one scenario; `kinds` in the order of the grid's words.

    `limit` is up to what they decide where that is a limit of their own.
    """

    column: Column
    kinds: tuple[str, ...]
    comments: tuple[CellComment, ...] = ()
    limit: Decimal | None = None

    @property
    def words(self) -> str:
        """Return what the cell says; nothing where they are not involved."""
        labels = [str(Right.Kind(kind).label) for kind in self.kinds]
        return " and ".join([*labels[:1], *(label.lower() for label in labels[1:])])


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario with its cells, in the order of the columns. `comments` are on the scenario as a whole."""

    scenario: Scenario
    number: int
    cells: list[Cell]
    rungs: list[Rung]
    comments: tuple[CellComment, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether anybody decides."""
        return any(Right.Kind.DECIDES in cell.kinds for cell in self.cells)

    @property
    def open_comments(self) -> int:
        """Return how many comments wait for an answer."""
        everything = [*self.comments, *(each for cell in self.cells for each in cell.comments)]
        return sum(each.resolved_at is None for each in everything)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole version."""

    version: GridVersion
    columns: list[Column]
    rows: list[Row] = field(default_factory=list)

    def column(self, key: str) -> Column | None:
        """Return the column with a key."""
        return next((column for column in self.columns if column.key == key), None)


def holders_at(centre: "Centre", at: datetime) -> list[Column]:
    """Return every duty role in use and every open team of a centre, in its order: what a grid may name."""
    duties = [Column(("duty_role", role.pk), role.name, role.code) for role in rota.duty_roles(centre, at)]
    return duties + [Column(("team", team.pk), team.name) for team in directory.teams_at(centre, at)]


def sheet(version: GridVersion, at: datetime, *, drafting: bool = False) -> Sheet:
    """Return a version as a table, with who is on duty. `drafting`: with every duty role in use and what was said."""
    centre = version.grid.centre
    scenarios = grids.scenarios_of(version)
    comments = grids.comments_of(version) if drafting else []
    columns = _columns(centre, scenarios, at, drafting=drafting)
    columns = _as_published(columns, grids.names_of(version))
    rows = [_row(scenario, number, columns, comments) for number, scenario in enumerate(scenarios, start=1)]
    return Sheet(version, columns, rows)


def _columns(centre: "Centre", scenarios: Sequence[Scenario], at: datetime, *, drafting: bool) -> list[Column]:
    """Return the duty roles that the version names, in the centre's order, then its teams by name."""
    shifts = [each.shift for each in rota.on_now(centre, at)]
    named = {_holder(each) for scenario in scenarios for each in _cells(scenario)}
    columns = []
    for role in rota.duty_roles(centre):
        retired = role.retired_at is not None and role.retired_at <= at
        if ("duty_role", role.pk) in named or (drafting and not retired):
            on = tuple(shift for shift in shifts if shift.duty_role_id == role.pk)
            columns.append(Column(("duty_role", role.pk), role.name, role.code, on))
    teams = {each.team.pk: each.team for scenario in scenarios for each in _cells(scenario) if each.team is not None}
    for team in sorted(teams.values(), key=lambda team: team.name):
        on = tuple(shift for shift in shifts if shift.team_id == team.pk)
        columns.append(Column(("team", team.pk), team.name, "", on))
    return columns


def _as_published(columns: Iterable[Column], names: Mapping[Holder, str]) -> list[Column]:
    return [
        replace(column, name=names[column.holder], renamed=column.name)
        if names.get(column.holder, column.name) != column.name
        else column
        for column in columns
    ]


def _cells(scenario: Scenario) -> Iterable[Right | Rung]:
    return [*scenario.rights.all(), *(rung for rung in scenario.rungs.all() if not rung.telephone)]


def _holder(each: Right | Rung | CellComment) -> Holder | None:
    if each.duty_role_id is not None:
        return ("duty_role", each.duty_role_id)
    return None if each.team_id is None else ("team", each.team_id)


def _row(scenario: Scenario, number: int, columns: Sequence[Column], comments: Sequence[CellComment]) -> Row:
    kinds: dict[Holder | None, set[str]] = {}
    limits: dict[Holder | None, Decimal | None] = {}
    for right in scenario.rights.all():
        kinds.setdefault(_holder(right), set()).add(right.kind)
        if right.kind == Right.Kind.DECIDES:
            limits[_holder(right)] = right.limit
    said: dict[Holder | None, list[CellComment]] = {}
    for each in comments:
        if each.scenario_code == scenario.code:
            said.setdefault(_holder(each), []).append(each)
    cells = [
        Cell(
            column,
            tuple(kind for kind in Right.Kind.values if kind in kinds.get(column.holder, ())),
            tuple(said.pop(column.holder, ())),
            limits.get(column.holder),
        )
        for column in columns
    ]
    # What was said about a cell that the grid no longer has stays with its scenario.
    left = [each for several in said.values() for each in several]
    return Row(scenario, number, cells, list(scenario.rungs.all()), tuple(left))
