"""Backups that prove themselves: every table's rows are counted and hashed in the snapshot the archive is made of.

A backup is two files: PostgreSQL's own archive, and beside it a manifest that a restore is compared with.
"""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import LiteralString

import msgspec
import psycopg
from django.core.management import call_command
from django.db import connections, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from nhc import audit
from nhc.actors import Actor
from nhc.embedded import EmbeddedServiceError
from nhc.embedded.binaries import find_client

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_MIGRATIONS = "SELECT app || '.' || name FROM django_migrations ORDER BY 1"
# Order does not matter to a sum, so nothing is sorted; the text of a row must not depend on the session.
_FINGERPRINT = """
SELECT count(*), coalesce(sum(('x' || left(md5(entire_row::text), 16))::bit(64)::bigint::numeric), 0)::text
  FROM public.{} AS entire_row
"""
_SAME_TEXT_EVERYWHERE = "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c extra_float_digits=1"
_OTHER_SESSIONS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class BackupError(Exception):
    """A backup or a restore that cannot go on; the message says what to do."""


class Fingerprint(msgspec.Struct, frozen=True):
    """What one table holds: how many rows, and the sum of their hashes."""

    rows: int
    digest: str


class Manifest(msgspec.Struct, frozen=True):
    """What an archive must turn into when it is restored."""

    made_at: datetime
    server_version: int
    archive_sha256: str
    migrations: list[str]
    tables: dict[str, Fingerprint]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())


def manifest_path(archive: Path) -> Path:
    """Return where an archive's manifest lies."""
    return archive.with_name(f"{archive.name}.manifest.json")


def take(*, to: Path, by: Actor, at: datetime) -> Manifest:
    """Write the whole database to an archive with its manifest, readable by this account alone.

    The keys that decrypt kept bodies and check API keys are not in it. Raises BackupError.
    """
    for path in (to, manifest_path(to)):
        if path.exists():
            raise BackupError(f"{path} exists already. Choose another name, or move it away first.")
    if not to.parent.is_dir():
        raise BackupError(f"There is no folder {to.parent}. Create it first.")
    unfinished = to.with_name(f"{to.name}.unfinished")
    try:
        with _connected(_database()) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            tables = _fingerprints(connection)
            if "django_migrations" not in tables:
                raise BackupError("The database is empty: there is nothing to back up.")
            snapshot = _text(connection, "SELECT pg_export_snapshot()")
            unfinished.touch(mode=0o600)
            _run("pg_dump", _server_version(connection), "-Fc", "--snapshot", snapshot, "-f", str(unfinished))
            migrations = [str(row[0]) for row in connection.execute(_MIGRATIONS)]
            manifest = Manifest(at, _server_version(connection), _sha256(unfinished), migrations, tables)
        manifest_path(to).touch(mode=0o600)
        manifest_path(to).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        unfinished.replace(to)
    except OSError as error:
        raise BackupError(f"The backup could not be written: {error}. Nothing was kept.") from error
    finally:
        unfinished.unlink(missing_ok=True)
        if not to.exists():
            manifest_path(to).unlink(missing_ok=True)
    _record(by=by, at=at, verb="backup.taken", manifest=manifest)
    return manifest


def restore(*, archive: Path, replace: bool, by: Actor, at: datetime) -> Manifest:
    """Bring an archive back, compare every table with its manifest, then migrate to this version of the product.

    Into an empty database, or with `replace` instead of what is there, which goes only once the comparison holds.
    Raises BackupError.
    """
    manifest = _read_manifest(archive)
    database = _database()
    connections["owner"].close()
    connections["default"].close()
    connections["default"].close_pool()  # type: ignore[attr-defined]  # the PostgreSQL backend has it
    with _connected(database) as connection:
        occupied = connection.execute(_TABLES).fetchone() is not None
        if _server_version(connection) < manifest.server_version:
            raise BackupError(
                f"The backup was made by PostgreSQL {manifest.server_version}. Restore it into that or a newer one."
            )
    if occupied and not replace:
        raise BackupError(
            f"The database {database} is not empty. Restore into an empty one, or add --replace to replace it all."
        )
    if occupied:
        _replace(database, archive, manifest)
    else:
        _fill(database, archive, manifest)
    call_command("migrate", verbosity=0)
    _record(by=by, at=at, verb="backup.restored", manifest=manifest)
    return manifest


def _fill(database: str, archive: Path, manifest: Manifest) -> None:
    """Restore into an empty database, all or nothing, and compare."""
    with _connected(database) as connection:
        version = _server_version(connection)
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments")
    _run("pg_restore", version, *options, str(archive), database=database)
    with _connected(database) as connection:
        found = _fingerprints(connection)
    different = sorted(
        name for name in manifest.tables.keys() | found.keys() if manifest.tables.get(name) != found.get(name)
    )
    if different:
        raise BackupError(f"The restored database differs from the backup in {', '.join(different)}. Do not use it.")


def _replace(database: str, archive: Path, manifest: Manifest) -> None:
    """Restore beside the database, compare, and only then let the two change places."""
    beside, former = f"{database}_restored", f"{database}_former"
    with _connected("postgres", autocommit=True) as server:
        others = int(_text(server, _OTHER_SESSIONS, database))
        if others:
            raise BackupError(
                f"{others} other connections use the database {database}. Stop web, worker and beat, then try again."
            )
        for leftover in (beside, former):
            _administer(server, "DROP DATABASE IF EXISTS {}", leftover)
        _administer(server, "CREATE DATABASE {}", beside)
        try:
            _fill(beside, archive, manifest)
            with server.transaction():
                _administer(server, "ALTER DATABASE {} RENAME TO {}", database, former)
                _administer(server, "ALTER DATABASE {} RENAME TO {}", beside, database)
            _administer(server, "DROP DATABASE {}", former)
        finally:
            _administer(server, "DROP DATABASE IF EXISTS {}", beside)


def _administer(server: psycopg.Connection, command: LiteralString, *names: str) -> None:
    try:
        server.execute(sql.SQL(command).format(*map(sql.Identifier, names)))
    except psycopg.Error as error:
        raise BackupError(f"The server refused: {error}") from error


def _read_manifest(archive: Path) -> Manifest:
    path = manifest_path(archive)
    for file in (archive, path):
        if not file.is_file():
            raise BackupError(f"{file} does not exist. A backup is two files: the archive and its manifest beside it.")
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupError(f"{path} is not a manifest: {error}. Fetch the backup again.") from error
    if _sha256(archive) != manifest.archive_sha256:
        raise BackupError(f"{archive} is damaged or belongs to another manifest. Fetch the backup again.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := sorted(set(manifest.migrations) - known):
        raise BackupError(f"The backup was made by a newer version of the product ({unknown[-1]}). Update first.")
    return manifest


def _record(*, by: Actor, at: datetime, verb: str, manifest: Manifest) -> None:
    details: dict[str, audit.Detail] = {"tables": len(manifest.tables), "rows": manifest.rows}
    with transaction.atomic():
        audit.record(
            by=by, at=at, verb=verb, subject="backup", subject_id=manifest.archive_sha256[:16], details=details
        )


def _database() -> str:
    return str(connections["owner"].settings_dict["NAME"])


def _address(database: str) -> dict[str, str]:
    """Return libpq's variables for the owner of the tables; no password on any command line."""
    settings = connections["owner"].settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    given = {variable: str(settings[name]) for variable, name in names.items() if settings[name]}
    return given | {"PGDATABASE": database, "PGOPTIONS": _SAME_TEXT_EVERYWHERE}


@contextmanager
def _connected(database: str, *, autocommit: bool = False) -> Iterator[psycopg.Connection]:
    address = _address(database)
    try:
        connection = psycopg.connect(
            host=address.get("PGHOST"),
            port=address.get("PGPORT"),
            user=address.get("PGUSER"),
            password=address.get("PGPASSWORD"),
            dbname=database,
            options=address["PGOPTIONS"],
            autocommit=autocommit,
        )
    except psycopg.OperationalError as error:
        raise BackupError(f"The database {database} cannot be reached: {error}") from error
    with connection:
        yield connection


def _run(program: str, version: int, *arguments: str, database: str | None = None) -> None:
    try:
        path = find_client(program, version=version)
    except EmbeddedServiceError as error:
        raise BackupError(str(error)) from error
    address = _address(database or _database())
    target = ("-d", address["PGDATABASE"])
    result = subprocess.run(
        [path, *target, *arguments], env=os.environ | address, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise BackupError(f"{program} failed, and nothing was changed:\n{result.stderr.strip()}")


def _fingerprints(connection: psycopg.Connection) -> dict[str, Fingerprint]:
    found = {}
    for (table,) in connection.execute(_TABLES).fetchall():
        rows, digest = connection.execute(sql.SQL(_FINGERPRINT).format(sql.Identifier(table))).fetchone() or (0, "0")
        found[str(table)] = Fingerprint(int(rows), str(digest))
    return found


def _text(connection: psycopg.Connection, statement: LiteralString, *parameters: object) -> str:
    row = connection.execute(statement, parameters).fetchone()
    return str(row[0]) if row else ""


def _server_version(connection: psycopg.Connection) -> int:
    return connection.info.server_version // 10_000


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
