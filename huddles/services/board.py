"""The board's version: raised by every change of what a board shows, as the last act of its transaction."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from nhc import audit, live
from nhc.actors import Actor
from nhc.audit import Detail
from nhc.live import Topic

if TYPE_CHECKING:
    from partners.models import Centre

KIND = "board"
"""What live updates call a board; its key is the centre's."""

_LOCK = 73030
_RAISE = """
INSERT INTO huddles_boardversion AS board (centre_id, number, changed_at) VALUES (%s, 1, %s)
ON CONFLICT (centre_id) DO UPDATE SET number = board.number + 1,
  changed_at = greatest(board.changed_at, excluded.changed_at)
RETURNING number
"""


def hold(form_key: UUID) -> None:
    """Wait until no other transaction takes the same form in: of two that come at once, the second finds the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(form_key)])


def in_turn(centre_id: int) -> None:
    """Wait for other transactions that count something of a centre: its thresholds, or the huddles of a day.

    The first act of a transaction: who holds rows for which others wait must not wait here.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, centre_id])


def changed(centre_id: int, *, at: datetime) -> int:
    """Raise a board's version and signal it after the commit; return the version.

    The last act of a transaction: it holds the one row for which every other change of the same board waits. Raises
    RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A board changes in the transaction of what changes it. Wrap both in atomic().")
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [centre_id, at])
        number: int = cursor.fetchone()[0]
    live.announce(Topic(KIND, centre_id), number)
    return number


def record(
    verb: str,
    subject: str,
    subject_id: object,
    centre: "Centre",
    *,
    by: Actor,
    at: datetime,
    organisation: str = "",
    **details: Detail,
) -> None:
    """Record an act on a board and raise the board's version: `details` are codes and numbers, never what is written.

    The last act of a transaction, as `changed`.
    """
    note(verb, subject, subject_id, centre, by=by, at=at, organisation=organisation, **details)
    changed(centre.pk, at=at)


def note(
    verb: str,
    subject: str,
    subject_id: object,
    centre: "Centre",
    *,
    by: Actor,
    at: datetime,
    organisation: str = "",
    **details: Detail,
) -> None:
    """Record an act on a board in a transaction that does more and raises the version at its end."""
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject=subject,
        subject_id=subject_id,
        details=details,
        centre=centre.slug,
        organisation=organisation,
    )
