"""Migrations are complete, in one line, and go both ways."""

import re
import subprocess

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from django.db.migrations import Migration, RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader

from nhc.embedded.binaries import find_client
from tests.conftest import Database
from tests.project.sources import PRODUCT, ROOT

LOADER = MigrationLoader(None)
OURS: list[Migration] = [migration for (app, _), migration in LOADER.disk_migrations.items() if app in PRODUCT]


def schema(database: Database) -> str:
    """Return every definition and grant of a database as SQL, without the word that differs in each dump."""
    with psycopg.connect(database.owner_url) as connection:
        version = connection.info.server_version // 10_000
    dump = subprocess.run(
        [find_client("pg_dump", version=version), "--schema-only", database.owner_url],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", dump, flags=re.MULTILINE)


def tables(database: Database) -> set[str]:
    with psycopg.connect(database.owner_url) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in found if name.split("_")[0] in PRODUCT}


@pytest.mark.django_db
def test_the_models_need_no_migration() -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("app", PRODUCT)
def test_migrations_follow_one_another(app: str) -> None:
    names = sorted(migration.name for migration in OURS if migration.app_label == app)
    earlier = {
        migration.name: [name for label, name in migration.dependencies if label == app]
        for migration in OURS
        if migration.app_label == app
    }
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]
    assert earlier == {name: names[place - 1 : place] if place else [] for place, name in enumerate(names)}
    assert (ROOT / app / "migrations" / "max_migration.txt").read_text(encoding="utf-8").strip() == names[-1]


@pytest.mark.parametrize("migration", OURS, ids=str)
def test_what_a_migration_runs_can_be_undone(migration: Migration) -> None:
    run = [operation for operation in migration.operations if isinstance(operation, RunSQL | RunPython)]
    assert [operation for operation in run if not operation.reversible] == []


def test_all_migrations_go_back_and_forth_to_the_same_schema(committed: Database) -> None:
    before = schema(committed)
    call_command("migrate", "nhc", "zero", database="owner", verbosity=0)
    assert tables(committed) == set()
    call_command("migrate", database="owner", verbosity=0)
    connections["owner"].close()
    assert schema(committed) == before
