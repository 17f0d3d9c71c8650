"""A database of its own and real servers, for as long as a benchmark runs."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import psycopg
from psycopg import sql

from nhc.embedded.processes import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE = "nhc_bench"


def _with_database(url: str, name: str) -> str:
    return url.rpartition("/")[0] + f"/{name}"


@dataclass
class Served:
    """A server process and a client that keeps one connection to it."""

    process: psutil.Popen
    client: httpx.Client

    def cpu_seconds(self) -> float:
        """Return the processor time used so far by the server and its children."""
        whole = [self.process, *self.process.children(recursive=True)]
        return sum(sum(part.cpu_times()[:2]) for part in whole)

    def memory(self) -> int:
        """Return the bytes that the server and its children hold, pages they share counted once between them."""
        whole = [self.process, *self.process.children(recursive=True)]
        return sum(part.memory_full_info().pss for part in whole)


@dataclass
class Arena:
    """Where benchmarks run. Servers start when first asked for."""

    owner_url: str
    application_url: str
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _served: dict[str, Served] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return the variables of every process here."""
        return os.environ | {
            "DATABASE_URL": self.application_url,
            "DATABASE_OWNER_URL": self.owner_url,
            "NHC_DEBUG": "0",
            "NHC_LOG_LEVEL": "ERROR",
            "NHC_THROTTLE_PER_MINUTE": "1000000",
            "NHC_THROTTLE_BURST": "1000000",
            "PYTHONPATH": str(ROOT),
        }

    def owner(self) -> psycopg.Connection[tuple[object, ...]]:
        """Open a connection as the owner, committing each statement."""
        return self.stack.enter_context(psycopg.connect(self.owner_url, autocommit=True))

    def web(self) -> Served:
        """Return the product's web server."""
        return self._serve("web", "nhc.asgi:application", "/healthz")

    def bare(self) -> Served:
        """Return the bare Django."""
        return self._serve("bare", "tests.bench.bare:application", "/read/")

    def worker(self) -> Served:
        """Return a Celery worker of two processes."""
        if "worker" not in self._served:
            process = self._start(
                [sys.executable, "-m", "celery", "-A", "nhc", "worker", "-c", "2", "--loglevel", "ERROR"]
            )
            time.sleep(4)  # a worker says nothing when it is ready at this log level
            self._served["worker"] = Served(process, httpx.Client())
        return self._served["worker"]

    def _serve(self, name: str, application: str, probe: str) -> Served:
        if name not in self._served:
            port = free_port()
            command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--log-level", "error"]
            process = self._start([*command, "--timeout-graceful-shutdown", "3"])
            client = self.stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120))
            for _ in range(300):
                with contextlib.suppress(httpx.TransportError):
                    if client.get(probe).status_code == 200:
                        break
                time.sleep(0.1)
            else:
                raise RuntimeError(f"{application} did not answer within 30 seconds.")
            self._served[name] = Served(process, client)
        return self._served[name]

    def _start(self, command: list[str]) -> psutil.Popen:
        environment = self.environment()
        if "tests.bench.bare:application" in command:
            environment.pop("DJANGO_SETTINGS_MODULE", None)
        process = psutil.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        self.stack.callback(_end, process)
        return process


def _end(process: psutil.Popen) -> None:
    process.terminate()
    try:
        process.wait(15)
    except psutil.TimeoutExpired:
        process.kill()


@contextlib.contextmanager
def arena(*, owner_url: str, application_url: str) -> Iterator[Arena]:
    """Make a migrated database beside the one that the URLs name, and remove it with its servers at the end."""
    own = Arena(_with_database(owner_url, DATABASE), _with_database(application_url, DATABASE))
    with psycopg.connect(_with_database(owner_url, "postgres"), autocommit=True) as administration:
        name = sql.Identifier(DATABASE)
        administration.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        administration.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"],
                cwd=ROOT,
                env=own.environment(),
                check=True,
            )
            with own.stack:
                own.owner().execute("CREATE TABLE bench_bare (id bigserial PRIMARY KEY, body integer)")
                own.owner().execute("GRANT ALL ON bench_bare, bench_bare_id_seq TO PUBLIC")
                yield own
        finally:
            administration.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
