"""Is the process answering, and are its parts in order?"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from nhc import clock
from nhc.models import Heartbeat

SILENCE = timedelta(minutes=2)
"""Beat asks a worker for a sign of life every 20 seconds; a part that gave none for so long is silent."""
SKEW_LIMIT = timedelta(seconds=2)
NIGHT_SILENCE = timedelta(hours=27)
SHEETS_AGE = timedelta(hours=2, minutes=5)
"""Sheets for when the service is down are written every hour; older ones would mislead whoever works with them."""


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """503 only where the database is unreachable or unmigrated; otherwise 200 and the state of each part."""
    at = clock.now()
    try:
        if _unmigrated():
            return JsonResponse({"status": "unavailable", "parts": {"database": "unmigrated"}}, status=503)
        parts = {
            "database": "ok",
            "clock": _clock_skew(at),
            **_signs_of_life(at),
            "night_run": _night_run(at),
        }
    except (DatabaseError, InterfaceError):
        return JsonResponse({"status": "unavailable", "parts": {"database": "unreachable"}}, status=503)
    parts["redis"] = _redis()
    status = "ok" if all(state == "ok" for state in parts.values()) else "degraded"
    return JsonResponse({"status": status, "parts": parts})


def _unmigrated() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _clock_skew(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        skew = abs(cursor.fetchone()[0] - at)
    return "ok" if skew <= SKEW_LIMIT else f"{skew.total_seconds():.0f} seconds from the database's clock"


def _signs_of_life(at: datetime) -> dict[str, str]:
    """Say when beat last asked and a worker last answered: while nobody asks, nothing is known of workers."""
    seen = dict(Heartbeat.objects.values_list("part", "seen_at"))
    beat, worker = (_silence(seen.get(part), at, SILENCE) for part in ("beat", "worker"))
    sheets = _silence(seen.get("downtime_sheets"), at, SHEETS_AGE)
    if worker != "ok" and beat != "ok":
        worker = "not asked: beat is silent"
    return {"beat": beat, "worker": worker, "downtime_sheets": sheets}


def _silence(seen: datetime | None, at: datetime, longest: timedelta) -> str:
    if seen is None:
        return "not seen yet"
    return "ok" if at - seen <= longest else f"not seen since {seen.isoformat(timespec='seconds')}"


def _night_run(at: datetime) -> str:
    """Read the ledger of the dashboard by its table: the platform stands below the app that writes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(finished_at) FILTER (WHERE state = 'succeeded'), coalesce(sum(differences) FILTER "
            "(WHERE business_date = (SELECT max(business_date) FROM dashboard_rolluprun WHERE kind = 'night')), 0) "
            "FROM dashboard_rolluprun WHERE kind = 'night'"
        )
        finished, differences = cursor.fetchone()
    if finished is None:
        return "none has finished yet"
    if differences:
        return f"the check found {differences} differences"
    return "ok" if at - finished <= NIGHT_SILENCE else f"last finished {finished.isoformat(timespec='seconds')}"


def _redis() -> str:
    # Connecting and asking may each take half of the time there is, and are tried once.
    client = Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=settings.REDIS_TIMEOUT / 2,
        socket_connect_timeout=settings.REDIS_TIMEOUT / 2,
        retry=Retry(NoBackoff(), 0),
        driver_info=None,
    )
    try:
        client.ping()
    except (RedisError, OSError):
        return "unreachable"
    finally:
        client.close()
    return "ok"
