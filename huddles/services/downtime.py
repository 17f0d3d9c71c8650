"""What a centre works with while the service is down: its board and duty sheet as files, written every hour.

They lie outside the web tier, in the folder that `NHC_DOWNTIME_FOLDER` names, for a file server, a share or a memory
stick to bring to the front desk: one folder a centre, pages that print, and nothing that they need from elsewhere.
References and initials are on them, and no name of anybody who is supported.
"""

import os
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from huddles.agenda import LANES
from huddles.queries import board as board_queries
from nhc import audit, formats
from nhc.actors import Actor
from nhc.services import record_sign_of_life
from partners.hours import day_start
from partners.queries import crew, organisations

if TYPE_CHECKING:
    from partners.models import Centre

log = structlog.get_logger(__name__)

SHEETS = ("board.html", "duty.html")
STYLE = "downtime.css"
AHEAD = timedelta(days=2)
"""How far the duty sheet looks ahead."""


def write_sheets(*, at: datetime) -> int:
    """Write every centre's sheets; return for how many centres. A centre that fails keeps the sheets it has.

    Where one failed there is no sign of life: `/readyz` says in time that sheets are old, the log whose.
    """
    written = failed = 0
    for centre in organisations.all_centres():
        try:
            write_sheets_of(centre=centre, at=at)
        except Exception as error:
            # Whatever is wrong with one centre, the others need their sheets.
            log.error("downtime_sheets_not_written", centre=centre.slug, reason=type(error).__name__)
            failed += 1
            continue
        written += 1
    if not failed:
        record_sign_of_life(part="downtime_sheets", at=at)
    return written


def write_sheets_of(*, centre: "Centre", at: datetime) -> Path:
    """Write the board and the duty sheet of a centre as of an instant, and record it; return their folder.

    Raises OSError where the folder cannot be written. Each file is replaced whole: nobody ever opens half of one.
    """
    folder = Path(settings.DOWNTIME_FOLDER) / centre.slug
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    found = board_queries.board(centre, at)
    start = day_start(found.day, centre.day_starts)
    context = {
        "centre": centre,
        "board": found,
        "names": LANES,
        "at": at,
        "when": formats.day_and_time,
        "crew": crew.of_day(centre, start, start + AHEAD, at),
    }
    for name in SHEETS:
        _replace(folder / name, render_to_string(f"huddles/downtime/{name.removesuffix('.html')}.jinja", context))
    style = Path(settings.BASE_DIR) / "static" / STYLE
    if style.is_file():
        shutil.copyfile(style, folder / STYLE)
    with transaction.atomic():
        audit.record(
            by=Actor.system("downtime"),
            at=at,
            verb="downtime.written",
            subject="board",
            subject_id=centre.pk,
            details={"episodes": len(found.rows), "version": found.facts.version},
            centre=centre.slug,
        )
    return folder


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o640)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
