"""The demonstration's rota: four weeks back and ten ahead of the day it is loaded, with a gap and a swap that waits.

Made as an employer's rota system would send it: as a file. Who is on follows from the day's number alone.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dashboard.demonstration.partnership import email
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.models import User
from partners.hours import Hours, day_start, first
from partners.queries import directory, rota
from partners.queries import organisations as organisation_queries
from partners.services import duty_roles, people, rota_imports, swaps

WEEKS = timedelta(days=28)
AHEAD = timedelta(days=70)
"""How far ahead the rota reaches: what looks four weeks ahead still finds it full for weeks after the load."""
GAP = 2
"""Days after the load on which nobody holds the front door."""
SWAP = 5
"""Days after the load whose front-door shift one person would like another to take."""

BANK: Mapping[str, tuple[str, str, str]] = {
    "riverside": ("Lewis Grant", "Priya Nair", "Tom Ashworth"),
    "hillside": ("Aisha Begum", "Rory Flynn", "Ellen Sharp"),
}
"""Crisis team members who work nights and have no sign-in."""
_TEAM = "Crisis team"
_DAILY = tuple(range(7))
_WEEKDAYS = tuple(range(5))


@dataclass(frozen=True, slots=True)
class Line:
    """A shift of every day or weekday, and who holds it, one day after another."""

    duty: str
    starts: time
    ends: time
    people: tuple[str, ...]
    weekdays: tuple[int, ...] = _DAILY


LINES = (
    Line("shift-lead", time(7), time(19), ("lead", "manager", "lead", "manager")),
    Line("shift-lead", time(19), time(7), ("bank-1", "bank-1", "bank-2", "bank-2")),
    Line("crisis-practitioner", time(7), time(19), ("clinician", "clinician", "bank-3", "clinician")),
    Line("crisis-practitioner", time(19), time(7), ("bank-2", "bank-2", "bank-1", "bank-1")),
    Line("front-door", time(8), time(20), ("submitter", "peer")),
    Line("gp-advice", time(9), time(17), ("group",), _WEEKDAYS),
)


def load(*, by: Actor, at: datetime) -> None:
    """Store it all in the caller's transaction, after the directory."""
    today = london_date(at)
    begins = first(datetime.combine(today, time())) - WEEKS
    for slug in ("riverside", "hillside"):
        _load_centre(slug, today, begins=begins, by=by, at=at)


def _load_centre(slug: str, today: date, *, begins: datetime, by: Actor, at: datetime) -> None:
    found = organisation_queries.centre_with_partners(slug, today)
    if found is None:
        return
    centre = found.centre
    lead = duty_roles.add_duty_role(
        centre=centre,
        code="shift-lead",
        name="Shift lead",
        what_for="Whatever needs deciding on this shift",
        round_the_clock=True,
        by=by,
        at=begins,
    )
    crisis = duty_roles.add_duty_role(
        centre=centre,
        code="crisis-practitioner",
        name="Crisis practitioner",
        what_for="People in a mental health crisis",
        deputy=lead,
        position=1,
        round_the_clock=True,
        by=by,
        at=begins,
    )
    for position, (code, name, what_for, hours) in enumerate(
        (
            ("front-door", "Front door", "Anyone who walks in", _hours(_DAILY, time(8), time(20))),
            ("gp-advice", "GP advice", "Advice from a general practitioner", _hours(_WEEKDAYS, time(9), time(17))),
        ),
        start=2,
    ):
        duty_roles.add_duty_role(
            centre=centre,
            code=code,
            name=name,
            what_for=what_for,
            deputy=crisis if code == "gp-advice" else lead,
            position=position,
            cover=hours,
            by=by,
            at=begins,
        )
    _add_bank(slug, begins=begins, by=by, at=at)
    # As of the day on which it begins: an import refuses what is over.
    rota_imports.take_file(centre=centre, body=_file(slug, today), by=by, at=begins)
    _ask_swap(slug, today, at=at)


def _hours(weekdays: tuple[int, ...], starts: time, ends: time) -> list[Hours]:
    return [Hours(weekday, starts, ends) for weekday in weekdays]


def _add_bank(slug: str, *, begins: datetime, by: Actor, at: datetime) -> None:
    found = organisation_queries.centre_with_partners(slug, london_date(at))
    team = None if found is None else directory.teams_at(found.centre, at, sought=_TEAM).get()
    if team is None:
        return
    for number, name in enumerate(BANK[slug], start=1):
        user = people.add_person(
            email=email(f"bank-{number}", slug),
            name=name,
            organisation=team.organisation,
            employed_from=begins - WEEKS,
            by=by,
            at=at,
        )
        people.add_membership(user=user, team=team, role="practitioner", starts_at=begins - WEEKS, by=by, at=at)


def _file(slug: str, today: date) -> bytes:
    """Return the rota as a file, each shift under a reference of its own."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["team", "duty role", "person", "starts", "ends", "reference"])
    teams = _teams(slug)
    for number in range(-WEEKS.days, AHEAD.days):
        day = today + timedelta(days=number)
        for line, account in _held(number, day):
            starts = day_start(day, line.starts)
            ends = day_start(day + timedelta(days=int(line.ends <= line.starts)), line.ends)
            reference = f"{day:%Y%m%d}-{line.duty}-{line.starts:%H}"
            row = [teams[account], line.duty, email(account, slug), starts.isoformat(), ends.isoformat(), reference]
            writer.writerow(row)
    return text.getvalue().encode()


def _held(number: int, day: date) -> Iterator[tuple[Line, str]]:
    """Return who holds what on a day, counted from the day of the load; nobody where the gap is."""
    for line in LINES:
        if day.weekday() in line.weekdays and not (line.duty == "front-door" and number == GAP):
            yield line, line.people[number % len(line.people)]


def _teams(slug: str) -> dict[str, str]:
    """Return the name of the team in which each account works, which differs between the centres."""
    found: dict[str, str] = {}
    accounts = {account for line in LINES for account in line.people}
    for account in accounts:
        user = User.objects.get(email=email(account, slug))
        found[account] = user.memberships.filter(team__centre__slug=slug).order_by("pk")[0].team.name
    return found


def _ask_swap(slug: str, today: date, *, at: datetime) -> None:
    """Let the person at the front door on a day ask the other one to take it."""
    found = organisation_queries.centre_with_partners(slug, today)
    if found is None:
        return
    day = today + timedelta(days=SWAP)
    line = next(line for line in LINES if line.duty == "front-door")
    mine, other = line.people[SWAP % 2], line.people[(SWAP + 1) % 2]
    start = day_start(day, line.starts)
    shifts = rota.shifts_between(found.centre, start, start + timedelta(hours=1))
    asker, asked = (User.objects.get(email=email(account, slug)) for account in (mine, other))
    shift = next(each for each in shifts if each.user_id == asker.pk)
    swaps.ask_swap(shift=shift, offered=None, asked_of=asked, note="My sister's birthday", by=Actor.user(asker), at=at)
