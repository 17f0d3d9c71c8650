"""Seals over the audit trail: what is settled is signed, chained and never read again by those who write.

A writer only inserts: its row carries its own hash and waits for nobody. A transaction gets its number before its
events get theirs (`nhc_audit_number_transaction`), so once every transaction that had a number when the sealer looked
at the last identifier given out has ended, no event up to that identifier can still appear. That identifier is the
horizon. It is noted in one run and reached in the same or a later one, and a seal then takes every event up to it.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from nhc.models import AuditHorizon, AuditSeal

EVENTS_PER_SEAL = 10_000
SEALS_PER_RUN = 100
_LOCK = 73010
_log = structlog.get_logger(__name__)

_SETTLED = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= %s"
# No transaction of this server has that number yet: the note came with a backup of another one, where everything
# up to its identifier ended long ago.
_FROM_ANOTHER_SERVER = "SELECT %s > pg_current_xact_id()::text::bigint"
_LAST_IDENTIFIER = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM nhc_auditevent_id_seq"
_EVENTS = "SELECT id, row_hash FROM nhc_auditevent WHERE id > %s AND id <= %s ORDER BY id LIMIT %s"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal in a few words, as the log keeps it: whoever has it can tell whether a later seal is gone."""

    number: int
    mac: str

    def __str__(self) -> str:
        return f"{self.number}:{self.mac}"

    @classmethod
    def of(cls, seal: AuditSeal) -> "Head":
        """Return the head of a chain that ends with this seal."""
        return cls(seal.number, bytes(seal.mac).hex())

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read what `str()` wrote. Raises ValueError."""
        number, separator, mac = text.strip().partition(":")
        if not separator or not number.isascii() or not number.isdigit() or len(bytes.fromhex(mac)) != 32:
            raise ValueError(text)
        return cls(int(number), mac.lower())


def key_id(key: bytes) -> str:
    """Return the public name of a key: which one made a seal, without a word about the key."""
    return hmac.digest(key, b"nhc-audit-key-1", "sha256").hex()[:16]


def keys() -> dict[str, bytes]:
    """Return every key that seals may have been made with, by its public name; the one in use comes first."""
    return {key_id(key): key for key in (settings.AUDIT_KEY, *settings.AUDIT_FORMER_KEYS)}


def message(seal: AuditSeal) -> bytes:
    """Lay out what a seal's code covers: every column but the code itself, each preceded by its length."""
    parts: Iterable[bytes] = (
        b"nhc-audit-seal-1",
        str(seal.number).encode(),
        str(seal.first_id).encode(),
        str(seal.last_id).encode(),
        ",".join(map(str, seal.event_ids)).encode(),
        bytes(seal.row_hashes),
        bytes(seal.previous),
        seal.key_id.encode(),
        seal.sealed_at.isoformat(timespec="microseconds").encode(),
    )
    return b"".join(b"%d:%b," % (len(part), part) for part in parts)


def code(seal: AuditSeal, key: bytes) -> bytes:
    """Return HMAC-SHA256 over the seal's message."""
    return hmac.digest(key, message(seal), hashlib.sha256)


def seal_settled(*, at: datetime, limit: int = EVENTS_PER_SEAL, seals: int = SEALS_PER_RUN) -> list[Head]:
    """Seal what no running transaction can still add to, at most `limit` events a seal and `seals` of them.

    Returns the heads, oldest first. Two at once do no harm: the second finds the lock taken and leaves.
    """
    made: list[Head] = []
    _note_horizon()
    while len(made) < seals and (head := _seal_next(at=at, limit=limit)) is not None:
        _log.info("audit.sealed", head=str(head))
        made.append(head)
    return made


@transaction.atomic
def _note_horizon() -> None:
    """Note the last identifier given out, then a transaction number that is higher than that of all its writers."""
    with connection.cursor() as cursor:
        if not _alone(cursor) or AuditHorizon.objects.exists():
            return
        last_id = _number(cursor, _LAST_IDENTIFIER)
        if last_id > sealed_to():
            # Only now does this transaction take its own number: after the identifier was read.
            number = _number(cursor, "SELECT pg_current_xact_id()::text::bigint")
            AuditHorizon.objects.create(last_id=last_id, transaction_id=number)


@transaction.atomic
def _seal_next(*, at: datetime, limit: int) -> Head | None:
    """Seal one stretch up to the horizon; None where there is none, it is not reached, or another sealer is at work."""
    with connection.cursor() as cursor:
        if not _alone(cursor):
            return None
        horizon = AuditHorizon.objects.first()
        if horizon is None or not _reached(cursor, horizon):
            return None
        previous = AuditSeal.objects.order_by("-number").first()
        first_id = 1 if previous is None else previous.last_id + 1
        cursor.execute(_EVENTS, [first_id - 1, horizon.last_id, limit])
        events: list[tuple[int, bytes]] = cursor.fetchall()
        full = len(events) == limit
        last_id = events[-1][0] if full else horizon.last_id
        if last_id >= horizon.last_id:
            horizon.delete()
        if not events:
            return None
        return Head.of(_make(previous, first_id, last_id, events, at))


def _make(
    previous: AuditSeal | None, first_id: int, last_id: int, events: list[tuple[int, bytes]], at: datetime
) -> AuditSeal:
    seal = AuditSeal(
        number=1 if previous is None else previous.number + 1,
        first_id=first_id,
        last_id=last_id,
        event_ids=[event_id for event_id, _ in events],
        row_hashes=b"".join(bytes(row_hash) for _, row_hash in events),
        previous=b"" if previous is None else bytes(previous.mac),
        key_id=key_id(settings.AUDIT_KEY),
        sealed_at=at,
    )
    seal.mac = code(seal, settings.AUDIT_KEY)
    seal.save(force_insert=True)
    return seal


def _reached(cursor: CursorWrapper, horizon: AuditHorizon) -> bool:
    cursor.execute(_SETTLED, [horizon.transaction_id])
    (settled,) = cursor.fetchone()
    if settled:
        return True
    cursor.execute(_FROM_ANOTHER_SERVER, [horizon.transaction_id])
    (foreign,) = cursor.fetchone()
    return bool(foreign)


def _alone(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
    (taken,) = cursor.fetchone()
    return bool(taken)


def sealed_to() -> int:
    """Return the last event under a seal; 0 where there is none."""
    newest = AuditSeal.objects.order_by("-number").values_list("last_id", flat=True).first()
    return newest or 0


def _number(cursor: CursorWrapper, statement: str) -> int:
    cursor.execute(statement)
    (value,) = cursor.fetchone()
    return int(value)
