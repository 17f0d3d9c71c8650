"""Fixtures that every test may use: a migrated database of its own, clients, and the cast."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
import time_machine
from _pytest.terminal import TerminalReporter
from django.conf import LazySettings
from django.conf import settings as configured
from django.db import connections
from psycopg import sql

from tests.canaries import nobody_is_named, watch
from tests.services import TEMPLATE

__all__ = ["nobody_is_named", "watch"]


@dataclass(frozen=True)
class Database:
    """A clone of the migrated template. `name` is what the settings now point at."""

    name: str

    @property
    def owner_url(self) -> str:
        """Return the address for the owner of the tables."""
        return os.environ["NHC_TEST_OWNER_URL"].replace(f"/{TEMPLATE}", f"/{self.name}")

    @property
    def application_url(self) -> str:
        """Return the address for the application's role."""
        return os.environ["NHC_TEST_APPLICATION_URL"].replace(f"/{TEMPLATE}", f"/{self.name}")


def _administer(*statements: sql.Composed) -> None:
    url = os.environ["NHC_TEST_OWNER_URL"].replace(f"/{TEMPLATE}", "/postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def _point_at(name: str) -> None:
    for alias in ("default", "owner"):
        connection = connections[alias]
        connection.close()
        if alias == "default":
            connection.close_pool()  # type: ignore[attr-defined]  # the PostgreSQL backend has it
        configured.DATABASES[alias]["NAME"] = name
        connection.settings_dict["NAME"] = name


def _clone(name: str) -> Database:
    _administer(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)),
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)),
    )
    return Database(name)


def _drop(name: str) -> None:
    _administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest, worker_name: str) -> Iterator[Database]:
    """Give this process a clone of the template: tests marked `django_db` roll back inside it."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's blocker
        database = _clone(f"nhc_test_{worker_name}")
        _point_at(database.name)
        yield database
        _point_at(database.name)
        _drop(database.name)


@pytest.fixture(autouse=True)
def no_second_factor(settings: LazySettings) -> None:
    """Let tests sign people in by force, as the demonstration does; tests of the second factor turn it on again."""
    settings.SECOND_FACTOR_REQUIRED = False


@pytest.fixture
def at_now(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the clock stand at the `NOW` of the test's module."""
    with time_machine.travel(request.module.NOW, tick=False):
        yield


@pytest.fixture(scope="session")
def worker_name() -> str:
    """Return the name of this test process."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture
def committed(
    django_db_setup: Database, django_db_blocker: pytest.FixtureRequest, worker_name: str
) -> Iterator[Database]:
    """Give one test a database where commits are real: for threads, subprocesses and work after commit."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's blocker
        yield from _standing(f"nhc_committed_{worker_name}", back_to=django_db_setup)


@pytest.fixture(scope="module")
def committed_together(
    django_db_setup: Database, django_db_blocker: pytest.FixtureRequest, worker_name: str
) -> Iterator[Database]:
    """Give a module one database where commits are real: for servers that its tests share."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's blocker
        yield from _standing(f"nhc_together_{worker_name}", back_to=django_db_setup)


def _standing(name: str, *, back_to: Database) -> Iterator[Database]:
    database = _clone(name)
    _point_at(database.name)
    try:
        yield database
    finally:
        _point_at(back_to.name)
        _drop(database.name)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Show what passed tests had to tell (`record_property("told", ...)`): seeds and sizes belong in the report."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "told":
                terminalreporter.write_line(f"{report.nodeid}: {value}")
