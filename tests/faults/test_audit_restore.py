"""A backup restored into a new server, where transaction numbers begin anew: the trail goes on and verifies."""

import base64
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command

from nhc import clock, seals
from nhc.embedded import throwaway
from nhc.models import AuditHorizon
from tests.conftest import Database
from tests.nhc.trail import open_transaction, seal, write
from tests.project.sources import ROOT

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("servers")]


def manage(environment: dict[str, str], *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def transaction_number(url: str) -> int:
    with psycopg.connect(url) as session:
        row = session.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
    assert row is not None
    return int(row[0])


def test_a_new_server_takes_the_trail_up_where_the_backup_left_it(committed: Database, tmp_path: Path) -> None:
    write(3)
    (head,) = seal()
    writer, _ = open_transaction(committed)
    with closing(writer):
        # A horizon is noted and not reached, in numbers that the new server will take long to come to.
        write(300)
        assert seals.seal_settled(at=clock.now()) == []
        noted = AuditHorizon.objects.get()
        archive = tmp_path / "backup.dump"
        call_command("backup", to=archive)
        writer.rollback()
    with throwaway(fsync=False) as elsewhere:
        # Keys do not come with a backup: they are kept apart, and brought along.
        environment = elsewhere.environment() | {"NHC_AUDIT_KEY": base64.b64encode(settings.AUDIT_KEY).decode()}
        manage(environment, "restore", "--from", str(archive))
        assert transaction_number(environment["DATABASE_OWNER_URL"]) < noted.transaction_id
        manage(environment, "audit", "seal")
        manage(environment, "audit", "seal")
        told = manage(environment, "audit", "verify", "--head", str(head))
    # Three, three hundred, and the restore itself.
    assert told.startswith("304 events under ")
    assert "nothing was changed, removed or added" in told
