"""Proof that the audit trail is what was written: every hash, code and link of the chain, computed again.

Nothing is taken from what PostgreSQL computed when the rows were written. What is read is bounded: one seal and a few
thousand events at a time.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from django.db import connection

from nhc import seals
from nhc.models import AuditSeal
from nhc.seals import Head

PATIENCE = timedelta(minutes=1)
"""How long an event may wait for its seal."""

_CHUNK = 5_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = """id, at, recorded_at, transaction_id, actor_kind, user_id, key_prefix, system_name, verb, subject,
       subject_id, centre, organisation, request_id, details::text"""
_EVENTS = f"""
SELECT row_hash, {_COLUMNS} FROM nhc_auditevent
 WHERE id > %s AND id <= %s ORDER BY id LIMIT {_CHUNK}
"""
_STRAY = "SELECT id FROM nhc_auditevent WHERE id < %s ORDER BY id"
_WAITING = """
SELECT count(*), min(id), min(recorded_at) FROM nhc_auditevent
 WHERE id > (SELECT coalesce(max(last_id), 0) FROM nhc_auditseal) AND recorded_at < %s
"""
_FURTHEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written: a sentence, and where one event is meant, its identifier."""

    sentence: str
    event_id: int | None = None

    def __str__(self) -> str:
        return self.sentence


@dataclass(slots=True)
class Extent:
    """How much has been verified so far, and where the chain ends."""

    events: int = 0
    seals: int = 0
    head: Head | None = None


type Progress = Callable[[Extent], None]


def row_hash(columns: Sequence[object]) -> bytes:
    """Return the SHA-256 digest of an event: its columns in the order of the table, each preceded by its length.

    Instants count as microseconds since 1970, an absent user as nothing, details as PostgreSQL's text of them.
    """
    digest = hashlib.sha256(b"17:nhc-audit-event-1,")
    for value in columns:
        if isinstance(value, datetime):
            value = (value - _EPOCH) // timedelta(microseconds=1)
        text = b"" if value is None else str(value).encode()
        digest.update(b"%d:%b," % (len(text), text))
    return digest.digest()


def verify(
    *,
    at: datetime,
    since: datetime | None = None,
    heads: Sequence[Head] = (),
    extent: Extent | None = None,
    progress: Progress = lambda _: None,
) -> Iterator[Finding]:
    """Yield what is wrong with the trail, oldest first; nothing where it is whole.

    With `since`, seals made before it are taken as they are. `heads` are seals as the log names them. `extent` is
    filled in as the work goes on, and shown to `progress` after every seal.
    """
    extent = extent or Extent()
    known = seals.keys()
    previous = _last_before(since)
    if since is None:
        yield from _before_the_first()
    for seal in _seals(previous.number if previous else 0):
        yield from _chain(previous, seal, known)
        yield from _events_of(seal, extent)
        extent.seals += 1
        extent.head = Head.of(seal)
        progress(extent)
        previous = seal
    yield from _unsealed(previous.last_id if previous else 0, extent)
    yield from _waiting(at)
    for head in heads:
        yield from _named(head)


def _last_before(since: datetime | None) -> AuditSeal | None:
    if since is None:
        return None
    return AuditSeal.objects.filter(sealed_at__lt=since).order_by("-number").first()


def _seals(after: int) -> Iterator[AuditSeal]:
    while (seal := AuditSeal.objects.filter(number__gt=after).order_by("number").first()) is not None:
        after = seal.number
        yield seal


def _chain(previous: AuditSeal | None, seal: AuditSeal, known: dict[str, bytes]) -> Iterator[Finding]:
    """Compare a seal with the one before and with its own code."""
    number = 0 if previous is None else previous.number
    first_id = 1 if previous is None else previous.last_id + 1
    if seal.number != number + 1:
        lost = f"Seal {number + 1} is" if seal.number == number + 2 else f"Seals {number + 1} to {seal.number - 1} are"
        yield Finding(f"{lost} missing. Events {first_id} to {seal.first_id - 1} are under no seal.")
    elif seal.first_id != first_id:
        yield Finding(f"Seal {seal.number} begins at event {seal.first_id} and not at {first_id}.")
    elif bytes(seal.previous) != (b"" if previous is None else bytes(previous.mac)):
        yield Finding(f"Seal {seal.number} does not follow from the seal before it: one of the two was changed.")
    key = known.get(seal.key_id)
    if key is None:
        yield Finding(
            f"Seal {seal.number} was made with the key {seal.key_id}, which is not known here. "
            "Add it to NHC_AUDIT_FORMER_KEYS, or the seal proves nothing."
        )
    elif not hmac.compare_digest(seals.code(seal, key), bytes(seal.mac)):
        yield Finding(f"Seal {seal.number} was changed: its code does not fit what it says.")


def _events_of(seal: AuditSeal, extent: Extent) -> Iterator[Finding]:
    """Compare a seal with the events there are in its range."""
    hashes = bytes(seal.row_hashes)
    sealed = {event_id: hashes[place * 32 : place * 32 + 32] for place, event_id in enumerate(seal.event_ids)}
    for kept, columns in _events(seal.first_id - 1, seal.last_id):
        event_id = cast("int", columns[0])
        extent.events += 1
        expected = sealed.pop(event_id, None)
        if expected is None:
            yield Finding(f"Event {event_id} was added after seal {seal.number} had closed its place.", event_id)
        elif not expected == kept == row_hash(columns):
            yield Finding(f"Event {event_id} was changed: it is not what seal {seal.number} holds.", event_id)
    for event_id in sealed:
        yield Finding(f"Event {event_id} is missing: seal {seal.number} holds it.", event_id)


def _events(after: int, until: int) -> Iterator[tuple[bytes, tuple[object, ...]]]:
    """Yield the hash kept beside each event, and its columns."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_EVENTS, [after, until])
            rows: list[tuple[object, ...]] = cursor.fetchall()
        for kept, *columns in rows:
            yield bytes(cast("bytes", kept)), tuple(columns)
        if len(rows) < _CHUNK:
            return
        after = cast("int", rows[-1][1])


def _before_the_first() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_STRAY, [1])
        for (event_id,) in cursor.fetchall():
            yield Finding(f"Event {event_id} was added outside the trail, which begins at 1.", event_id)


def _unsealed(after: int, extent: Extent) -> Iterator[Finding]:
    for kept, columns in _events(after, _FURTHEST):
        extent.events += 1
        if kept != row_hash(columns):
            event_id = cast("int", columns[0])
            yield Finding(f"Event {event_id} was changed before it was sealed.", event_id)


def _waiting(at: datetime) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [at - PATIENCE])
        count, event_id, oldest = cursor.fetchone()
    if count:
        how_many = "1 event has" if count == 1 else f"{count:,} events have"
        yield Finding(
            f"{how_many} waited for a seal for over a minute, from event {event_id} of "
            f"{oldest:%d %B %Y, %H:%M:%S} UTC. "
            "See that worker and beat run, and that no transaction stays open.",
        )


def _named(head: Head) -> Iterator[Finding]:
    seal = AuditSeal.objects.filter(number=head.number).first()
    if seal is None:
        yield Finding(f"Seal {head.number}, which the log names, is missing, with every seal after it.")
    elif bytes(seal.mac).hex() != head.mac:
        yield Finding(f"Seal {head.number} is not the one that the log names: it was removed and made again.")
