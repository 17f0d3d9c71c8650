"""Rotas as CSV: a header row, then one shift a row. Every fault is told with its row, all at once.

Columns, in any order: `team`, `duty role` (its code or name), `person` (an e-mail address), `starts`, `ends`, and
perhaps `reference`, the rota system's own name of the shift. Times are Europe/London unless they carry an offset.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from partners.formats.formulas import restored
from partners.hours import NoSuchTimeError, TwoSuchTimesError, instant_of

LARGEST = 1_000_000
"""Bytes of a rota."""
MOST_ROWS = 2_000
COLUMNS = ("team", "duty role", "person", "starts", "ends", "reference")
_LONGEST_REFERENCE = 200
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})[ T](\d{1,2}):(\d{2})(?::00)?", re.ASCII)


class UnreadableRotaError(ValueError):
    """The file is no rota; the message is the sentence for the person who chose it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One shift that a file or calendar asks for. `place` says where: "Row 3", or the event's title and start.

    `team` and `duty_role` are empty where whoever imports says them once for all.
    """

    place: str
    team: str
    duty_role: str
    person: str
    starts_at: datetime
    ends_at: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at one place of a file, and what to do, in a sentence."""

    place: str
    said: str


def read_rota(body: bytes) -> tuple[list[Entry], list[Finding]]:
    """Return what a CSV rota asks for, and what cannot be read. Raises UnreadableRotaError for what is no rota."""
    if len(body) > LARGEST:
        raise UnreadableRotaError("The selected file must be smaller than 1MB. Split it.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableRotaError("The selected file is not text. Save it as 'CSV UTF-8'.") from error
    if "\0" in text:
        raise UnreadableRotaError("The selected file is not text. Save it as 'CSV UTF-8'.")
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error as error:
        raise UnreadableRotaError("The selected file could not be read. Save it as 'CSV UTF-8' again.") from error
    filled = [(number, row) for number, row in enumerate(rows, start=1) if any(row)]
    if not filled:
        raise UnreadableRotaError("The selected file is empty.")
    if len(filled) > MOST_ROWS + 1:
        raise UnreadableRotaError("The selected file must hold 2,000 shifts or fewer. Split it.")
    places = _columns(filled[0][1])
    return _read(filled[1:], places)


def _columns(header: list[str]) -> dict[str, int]:
    named = [name.lower().replace("_", " ") for name in header]
    missing = [name for name in COLUMNS[:-1] if name not in named]
    if missing:
        raise UnreadableRotaError(
            f"The first row has no column named {' and none named '.join(missing)}. Use the columns of the example."
        )
    twice = [name for name in COLUMNS if named.count(name) > 1]
    if twice:
        raise UnreadableRotaError(f"The first row names the column {twice[0]} twice. Remove one of them.")
    return {name: named.index(name) for name in COLUMNS if name in named}


def _read(rows: Iterable[tuple[int, list[str]]], places: dict[str, int]) -> tuple[list[Entry], list[Finding]]:
    entries: list[Entry] = []
    findings: list[Finding] = []
    for number, row in rows:
        place = f"Row {number}"
        cells = {name: restored(row[at]) if at < len(row) else "" for name, at in places.items()}
        wrong = [f"Enter the {name}." for name in COLUMNS[:3] if not cells[name]]
        instants: list[datetime] = []
        for name in ("starts", "ends"):
            try:
                instants.append(read_time(cells[name]))
            except ValueError as error:
                wrong.append(f"{name.capitalize()}: {error}")
        if len(cells.get("reference", "")) > _LONGEST_REFERENCE:
            wrong.append("The reference must be 200 characters or fewer.")
        if wrong:
            findings.extend(Finding(place, said) for said in wrong)
            continue
        entries.append(
            Entry(
                place,
                cells["team"],
                cells["duty role"],
                cells["person"],
                instants[0],
                instants[1],
                cells.get("reference", ""),
            )
        )
    return entries, findings


def read_time(text: str) -> datetime:
    """Return the instant that a text names. Raises ValueError with a sentence that says what to write instead."""
    if not text:
        raise ValueError("enter a date and time, like 2026-10-24 20:00.")
    try:
        if (match := _DAY_FIRST.fullmatch(text)) is not None:
            day, month, year, hour, minute = map(int, match.groups())
            read = datetime(year, month, day, hour, minute)  # noqa: DTZ001  (a wall time, made an instant below)
        else:
            read = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"'{text[:40]}' is no date and time. Write it like 2026-10-24 20:00.") from error
    if read.year < 2000 or read.year > 2200:
        raise ValueError(f"the year {read.year} cannot be meant. Write the time like 2026-10-24 20:00.")
    if "T" not in text.upper() and ":" not in text:
        raise ValueError(f"'{text[:40]}' has no time of day. Write it like 2026-10-24 20:00.")
    if read.tzinfo is not None:
        return read.astimezone(UTC)
    try:
        return instant_of(read)
    except NoSuchTimeError as error:
        raise ValueError(f"{text} does not happen: the clocks go forward over it. Write an hour later.") from error
    except TwoSuchTimesError as error:
        raise ValueError(
            f"{text} happens twice: the clocks go back. Write {read:%Y-%m-%dT%H:%M}+01:00 for the first "
            f"or {read:%Y-%m-%dT%H:%M}+00:00 for the second."
        ) from error
