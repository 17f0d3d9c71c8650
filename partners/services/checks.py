"""What would happen if a sheet were sent now: the real rules and the real merge, in a dry run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from nhc.actors import Actor
from partners import formats
from partners.formats import MalformedError
from partners.formats.grids import Grid
from partners.formats.reading import CSV
from partners.models import Centre, Organisation
from partners.services import submissions
from partners.services.differences import Change
from partners.services.submissions import Upload

NOTHING = "There is no figure to send"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing said of one cell of the sender's sheet, by the contract's code."""

    row: int
    column: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Line:
    """What sending would do to one figure: created, changed, unchanged or removed."""

    row: int
    change: Change


@dataclass(slots=True)
class Check:
    """A sheet and everything that is to say about it. It can be sent where `ready` holds."""

    grid: Grid
    figures: int = 0
    errors: list[Finding] = field(default_factory=list)
    general: list[str] = field(default_factory=list)
    unanswered: list[int] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether nothing is left for the sender to do but to send."""
        return not (self.errors or self.general or self.unanswered)

    @property
    def rows_in_need(self) -> set[int]:
        """The rows that need the sender, the one that names the columns aside."""
        return ({finding.row for finding in self.errors} | set(self.unanswered)) - {self.grid.top}


def check(*, organisation: Organisation, centre: Centre, grid: Grid, by: Actor, at: datetime) -> Check:
    """Try to send the sheet and say what comes of it. Stores nothing."""
    result = Check(grid=grid, unanswered=grid.unanswered_rows())
    missing = [name for name in ("measure", "period", "numerator") if name not in grid.columns()]
    result.general.extend(f"The first row has no column named {name}" for name in missing)
    if missing:
        return result
    upload = Upload(organisation=organisation, media_type=CSV, body=grid.as_csv(), centre=centre.slug)
    try:
        batch = formats.read(upload.body, CSV, limit=settings.SUBMISSION_OBSERVATION_LIMIT)
    except MalformedError as error:
        result.general.append(str(error).removesuffix("."))
        return result
    result.figures = len(batch.rows) + len(result.unanswered)
    if not batch.rows and not batch.faults:
        if not result.unanswered:
            result.general.append(NOTHING)
        return result
    outcome = submissions.receive(upload=upload, by=by, at=at, dry_run=True)
    result.counts = outcome.submission.counts
    result.errors = _findings(outcome.submission.errors, grid)
    result.warnings = _findings(outcome.submission.warnings, grid)
    if outcome.submission.errors and not result.errors:
        result.general.extend(str(group["detail"]).removesuffix(".") for group in outcome.submission.errors)
    lines = batch.lines or []
    result.lines = [Line(lines[change.place] - 1, change) for change in outcome.changes if change.place is not None]
    return result


def _findings(groups: Iterable[Mapping[str, object]], grid: Grid) -> list[Finding]:
    """Bring each place of a group back to the sender's own cell, in the order in which people read."""
    found = set()
    for group in groups:
        cells = group.get("cells")
        for cell in cells if isinstance(cells, list) else []:
            place = grid.found_at(str(cell))
            if place is not None:
                found.add(Finding(*place, code=str(group["code"]), detail=str(group["detail"])))
    return sorted(found, key=lambda finding: (finding.row, finding.column, finding.code))
