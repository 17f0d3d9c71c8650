"""The form that every format is read into."""

from dataclasses import dataclass, field

import msgspec

FIELDS = ("measure", "period", "dimension", "category", "numerator", "denominator", "state", "reason")
"""What a line of CSV may hold, besides `centre`. JSON joins dimension and category into `breakdown`."""


BLANK_LIMIT = 200_000
"""Lines that say nothing: as many as there may be observations. Passing over a blank line costs time too."""

TOO_BLANK = "The file has more than 200,000 blank lines. Remove them and send it again."

LONGEST_NAME = 100
"""Characters of an unknown name that an answer repeats."""


class MalformedError(ValueError):
    """The body is not what its media type says; the message is a sentence for the sender."""


class TooManyObservationsError(ValueError):
    """More observations than one submission may hold."""


class Row(msgspec.Struct, gc=False):
    """One observation as it was sent. Absent and null are both None; anything else is as it came, right type or not."""

    measure: object = None
    period: object = None
    breakdown: object = None
    numerator: object = None
    denominator: object = None
    state: object = None
    reason: object = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. `index` is the observation's place from 0, None where the fault is in the envelope or header.

    `row` is the sender's own line, where the header is line 1. `also` names a second observation (duplicate keys).
    """

    code: str
    detail: str
    index: int | None = None
    field: str = ""
    row: int | None = None
    also: int | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around the observations, as sent: right type or not."""

    centre: object = None
    mode: object = None
    reason: object = None


@dataclass(slots=True)
class Batch:
    """A whole submission as read, before any rule of the contract is applied.

    `lines` holds the sender's line number of each row (None for JSON, where rows have only their index) and `columns`
    the letter of each field's column (CSV and spreadsheets).
    """

    envelope: Envelope
    rows: list[Row]
    faults: list[Fault] = field(default_factory=list)
    lines: list[int] | None = None
    columns: dict[str, str] | None = None

    def line(self, index: int) -> int | None:
        """Return the sender's own line of a row."""
        return None if self.lines is None else self.lines[index]


def cell_name(column: int) -> str:
    """Return the letters of a spreadsheet's column, counted from 0: A, B, ... Z, AA."""
    letters = ""
    column += 1
    while column:
        column, remainder = divmod(column - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters


def storable(text: str, length: int) -> str:
    """Return text as the database and every later reader can hold it: no NUL, no halves of characters, not too long."""
    return text[:length].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def shown_name(name: str) -> str:
    """Return a name that the contract does not know as an answer can repeat it."""
    return storable(name, LONGEST_NAME)
