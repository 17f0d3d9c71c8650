"""The product's own processes for tests: a web server and a worker over a database that commits."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from nhc.embedded.processes import free_port, wait_for
from tests.conftest import Database

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 60
"""Seconds for a process to be ready."""


@dataclass
class Served:
    """A web server, and a client that keeps a connection to it."""

    process: psutil.Popen
    client: httpx.Client
    port: int

    def memory(self) -> int:
        """Return the bytes that the server holds; pages it shares with others count for their share."""
        return int(self.process.memory_full_info().pss)


def environment(database: Database, **more: str) -> dict[str, str]:
    """Return the variables of every process: the test's database, and a Redis database that no other test uses."""
    return os.environ | {
        "DATABASE_URL": database.application_url,
        "DATABASE_OWNER_URL": database.owner_url,
        "REDIS_URL": os.environ["REDIS_URL"].rpartition("/")[0] + "/7",
        "NHC_DEBUG": "0",
        "NHC_DEMO": "1",  # without second factors, unless a test asks for them
        "NHC_LOG_LEVEL": "WARNING",
        "NHC_THROTTLE_PER_MINUTE": "1000000",
        "NHC_THROTTLE_BURST": "1000000",
        **more,
    }


@contextlib.contextmanager
def web(database: Database, *, port: int = 0, **more: str) -> Iterator[Served]:
    """Serve the product until the end, on a port that is free unless one is named; `more` are further variables."""
    port = port or free_port()
    command = ["uvicorn", "nhc.asgi:application", "--port", str(port), "--lifespan", "off", "--log-level", "warning"]
    with (
        _running([*command, "--timeout-graceful-shutdown", "3"], environment(database, **more)) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        assert wait_for(lambda: _answers(client), seconds=START_LIMIT), "the web server did not start"
        yield Served(process, client, port)


@contextlib.contextmanager
def worker(database: Database, **more: str) -> Iterator[psutil.Popen]:
    """Run a Celery worker until the end."""
    command = ["celery", "-A", "nhc", "worker", "--concurrency", "1", "--without-gossip", "--without-mingle"]
    with _running([*command, "--loglevel", "WARNING"], environment(database, **more)) as process:
        yield process


@contextlib.contextmanager
def beat(database: Database, schedule: Path, **more: str) -> Iterator[psutil.Popen]:
    """Run a scheduler that nudges every half second until the end; it keeps its notes at `schedule`."""
    command = ["celery", "-A", "tests.faults.quick_beat", "beat", "--pidfile=", "--schedule", str(schedule)]
    with _running([*command, "--loglevel", "WARNING"], environment(database, **more)) as process:
        yield process


def _answers(client: httpx.Client) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return client.get("/healthz").status_code == httpx.codes.OK
    return False


@contextlib.contextmanager
def _running(module: list[str], variables: dict[str, str]) -> Iterator[psutil.Popen]:
    process = psutil.Popen([sys.executable, "-m", *module], cwd=ROOT, env=variables, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):  # a test may have killed it
            process.terminate()
        try:
            process.wait(15)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)
