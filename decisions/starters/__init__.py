"""Starter grids: what a centre may begin its own grid with, as data that people at the centre then change.

A file holds duty roles with the hours in which somebody must be on, and scenarios whose rights and ladders name those
duty roles by code. Hours are Europe/London; an end at or before the start is on the next day. Plain Python.
"""

from datetime import time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from partners.hours import Hours

CODES = ("mental-health-centre", "frailty-hub")
"""The starter grids that ship, in the order in which they are offered."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ROUND_THE_CLOCK = "round the clock"

type Kind = Literal["decides", "must_agree", "is_consulted", "carries_out", "is_told"]


class StarterHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of several weekdays in a row."""

    first: str = msgspec.field(name="from")
    last: str = msgspec.field(name="to")
    starts: str
    ends: str


class StarterRole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A duty role, and when somebody must be on for it. `deputy` is another one's code."""

    code: str
    name: str
    what_for: str
    deputy: str | None
    cover: Literal["round the clock"] | tuple[StarterHours, ...]

    @property
    def round_the_clock(self) -> bool:
        """Whether somebody must be on at every hour."""
        return self.cover == _ROUND_THE_CLOCK

    @property
    def hours(self) -> list[Hours]:
        """Return the hours of each weekday; none for a duty that is wanted round the clock."""
        if isinstance(self.cover, str):
            return []
        return [
            Hours(weekday, time.fromisoformat(each.starts), time.fromisoformat(each.ends))
            for each in self.cover
            for weekday in range(_WEEKDAYS.index(each.first), _WEEKDAYS.index(each.last) + 1)
        ]


class StarterRung(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is called, by the code of a duty role or by a telephone number, and for how many minutes."""

    minutes: int
    duty_role: str = ""
    telephone: str = ""


class StarterScenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may come up. `rights` say what each duty role, by its code, has to do with it."""

    code: str
    title: str
    words: str
    guardrail: str
    minutes: int
    act_first: bool
    rights: dict[str, Kind]
    ladder: tuple[StarterRung, ...]
    limit: Decimal | None = None
    limit_unit: str = ""


class Starter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole starter grid."""

    code: str
    title: str
    summary: str
    duty_roles: tuple[StarterRole, ...]
    scenarios: tuple[StarterScenario, ...]


@cache
def read(code: str) -> Starter:
    """Return the starter grid with a code of `CODES`. Raises KeyError for any other."""
    if code not in CODES:
        raise KeyError(code)
    return msgspec.json.decode((Path(__file__).parent / f"{code}.json").read_bytes(), type=Starter)


def offered() -> list[Starter]:
    """Return every starter grid, in the order in which they are offered."""
    return [read(code) for code in CODES]
