"""`make run`: the whole product on one machine, for as long as the command runs."""

import http.client
import os
import signal
import sys
import time
from types import FrameType
from typing import override

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from nhc import embedded, environment
from nhc.embedded.processes import free_port, port_is_free, wait_for
from nhc.supervision import Supervisor

CELERY = (sys.executable, "-m", "celery", "-A", "nhc")
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
START_LIMIT = 90
"""Seconds for the web process to answer for the first time."""


class Command(BaseCommand):
    """Prepare the database, load the demonstration, run web, worker and beat until Ctrl-C."""

    help = "Runs the product with its demonstration on this machine, at the port PORT names (8000)."
    requires_system_checks = ()

    @override
    def handle(self, *_args: object, **_options: object) -> None:
        """Serve until SIGINT, SIGTERM or SIGHUP; then stop everything that was started."""
        # SIGINT too: a shell that starts a command in the background lets it be ignored.
        for number in ENDS:
            signal.signal(number, _interrupt)
        port = environment.whole_number("PORT", 8000, least=1)
        if port > 65535 or not port_is_free(port):
            raise CommandError(f"Port {port} cannot be used. Choose another, for example: PORT={free_port()} make run")
        lease = embedded.ensure(settings.NHC_HOME)
        supervisor = Supervisor(
            folder=settings.BASE_DIR,
            logs=settings.NHC_HOME / "logs",
            environment=_environment(),
            inherited=[lease.fileno()] if lease.embedded else [],
            say=self._say,
        )
        try:
            self._prepare()
            self._start(supervisor, port)
            self._say("Ctrl-C stops it all.")
            while True:
                supervisor.look()
                time.sleep(0.5)
        except KeyboardInterrupt:
            _ignore_ends()
            self._say("\nStopping.")
        finally:
            _ignore_ends()
            supervisor.stop()
            lease.release()

    def _prepare(self) -> None:
        self._say("Preparing the database.")
        call_command("migrate", verbosity=0, stdout=self.stdout)
        if settings.NHC_DEMO:
            call_command("demo", stdout=self.stdout)
        connections["owner"].close()
        connections["default"].close()
        connections["default"].close_pool()  # type: ignore[attr-defined]  # the PostgreSQL backend has it

    def _start(self, supervisor: Supervisor, port: int) -> None:
        address = ("--host", "127.0.0.1", "--port", str(port))
        web = (sys.executable, "-m", "uvicorn", "nhc.asgi:application", *address)
        supervisor.start("web", (*web, "--lifespan", "off", "--timeout-graceful-shutdown", "3", "--no-access-log"))
        wait_for(lambda: _answers(port) or not supervisor.is_running("web"), seconds=START_LIMIT)
        if not _answers(port):
            tail = embedded.last_lines(supervisor.log("web"))
            raise CommandError(f"The web process did not start. The end of {supervisor.log('web')}:\n{tail}")
        # Only now: while they load they would keep the first page waiting.
        supervisor.start("worker", (*CELERY, "worker", "--concurrency", "2", "--without-gossip", "--without-mingle"))
        supervisor.start("beat", (*CELERY, "beat", "--pidfile="))
        self._say(f"\nOpen http://127.0.0.1:{port}/ in a browser.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _environment() -> dict[str, str]:
    """Return what the parts see: the owner of the tables is for migrations alone."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"}
    return kept | {"NHC_HOME": str(settings.NHC_HOME), "PYTHONUNBUFFERED": "1"}


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _ignore_ends() -> None:
    """Let whoever asks twice, or asks the whole process group, leave nothing half stopped."""
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
