"""A grid's versions: started, commented on and reviewed. What they say is written in `scenarios`."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from decisions.contents import Content
from decisions.lifecycle import VERSION_MOVES, VersionState
from decisions.models import CellComment, Grid, GridMove, GridReview, GridVersion, Right, Rung, Scenario
from decisions.queries import grids as queries
from decisions.queries import scenarios as scenario_queries
from nhc import audit
from nhc.actors import Actor
from nhc.audit import Detail
from nhc.clock import london_date
from partners.lifecycle import IllegalMoveError, check_move

if TYPE_CHECKING:
    from partners.models import Centre, Organisation


class Clash(ValidationError):
    """Somebody changed the version since: `version` is how it stands now."""

    def __init__(self, version: GridVersion) -> None:
        super().__init__("Somebody changed the grid since you opened it. Look at it again, then decide.")
        self.version = version


@transaction.atomic
def start_draft(*, centre: "Centre", title: str = "Who decides what", by: Actor, at: datetime) -> GridVersion:
    """Return the version that is worked on; where there is none, begin one that says what the one in force says.

    `title` is the grid's where this is the centre's first draft. Raises ValidationError for one without words.
    """
    grid = queries.grid_of(centre)
    if grid is None:
        grid, _ = Grid.objects.get_or_create(
            centre=centre, code=Grid.CODE, defaults={"title": _titled(title), "created_at": at}
        )
    lock(grid)
    in_work = queries.version_in_work(centre)
    if in_work is not None:
        return in_work
    newest = grid.versions.order_by("-number").first()
    draft = GridVersion(grid=grid, number=1 if newest is None else newest.number + 1, predecessor=newest, created_at=at)
    draft.full_clean()
    draft.save(force_insert=True)
    if newest is not None:
        write_scenarios(draft, scenario_queries.contents_of(newest))
    moved(draft, by, at)
    record("grid.drafted", draft, by, at)
    return draft


@transaction.atomic
def comment(
    *,
    version: GridVersion,
    scenario_code: str,
    text: str,
    organisation: "Organisation",
    duty_role: int | None = None,
    team: int | None = None,
    by: Actor,
    at: datetime,
) -> CellComment:
    """Say something about a scenario of a version in work, or about one of its cells (a duty role or a team, by key).

    The same words twice in a row by one person are one comment. Raises IllegalMoveError once the version is published,
    and ValidationError for a scenario or a cell that it has not.
    """
    current = locked(version)
    if current.state not in queries.IN_WORK:
        raise IllegalMoveError(f"This version was {current.state} already, so nothing can be added.")
    if not current.scenarios.filter(code=scenario_code).exists():
        raise ValidationError("The draft has no such scenario any more.")
    if by.user_id is None:
        raise ValidationError("A person comments.")
    cell = {"scenario_code": scenario_code, "duty_role_id": duty_role, "team_id": team}
    last = current.comments.filter(**cell).order_by("-made_at", "-pk").first()
    if last is not None and (last.user_id, last.text) == (by.user_id, text.strip()):
        return last
    said = CellComment(
        grid_version=current, **cell, text=text.strip(), user_id=by.user_id, organisation=organisation, made_at=at
    )
    said.full_clean()
    said.save(force_insert=True)
    record("grid.commented", current, by, at, scenario=scenario_code)
    return said


@transaction.atomic
def resolve_comment(*, comment: CellComment, by: Actor, at: datetime) -> CellComment:
    """Say that a comment is settled. Settled once, it stays; raises ValidationError unless a person does it."""
    current = (
        CellComment.objects.select_for_update(of=("self",))
        .select_related("grid_version__grid__centre")
        .get(pk=comment.pk)
    )
    if current.resolved_at is not None:
        return current
    if by.user_id is None:
        raise ValidationError("A person settles a comment.")
    current.resolved_at, current.resolved_by_id = at, by.user_id
    current.save(update_fields=["resolved_at", "resolved_by"])
    record("grid.comment_resolved", current.grid_version, by, at, scenario=current.scenario_code)
    return current


@transaction.atomic
def review_grid(*, version: GridVersion, learnt: str, by: Actor, at: datetime) -> GridReview:
    """Record what was learnt from going by the version in force; the next review is due in a quarter.

    Raises IllegalMoveError where it is not in force any more, and ValidationError without words.
    """
    current = locked(version)
    if current.state != VersionState.PUBLISHED:
        raise IllegalMoveError("Only the version in force is reviewed.")
    if by.user_id is None:
        raise ValidationError("A person reviews the grid.")
    if not learnt.strip():
        raise ValidationError({"learnt": "Write what was learnt, or that nothing needs to change."})
    review = GridReview(
        version=current,
        reviewed_at=at,
        learnt=learnt.strip(),
        next_review_on=months_after(london_date(at), 3),
        user_id=by.user_id,
    )
    review.full_clean()
    review.save(force_insert=True)
    record("grid.reviewed", current, by, at)
    return review


def months_after(day: date, months: int) -> date:
    """Return the same day of the month some months later, or that month's last day where it has none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def lock(grid: Grid) -> None:
    """Let one change of a grid be made at a time."""
    Grid.objects.select_for_update(of=("self",)).get(pk=grid.pk)


def locked(version: GridVersion, edition: int | None = None) -> GridVersion:
    """Lock the version's grid and return the version as it stands now. Raises Clash for another edition than it has."""
    lock(version.grid)
    current = GridVersion.objects.select_related("grid__centre", "predecessor").get(pk=version.pk)
    if edition is not None and current.version != edition:
        raise Clash(current)
    return current


def move(version: GridVersion, state: VersionState, by: Actor, at: datetime, reason: str = "") -> None:
    """Give a locked version another state, with its history; the caller saves what else changes first.

    Raises IllegalMoveError where that is no legal move.
    """
    check_move(VERSION_MOVES, VersionState(version.state), state)
    version.state = state
    version.save()
    moved(version, by, at, reason)


def moved(version: GridVersion, by: Actor, at: datetime, reason: str = "") -> None:
    """Write the history row of the state that a version has now."""
    GridMove.objects.create(version=version, state=version.state, at=at, user_id=by.user_id, reason=reason)


def changed(version: GridVersion) -> None:
    """Raise the edition of a draft that was changed."""
    version.version += 1
    version.save(update_fields=["version"])


def write_scenarios(draft: GridVersion, contents: Iterable[Content]) -> None:
    """Store scenarios of a draft that has none, in this order. Three statements, however many there are."""
    listed = list(contents)
    rows = Scenario.objects.bulk_create([row_of(draft, content, position) for position, content in enumerate(listed)])
    write_cells(zip(rows, listed, strict=True))


def row_of(draft: GridVersion, content: Content, position: int) -> Scenario:
    """Return the row of a scenario, not stored."""
    return fill(Scenario(grid_version=draft, position=position), content)


def fill(row: Scenario, content: Content) -> Scenario:
    """Let a row say what a scenario says, but for its rights and ladder."""
    row.code, row.title, row.words = content.code, content.title.strip(), content.words.strip()
    row.guardrail, row.limit, row.limit_unit = content.guardrail.strip(), content.limit, content.limit_unit.strip()
    row.minutes, row.act_first = content.minutes, content.act_first
    return row


def write_cells(rows: Iterable[tuple[Scenario, Content]]) -> None:
    """Store the rights and ladders of scenarios that have none."""
    pairs = list(rows)
    Right.objects.bulk_create(
        Right(scenario=row, kind=cell.kind, duty_role_id=cell.duty_role, team_id=cell.team, limit=cell.limit)
        for row, content in pairs
        for cell in sorted(content.rights, key=lambda cell: (cell.kind, cell.duty_role or 0, cell.team or 0))
    )
    Rung.objects.bulk_create(
        Rung(
            scenario=row,
            position=place,
            duty_role_id=step.duty_role,
            team_id=step.team,
            telephone=step.telephone.strip(),
            minutes=step.minutes,
        )
        for row, content in pairs
        for place, step in enumerate(content.ladder)
    )


def record(verb: str, version: GridVersion, by: Actor, at: datetime, **details: Detail) -> None:
    """Write the audit event of an act on a version."""
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="grid",
        subject_id=version.grid_id,
        details={"version": version.number, "state": str(version.state), **details},
        centre=version.grid.centre.slug,
    )


def _titled(title: str) -> str:
    if not title.strip():
        raise ValidationError({"title": "Give the grid a title."})
    return title.strip()


__all__ = [
    "Clash",
    "IllegalMoveError",
    "comment",
    "resolve_comment",
    "review_grid",
    "start_draft",
]
