"""Rotas from the employers' own systems: what a file or calendar would change, and making it so.

A dry run and the import read the same plan, so what was shown is what happens. What people changed here since (cover,
swaps, cancellations) stays as they made it, and the plan says so. The same file again changes nothing.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from nhc import audit
from nhc.actors import Actor
from partners import hours
from partners.formats.rotas import Entry, Finding, read_rota
from partners.models import CalendarFeed, Centre, DutyRole, Shift, Team
from partners.models.rota import LONGEST_SHIFT
from partners.queries import rota_sources
from partners.queries.rota_sources import Known
from partners.services import shifts
from partners.services.shifts import Duty


@dataclass(frozen=True, slots=True)
class Asked:
    """One entry with the duty that it means; `replaces` is the shift it changes, if there is one."""

    entry: Entry
    duty: Duty
    replaces: Shift | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """An entry whose person is on another shift then."""

    asked: Asked
    other: Shift


@dataclass(slots=True)
class Plan:
    """What an import would do. Nothing of it may happen while a file has `findings` or `clashes`."""

    add: list[Asked] = field(default_factory=list)
    change: list[Asked] = field(default_factory=list)
    cancel: list[Shift] = field(default_factory=list)
    unchanged: int = 0
    kept: list[Asked] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)

    @property
    def refused(self) -> list[Finding]:
        """Return everything that is wrong, by place."""
        said = [Finding(each.asked.entry.place, clash_words(each)) for each in self.clashes]
        return [*self.findings, *said]

    @property
    def changes(self) -> int:
        """Return how many shifts would be added, changed or taken off."""
        return len(self.add) + len(self.change) + len(self.cancel)

    @property
    def fingerprint(self) -> str:
        """Return a text that is another where the plan would do something else."""
        added = [f"{each.duty.user.pk}.{each.duty.starts_at.timestamp():.0f}" for each in (*self.add, *self.change)]
        return f"{len(self.add)}/{len(self.change)}/{len(self.cancel)}/{hash_of(added)}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where entries come from: a file (`feed` None) or a calendar, with the team and duty role it stands for.

    `teams` are the teams whose rota whoever imports may change; None for all of the centre's.
    """

    centre: Centre
    source: Shift.Source
    team: Team | None = None
    duty_role: DutyRole | None = None
    feed: CalendarFeed | None = None
    teams: Collection[int] | None = None


def hash_of(words: Iterable[str]) -> str:
    """Return a short digest of some words, whatever their order."""
    return hashlib.sha256("\n".join(sorted(words)).encode()).hexdigest()[:16]


def clash_words(clash: Clash) -> str:
    """Return what is wrong with an entry that books somebody twice."""
    return shifts.clash_words(clash.asked.duty.user, clash.other, clash.asked.duty.duty_role.centre_id)


def plan(*, origin: Origin, entries: Sequence[Entry], findings: Sequence[Finding], at: datetime) -> Plan:
    """Return what an import would change, and everything that is wrong with it, all at once. Changes nothing."""
    found = Plan(findings=list(findings))
    known = rota_sources.known(origin.centre, at)
    asked = [each for entry in entries if (each := _resolve(entry, origin, known, found, at)) is not None]
    earlier = rota_sources.earlier(origin.centre, origin.source, origin.feed, [each.entry for each in asked])
    named: set[tuple[int, int, str]] = set()
    for each in asked:
        key = (each.duty.team.pk, each.duty.duty_role.pk, each.entry.reference or _same(each.duty))
        if key in named:
            found.findings.append(Finding(each.entry.place, "This shift is there twice. Remove one of them."))
            continue
        named.add(key)
        _sort(each, earlier.of(each.entry.reference, each.duty.team, each.duty.duty_role, each.duty), found, at)
    if origin.feed is not None:
        references = {entry.reference for entry in entries}
        wrong = bool(findings)
        # While parts of a calendar cannot be read, what is missing from it may be in those parts.
        gone = [] if wrong else rota_sources.ahead_of_feed(origin.feed, at)
        found.cancel = [shift for shift in gone if shift.external_id not in references]
    _find_clashes(found)
    return found


def _resolve(entry: Entry, origin: Origin, known: Known, found: Plan, at: datetime) -> Asked | None:
    team = origin.team or known.team(entry.team)
    role = origin.duty_role or known.duty_role(entry.duty_role)
    said = []
    if team is None:
        said.append(f"No team of the centre is called '{entry.team[:60]}'. Use a name from the directory.")
    elif origin.teams is not None and team.pk not in origin.teams:
        said.append(f"You may not change the rota of {team.name}. Ask the centre manager.")
    if role is None:
        said.append(f"The centre has no duty role '{entry.duty_role[:60]}'. Use the code of one on the rota.")
    if entry.ends_at <= entry.starts_at:
        said.append("The shift must end after it starts.")
    elif entry.ends_at - entry.starts_at > LONGEST_SHIFT:
        said.append("The shift must be 24 hours or shorter. Enter it as two.")
    user = None if team is None else known.person(entry.person, team)
    if team is not None and user is None:
        said.append(f"Nobody in {team.name} is called '{entry.person[:80]}'. Use the address they sign in with.")
    if user is not None and team is not None and not said and not known.works_in(user, team, entry):
        said.append(f"{user.name} does not work in {team.name} for all of that time. Change who or when.")
    found.findings.extend(Finding(entry.place, each) for each in said)
    if said or team is None or role is None or user is None:
        return None
    return Asked(entry, Duty(team, user, role, entry.starts_at, entry.ends_at))


def _sort(each: Asked, before: Shift | None, found: Plan, at: datetime) -> None:
    """Say what an entry means, given the last shift that the same entry made before."""
    over = [Finding(each.entry.place, "That time is over. Remove the row.")] if each.entry.ends_at <= at else []
    if before is None:
        found.findings.extend(over)
        found.add.extend([each] if not over else [])
        return
    same = _same(each.duty) == _same(shifts.duty_of(before))
    if before.cancelled_at is None and same:
        found.unchanged += 1
    elif before.cancelled_at is None and before.ends_at > at and not over:
        found.change.append(Asked(each.entry, each.duty, before))
    elif before.cancelled_at is None:
        found.findings.append(Finding(each.entry.place, "The shift is over and is kept as it was. Remove the row."))
    elif before.cancelled_how == Shift.Ending.GONE:
        found.add.append(each)
    elif same:
        found.kept.append(each)
    else:
        said = (
            "This shift was covered, swapped or cancelled here and differs in the file by now. Change it on the rota."
        )
        found.findings.append(Finding(each.entry.place, said))


def _same(duty: Duty) -> str:
    return f"{duty.user.pk}:{duty.starts_at.timestamp()}:{duty.ends_at.timestamp()}"


def _find_clashes(found: Plan) -> None:
    """Move what would put somebody on twice to the clashes, and what is over to nowhere."""
    wanted = [*found.add, *found.change]
    leaving = {each.replaces.pk for each in found.change if each.replaces} | {shift.pk for shift in found.cancel}
    on: dict[int, list[Shift]] = {}
    for shift in rota_sources.live_of({each.duty.user.pk for each in wanted}, [each.entry for each in wanted]):
        if shift.pk not in leaving:
            on.setdefault(shift.user_id, []).append(shift)
    taken: dict[int, list[Asked]] = {}
    refused: set[int] = set()
    for each in wanted:
        user = each.duty.user.pk
        other = next((shift for shift in on.get(user, []) if _overlap(each.duty, shifts.duty_of(shift))), None)
        twin = next((one for one in taken.get(user, []) if _overlap(each.duty, one.duty)), None)
        if other is not None:
            found.clashes.append(Clash(each, other))
        elif twin is not None:
            said = f"{each.duty.user.name} is on another shift of this file then ({twin.entry.place}). Change one."
            found.findings.append(Finding(each.entry.place, said))
        else:
            taken.setdefault(user, []).append(each)
            continue
        refused.add(id(each))
    found.add = [each for each in found.add if id(each) not in refused]
    found.change = [each for each in found.change if id(each) not in refused]


def _overlap(one: Duty, other: Duty) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


@transaction.atomic
def carry_out(*, origin: Origin, made: Plan, by: Actor, at: datetime) -> None:
    """Make a plan so, in one transaction. A file with faults changes nothing; a calendar's good entries are taken.

    Raises ValidationError where a file has faults, or where the rota changed since the plan was made.
    """
    if origin.feed is None and made.refused:
        raise ValidationError("Nothing was imported. Correct the file and choose it again.")
    why = "Changed in the file" if origin.feed is None else "Changed in the calendar"
    for shift, reason in [
        *((shift, "No longer in the calendar") for shift in made.cancel),
        *((each.replaces, why) for each in made.change if each.replaces is not None),
    ]:
        current = shifts.lock_live(shift, at)
        shifts.end(current, Shift.Ending.GONE, at, why=reason)
        shifts.record(current, "shift.cancelled", by, at, why=reason)
    rows = [_row(each, origin, at) for each in (*made.change, *made.add)]
    try:
        with transaction.atomic():
            Shift.objects.bulk_create(rows, batch_size=500)
    except IntegrityError as error:
        raise ValidationError("The rota was changed just now. Look at the preview again.") from error
    for row in rows:
        shifts.record(row, "shift.imported", by, at, source=row.source)
    audit.record(
        by=by,
        at=at,
        verb="rota.imported",
        subject="centre",
        subject_id=origin.centre.pk,
        details={
            "source": str(origin.source),
            "feed": None if origin.feed is None else origin.feed.pk,
            "added": len(made.add),
            "changed": len(made.change),
            "cancelled": len(made.cancel),
            "unchanged": made.unchanged,
            "refused": len(made.refused),
        },
        centre=origin.centre.slug,
    )


def _row(each: Asked, origin: Origin, at: datetime) -> Shift:
    return Shift(
        team=each.duty.team,
        user=each.duty.user,
        duty_role=each.duty.duty_role,
        starts_at=each.duty.starts_at,
        ends_at=each.duty.ends_at,
        came_on_at=at if at > each.duty.starts_at else None,
        operational_date=hours.operational_date(each.duty.starts_at, origin.centre.day_starts),
        source=origin.source,
        feed=origin.feed,
        external_id=each.entry.reference,
        covers=each.replaces,
        created_at=at,
    )


@transaction.atomic
def take_file(*, centre: Centre, body: bytes, by: Actor, at: datetime) -> Plan:
    """Import a CSV rota without anybody looking at it first; return what was done.

    Raises UnreadableRotaError for what is no rota, and ValidationError where anything in it is wrong.
    """
    entries, findings = read_rota(body)
    origin = Origin(centre, Shift.Source.CSV)
    made = plan(origin=origin, entries=entries, findings=findings, at=at)
    carry_out(origin=origin, made=made, by=by, at=at)
    return made
