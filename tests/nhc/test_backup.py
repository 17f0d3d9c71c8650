"""A backup brings back exactly what it was made of, or says plainly why it will not."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from nhc import embedded
from nhc.models import AuditEvent, User
from tests.conftest import Database

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def archive(committed: Database, tmp_path: Path) -> Path:
    """Return a backup that holds one user."""
    User.objects.create_user(email="kept@example.org", name="Kept")
    path = tmp_path / "backup.dump"
    call_command("backup", to=path)
    return path


def emails() -> set[str]:
    return set(User.objects.values_list("email", flat=True))


def manifest_of(archive: Path) -> Path:
    return archive.with_name("backup.dump.manifest.json")


def restore_into(addresses: dict[str, str], archive: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "restore", "--from", str(archive)],
        env=os.environ | addresses,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_restore_over_a_database_brings_back_what_was_backed_up(archive: Path) -> None:
    User.objects.create_user(email="later@example.org", name="Later")
    call_command("restore", archive=archive, replace=True)
    assert emails() == {"kept@example.org"}


def test_both_acts_are_in_the_trail(archive: Path) -> None:
    assert AuditEvent.objects.filter(verb="backup.taken", subject="backup").count() == 1
    call_command("restore", archive=archive, replace=True)
    # The backup's own event came after its snapshot, so the restored trail does not hold it.
    assert list(AuditEvent.objects.values_list("verb", flat=True)) == ["backup.restored"]


def test_the_application_still_cannot_rewrite_history_after_a_restore(archive: Path) -> None:
    call_command("restore", archive=archive, replace=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('nhc_auditevent', 'INSERT, SELECT')")
        assert cursor.fetchone() == (True,)
        cursor.execute("SELECT has_table_privilege('nhc_auditevent', 'DELETE')")
        assert cursor.fetchone() == (False,)


def test_an_empty_database_is_filled_from_the_command_line(archive: Path, committed: Database) -> None:
    name = f"{committed.name}_empty"
    addresses = {
        "DATABASE_OWNER_URL": committed.owner_url.replace(committed.name, name),
        "DATABASE_URL": committed.application_url.replace(committed.name, name),
    }
    with psycopg.connect(committed.owner_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            result = restore_into(addresses, archive)
            assert "every table equals the backup" in result.stdout, result.stderr
            with psycopg.connect(addresses["DATABASE_URL"]) as restored:
                assert restored.execute("SELECT email FROM nhc_user").fetchall() == [("kept@example.org",)]
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.fault
def test_a_new_cluster_is_filled_and_every_table_equals_the_backup(archive: Path) -> None:
    with embedded.throwaway(fsync=False) as services:
        result = restore_into(services.environment(), archive)
        assert "every table equals the backup" in result.stdout, result.stderr
        tables = json.loads(manifest_of(archive).read_text(encoding="utf-8"))["tables"]
        owner, application = (services.environment()[name] for name in ("DATABASE_OWNER_URL", "DATABASE_URL"))
        with psycopg.connect(owner) as restored:
            for name, kept in tables.items():
                found = restored.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
                # The restore itself is one more event in the trail.
                assert found == (kept["rows"] + (name == "nhc_auditevent"),), name
        with psycopg.connect(application) as restored, pytest.raises(psycopg.errors.InsufficientPrivilege):
            restored.execute("DELETE FROM nhc_auditevent")


def test_a_database_with_content_is_not_replaced_unasked(archive: Path) -> None:
    User.objects.create_user(email="later@example.org", name="Later")
    with pytest.raises(CommandError, match=r"is not empty.*--replace"):
        call_command("restore", archive=archive)
    assert emails() == {"kept@example.org", "later@example.org"}


def test_a_database_in_use_is_not_replaced(archive: Path, committed: Database) -> None:
    with (
        psycopg.connect(committed.application_url),
        pytest.raises(CommandError, match=r"1 other connections.*Stop web, worker and beat"),
    ):
        call_command("restore", archive=archive, replace=True)


def test_rows_that_differ_from_the_manifest_are_named_and_nothing_is_replaced(archive: Path) -> None:
    User.objects.create_user(email="later@example.org", name="Later")
    manifest = json.loads(manifest_of(archive).read_text(encoding="utf-8"))
    manifest["tables"]["nhc_user"]["digest"] = "1"
    manifest_of(archive).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(CommandError, match="differs from the backup in nhc_user"):
        call_command("restore", archive=archive, replace=True)
    assert emails() == {"kept@example.org", "later@example.org"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("server_version", 99, "made by PostgreSQL 99"),
        ("migrations", ["nhc.9999_from_the_future"], "newer version of the product"),
        ("archive_sha256", "0", "damaged"),
    ],
)
def test_a_backup_that_does_not_fit_is_refused(archive: Path, field: str, value: object, said: str) -> None:
    manifest = json.loads(manifest_of(archive).read_text(encoding="utf-8"))
    manifest_of(archive).write_text(json.dumps(manifest | {field: value}), encoding="utf-8")
    with pytest.raises(CommandError, match=said):
        call_command("restore", archive=archive, replace=True)


def test_a_backup_that_was_cut_off_is_refused_and_nothing_is_replaced(archive: Path) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CommandError, match=r"damaged or belongs to another manifest\. Fetch the backup again"):
        call_command("restore", archive=archive, replace=True)
    assert emails() == {"kept@example.org"}


def test_an_archive_that_was_cut_off_before_it_was_described_is_refused_too(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-2_000])
    manifest = json.loads(manifest_of(archive).read_text(encoding="utf-8"))
    manifest["archive_sha256"] = hashlib.sha256(archive.read_bytes()).hexdigest()
    manifest_of(archive).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(CommandError, match="pg_restore"):
        call_command("restore", archive=archive, replace=True)
    assert emails() == {"kept@example.org"}


def test_a_manifest_that_was_cut_off_is_refused(archive: Path) -> None:
    manifest_of(archive).write_bytes(manifest_of(archive).read_bytes()[:-20])
    with pytest.raises(CommandError, match=r"is not a manifest.*Fetch the backup again"):
        call_command("restore", archive=archive, replace=True)


def test_an_archive_without_its_manifest_is_refused(archive: Path) -> None:
    manifest_of(archive).unlink()
    with pytest.raises(CommandError, match=r"does not exist\. A backup is two files"):
        call_command("restore", archive=archive, replace=True)


def test_a_manifest_that_is_none_is_refused(archive: Path) -> None:
    manifest_of(archive).write_text("[]", encoding="utf-8")
    with pytest.raises(CommandError, match="is not a manifest"):
        call_command("restore", archive=archive, replace=True)


def test_a_backup_is_for_the_owner_alone_and_never_overwritten(archive: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600
    assert manifest_of(archive).stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", to=archive)


def test_a_folder_that_is_not_there_is_named(committed: Database, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("backup", to=tmp_path / "absent" / "backup.dump")
    assert list(tmp_path.iterdir()) == []
