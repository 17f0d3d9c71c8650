"""Two who act at once: on two connections, the second while what the first did is not committed yet."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

from nhc.embedded import processes

_KEPT_WAITING = (
    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
)


def meanwhile[First, Second](first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Do `first` in a transaction that commits once `second` waits for it, or is done; return what both did.

    Raises what they raise. Needs a database in which commits are real.
    """
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        one = first()
        other = pool.submit(_apart, second)
        processes.wait_for(lambda: other.done() or _kept_waiting(), seconds=20)
    return one, other.result()


def _apart[Done](act: Callable[[], Done]) -> Done:
    try:
        return act()
    finally:
        connection.close()


def _kept_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_KEPT_WAITING)
        return bool(cursor.fetchone()[0])
