"""The audit trail as auditors and privacy officers read it: what of it is theirs, newest first, a page at a time.

Which centres' and organisations' events a person may read is said by the apps above (`admit`). An event of a centre
belongs to that centre's readers; one of an organisation alone, to that organisation's. Nothing is counted and nothing
skipped: a page is read from an index that leads to it, however long the trail.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import OperationalError, connection, transaction

from nhc import audit
from nhc.actors import Actor

if TYPE_CHECKING:
    from nhc.models import User

LONGEST_READ = timedelta(seconds=5)
_CODE = re.compile(r"[A-Za-z0-9._-]*")
"""What codes and identifiers look like; addresses and full names do not."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

type Parameter = str | int | datetime


class TooSlow(Exception):
    """The filters leave too much to read; narrower dates help."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person may read: everything at some centres, and what some organisations did at no centre."""

    centres: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()

    def __or__(self, other: "Scope") -> "Scope":
        return Scope(self.centres | other.centres, self.organisations | other.organisations)

    def __bool__(self) -> bool:
        return bool(self.centres or self.organisations)


@dataclass(frozen=True, slots=True)
class Reader:
    """What an app above knows about readers: whether a person is one, cheaply, and of what."""

    may: Callable[["User", datetime], bool]
    scope: Callable[["User", datetime], Scope]


_readers: list[Reader] = []


def admit(reader: Reader) -> None:
    """Let an app above say who reads the trail, and what of it; called once from its AppConfig."""
    if reader not in _readers:
        _readers.append(reader)


def may_read(user: "User", at: datetime) -> bool:
    """Whether a person reads anything of the trail, for a page's frame."""
    return any(reader.may(user, at) for reader in _readers)


def scope_of(user: "User", at: datetime) -> Scope:
    """Return what of the trail a person may read at an instant; nothing where nobody says that they may."""
    scope = Scope()
    for reader in _readers:
        scope |= reader.scope(user, at)
    return scope


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the trail an event stands, newest first: when it happened, then its identifier."""

    at: datetime
    event_id: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.event_id}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """Read what `str()` wrote; None for anything else."""
        instant, _, event_id = text.partition("-")
        if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (instant, event_id)):
            return None
        try:
            return cls(_EPOCH + timedelta(microseconds=int(instant)), int(event_id))
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show of it. `who`: an e-mail address, the prefix of an API key or the name of a part of the system."""

    who: str = ""
    verb: str = ""
    subject: str = ""
    subject_id: str = ""
    centre: str = ""
    organisation: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def named(self) -> dict[str, audit.Detail]:
        """Return the filters that are set, as an audit event keeps them: of words that may be a person, only that some
        were given."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values |= {"who": "given"} if self.who else {}
        values |= {
            name: "given"
            for name in ("verb", "subject", "subject_id", "organisation")
            if not _CODE.fullmatch(getattr(self, name))
        }
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items() if value
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in words: `who` is a person's name, an API key or a part of the system."""

    place: Place
    who: str
    verb: str
    subject: str
    subject_id: str
    centre: str
    organisation: str
    details: dict[str, object]
    request_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first, and where the next page begins; None on the last."""

    entries: list[Entry]
    older: Place | None


_BRANCH = """(SELECT at, id FROM nhc_auditevent AS event WHERE {conditions} ORDER BY at DESC, id DESC LIMIT %s)"""
_PAGE = """
SELECT event.at, event.id,
       CASE event.actor_kind WHEN 'user' THEN person.name WHEN 'key' THEN 'API key nhc_' || event.key_prefix
                             ELSE event.system_name END,
       event.verb, event.subject, event.subject_id, event.centre, event.organisation, event.details::text,
       event.request_id
  FROM (SELECT at, id FROM ({branches}) AS found ORDER BY at DESC, id DESC LIMIT %s) AS found
  JOIN nhc_auditevent AS event USING (id)
  LEFT JOIN nhc_user AS person ON person.id = event.user_id
 ORDER BY event.at DESC, event.id DESC
"""


def page(scope: Scope, filters: Filters, *, before: Place | None = None, size: int = 50) -> Page:
    """Return a page of what a scope and filters leave, in one query. Raises TooSlow after five seconds."""
    branches: list[str] = []
    parameters: list[Parameter] = []
    for place, values in _places(scope, filters):
        conditions, given = _conditions(filters, before)
        branches.append(_BRANCH.format(conditions=" AND ".join([place, *conditions])))
        parameters += [*values, *given, size + 1]
    if not branches:
        return Page([], None)
    rows = _read(_PAGE.format(branches=" UNION ALL ".join(branches)), [*parameters, size + 1])
    entries = [_entry(row) for row in rows[:size]]
    return Page(entries, entries[-1].place if len(rows) > size else None)


def every(scope: Scope, filters: Filters, *, limit: int, size: int = 1_000) -> Iterator[Entry]:
    """Yield at most `limit` entries, newest first, reading a page at a time and holding nothing in between."""
    before: Place | None = None
    while limit > 0:
        found = page(scope, filters, before=before, size=min(size, limit))
        yield from found.entries
        limit -= len(found.entries)
        before = found.older
        if before is None:
            return


@transaction.atomic
def record_look(
    *, scope: Scope, filters: Filters, verb: str, subject: str = "audit", subject_id: str = "", by: Actor, at: datetime
) -> None:
    """Record that somebody looked at the trail: an act like any other, at each centre whose events it may show.

    Where only an organisation's are shown, one event for each of those.
    """
    narrowed = narrow(scope, filters)
    for centre in sorted(narrowed.centres):
        audit.record(
            by=by, at=at, verb=verb, subject=subject, subject_id=subject_id, details=filters.named(), centre=centre
        )
    for organisation in [] if narrowed.centres else sorted(narrowed.organisations):
        audit.record(
            by=by,
            at=at,
            verb=verb,
            subject=subject,
            subject_id=subject_id,
            details=filters.named(),
            organisation=organisation,
        )


def narrow(scope: Scope, filters: Filters) -> Scope:
    """Return the part of a scope that a centre's filter leaves."""
    if not filters.centre:
        return scope
    return replace(scope, centres=scope.centres & {filters.centre}, organisations=frozenset())


def _places(scope: Scope, filters: Filters) -> Iterator[tuple[str, list[Parameter]]]:
    """Yield one condition for each part of the scope, each answered by an index of its own."""
    narrowed = narrow(scope, filters)
    for centre in sorted(narrowed.centres):
        yield "event.centre = %s", [centre]
    for organisation in sorted(narrowed.organisations):
        yield "event.organisation = %s AND event.centre = ''", [organisation]


def _conditions(filters: Filters, before: Place | None) -> tuple[list[str], list[Parameter]]:
    conditions: list[str] = []
    parameters: list[Parameter] = []

    def add(condition: str, *values: Parameter) -> None:
        conditions.append(condition)
        parameters.extend(values)

    if "@" in filters.who:
        add("event.user_id = (SELECT id FROM nhc_user WHERE email = lower(%s))", filters.who)
    elif filters.who:
        prefix = filters.who.removeprefix("nhc_")
        add("(event.key_prefix = %s OR event.system_name = %s)", prefix, filters.who)
    for column in ("verb", "subject", "subject_id", "organisation"):
        if value := getattr(filters, column):
            add(f"event.{column} = %s", value)
    if filters.since is not None:
        add("event.at >= %s", filters.since)
    if filters.until is not None:
        add("event.at < %s", filters.until)
    if before is not None:
        add("(event.at, event.id) < (%s, %s)", before.at, before.event_id)
    return conditions, parameters


def _read(statement: str, parameters: list[Parameter]) -> list[tuple[object, ...]]:
    milliseconds = LONGEST_READ // timedelta(milliseconds=1)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {milliseconds}")
            cursor.execute(statement, parameters)
            rows: list[tuple[object, ...]] = cursor.fetchall()
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
            return rows
    except OperationalError as error:
        if "statement timeout" in str(error):
            raise TooSlow from error
        raise


def _entry(row: tuple[object, ...]) -> Entry:
    at, event_id, who, verb, subject, subject_id, centre, organisation, details, request_id = row
    if not isinstance(at, datetime) or not isinstance(event_id, int):
        raise TypeError(row)
    return Entry(
        place=Place(at, event_id),
        who=str(who),
        verb=str(verb),
        subject=str(subject),
        subject_id=str(subject_id),
        centre=str(centre),
        organisation=str(organisation),
        details=msgspec.json.decode(str(details), type=dict[str, object]),
        request_id=str(request_id),
    )
