"""Pytest plugin: real PostgreSQL and Redis for the whole run, and a migrated database to clone.

Loaded with `-p tests.services`, so that the environment is set before Django reads its settings. Workers of
pytest-xdist inherit it and make databases of their own from the template.
"""

import atexit
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import HealthCheck, settings

TEMPLATE = "nhc_template"

settings.register_profile("quick", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def _named(url: str, database: str) -> str:
    return url.rpartition("/")[0] + f"/{database}"


def _start() -> None:
    """Start throw-away servers unless the environment already names real ones, then migrate the template."""
    from nhc.embedded import throwaway  # noqa: PLC0415  (only the process that starts the servers needs it)

    stack = ExitStack()
    atexit.register(stack.close)
    services = stack.enter_context(throwaway(fsync=False))
    environment = services.environment()
    os.environ.update(environment)
    os.environ["NHC_HOME"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="nhc-tests-"))
    os.environ["NHC_DEBUG"] = "0"
    subprocess.run(
        [
            sys.executable,
            "-c",
            (
                f"import psycopg; psycopg.connect({environment['DATABASE_OWNER_URL']!r}, autocommit=True)"
                f".execute('CREATE DATABASE {TEMPLATE}')"
            ),
        ],
        check=True,
    )
    owner, application = (_named(environment[name], TEMPLATE) for name in ("DATABASE_OWNER_URL", "DATABASE_URL"))
    os.environ["NHC_TEST_OWNER_URL"] = owner
    os.environ["NHC_TEST_APPLICATION_URL"] = application
    root = Path(__file__).resolve().parent.parent
    subprocess.run(
        [sys.executable, str(root / "manage.py"), "migrate", "--verbosity", "0", "--skip-checks"],
        check=True,
        cwd=root,
        env=os.environ | {"DATABASE_OWNER_URL": owner, "DATABASE_URL": application},
    )
    os.environ["DATABASE_URL"] = application
    os.environ["DATABASE_OWNER_URL"] = owner


if "NHC_TEST_OWNER_URL" not in os.environ:
    _start()


def _database_of_redis(worker: str) -> int:
    """Return a database of Redis for a test process: what one counts of an address must not stop another.

    Servers that tests start have number 7 (`tests.serving`).
    """
    if worker.removeprefix("gw").isdecimal():
        return int(worker.removeprefix("gw")) % 6 + 1
    return os.getpid() % 8 + 8 if worker else 0


os.environ["REDIS_URL"] = (
    f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{_database_of_redis(os.environ.get('PYTEST_XDIST_WORKER', ''))}"
)
