"""Embedded services are shared by many processes, survive their deaths, and end with the last that needs them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from nhc import embedded
from nhc.embedded.binaries import PostgreSQLPrograms, find_postgresql, installed_postgresqls

ROOT = Path(__file__).resolve().parents[2]
ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
HOLD = """
import json, os, sys
from pathlib import Path
from nhc import embedded
lease = embedded.ensure(Path(sys.argv[1]))
print(json.dumps({name: os.environ.get(name, "") for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")}))
sys.stdout.flush()
"""
UNTIL_TOLD = "sys.stdin.read()\n"
WITH_CHILD = """
import subprocess
subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], pass_fds=[lease.fileno()])
"""
REFUSE_NAMESPACES = """
import os, sys
ready, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    os.unshare(os.CLONE_NEWUSER)
    os.write(ready[1], b"1")
    os.read(go[0], 1)
    open("/proc/sys/user/max_user_namespaces", "w").write("0")
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
os.read(ready[0], 1)
for name in ("uid_map", "gid_map"):
    open(f"/proc/{child}/{name}", "w").write("0 0 65536")
os.write(go[1], b"1")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ADDRESSES}
    return kept | {"PYTHONPATH": str(ROOT)} | extra


def command(home: Path, *, script: str = HOLD, **extra: str) -> dict[str, str]:
    """Run a process that needs the services for a moment, and return the addresses it was given."""
    result = subprocess.run(
        [sys.executable, "-c", script, str(home)], env=environment(**extra), capture_output=True, text=True, check=True
    )
    addresses: dict[str, str] = json.loads(result.stdout)
    return addresses


@contextlib.contextmanager
def holding(home: Path, *, script: str = HOLD + UNTIL_TOLD) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    """Run a process that needs the services until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(home)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())


def answer(url: str, statement: str) -> object:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(statement.encode()).fetchone()
        return row[0] if row else None


def is_up(addresses: dict[str, str]) -> bool:
    try:
        return answer(addresses["DATABASE_URL"], "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def redis_is_up(addresses: dict[str, str]) -> bool:
    try:
        with redis.Redis.from_url(addresses["REDIS_URL"]) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def test_services_end_with_the_only_process_that_needs_them(tmp_path: Path) -> None:
    with holding(tmp_path) as (_, addresses):
        assert is_up(addresses)
        assert redis_is_up(addresses)
    assert not is_up(addresses)
    assert not redis_is_up(addresses)


def test_a_second_process_uses_what_runs_and_leaves_it_running(tmp_path: Path) -> None:
    with holding(tmp_path) as (_, addresses):
        assert command(tmp_path) == addresses
        assert is_up(addresses)
        assert redis_is_up(addresses)


def test_many_processes_at_once_share_one_pair(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        started = [
            subprocess.Popen(
                [sys.executable, "-c", HOLD, str(tmp_path)], env=environment(), stdout=subprocess.PIPE, text=True
            )
            for _ in range(5)
        ]
        answers = {stack.enter_context(process).communicate()[0] for process in started}
    assert len(answers) == 1
    assert not is_up(json.loads(answers.pop()))


def test_services_of_a_killed_process_are_found_and_ended_by_the_next(tmp_path: Path) -> None:
    with holding(tmp_path) as (process, addresses):
        before = (tmp_path / "postgresql" / "postmaster.pid").read_text(encoding="utf-8")
        process.kill()
    assert is_up(addresses)
    with holding(tmp_path) as (_, found):
        assert found == addresses
        assert (tmp_path / "postgresql" / "postmaster.pid").read_text(encoding="utf-8") == before
    assert not is_up(addresses)


def test_data_and_addresses_outlast_a_stop(tmp_path: Path) -> None:
    with holding(tmp_path) as (_, first), psycopg.connect(first["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 41 + 1 AS figure")
    with holding(tmp_path) as (_, second):
        assert answer(second["DATABASE_OWNER_URL"], "SELECT figure FROM kept") == 42
    assert first == second


def test_a_note_from_before_a_restart_of_the_machine_misleads_nobody(tmp_path: Path) -> None:
    with holding(tmp_path) as (process, addresses):
        process.kill()
    server = int((tmp_path / "postgresql" / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    noted = (tmp_path / "postgresql" / "postmaster.pid").read_text(encoding="utf-8")
    os.kill(server, signal.SIGQUIT)
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(addresses["DATABASE_URL"]) as connection:
        connection.execute("SELECT pg_sleep(10)")
    # The number now belongs to another program: this test.
    noted = noted.replace(str(server), str(os.getpid()), 1)
    (tmp_path / "postgresql" / "postmaster.pid").write_text(noted, encoding="utf-8")
    with holding(tmp_path) as (_, again):
        assert is_up(again)
        assert redis_is_up(again)


def test_a_child_that_inherits_the_lease_keeps_the_services(tmp_path: Path) -> None:
    with holding(tmp_path, script=HOLD + WITH_CHILD) as (process, addresses):
        process.wait()
        assert is_up(addresses)
        assert command(tmp_path) == addresses
        assert is_up(addresses)
    assert command(tmp_path) == addresses
    assert not is_up(addresses)


def test_services_of_ones_own_are_left_alone(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://db.example/nhc", "REDIS_URL": "redis://redis.example/0"}
    assert command(tmp_path / "home", **given) == given | {"DATABASE_OWNER_URL": ""}
    assert not (tmp_path / "home").exists()


def test_an_address_handed_down_by_a_command_is_still_ours(tmp_path: Path) -> None:
    before = command(tmp_path)
    with holding(tmp_path):
        assert command(tmp_path, **before) == before
    assert command(tmp_path, **before) == before
    assert not is_up(before)


def test_a_home_too_deep_for_a_socket_works_and_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 30)
    with holding(home) as (_, addresses):
        assert is_up(addresses)
        elsewhere = Path(
            json.loads((home / "services.json").read_text(encoding="utf-8"))["postgresql"]["socket_folder"]
        )
        assert elsewhere.stat().st_mode & 0o777 == 0o700
    assert not elsewhere.exists()


def test_what_is_kept_is_for_the_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command(home)
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "services.json").stat().st_mode & 0o777 == 0o600


def test_the_application_role_has_no_powers(tmp_path: Path) -> None:
    with holding(tmp_path) as (_, addresses):
        powers = "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert answer(addresses["DATABASE_URL"], powers) is False
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            answer(addresses["DATABASE_URL"], "CREATE TABLE mine (figure integer)")


def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    with holding(tmp_path) as (_, addresses):
        host = addresses["DATABASE_URL"].rpartition("@")[2]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            answer(f"postgresql://nhc_owner:guess@{host}", "SELECT 1")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(f"redis://{addresses['REDIS_URL'].rpartition('@')[2]}").ping()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs to become somebody else")
def test_root_without_user_namespaces_runs_postgresql_as_an_account(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    script = HOLD + "print(os.stat(Path(sys.argv[1]) / 'postgresql').st_uid)\n"
    result = subprocess.run(
        [sys.executable, "-c", REFUSE_NAMESPACES, "-c", script, str(tmp_path)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout.split("\n")[1]) != 0


@pytest.mark.fault
@pytest.mark.parametrize("programs", installed_postgresqls(), ids=lambda programs: str(programs.version))
def test_committed_rows_survive_every_way_to_stop(programs: PostgreSQLPrograms) -> None:
    with embedded.throwaway(fsync=True, postgresql=programs) as services:
        url = services.environment()["DATABASE_OWNER_URL"]
        for mode in ("fast", "immediate", "kill"):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS kept (mode text)")
                connection.execute("INSERT INTO kept VALUES (%s)", [mode])
            services.postgresql.restart(mode)
        assert answer(url, "SELECT string_agg(mode, ' ') FROM kept") == "fast immediate kill"
        assert answer(url, "SELECT datcollate IN ('C', 'C.UTF-8') FROM pg_database WHERE datname = 'nhc'") is True
        assert answer(url, "SELECT count(*) FROM pg_extension WHERE extname IN ('pg_trgm', 'btree_gist')") == 2
    assert not services.home.exists()


@pytest.mark.fault
def test_redis_can_be_hung_emptied_and_restarted_on_its_port() -> None:
    with (
        embedded.throwaway(fsync=False) as services,
        redis.Redis.from_url(services.redis.url, socket_timeout=0.5, retry=None) as client,
    ):
        client.set("key", "value")
        services.redis.pause()
        with pytest.raises(redis.TimeoutError):
            client.get("key")
        services.redis.resume()
        assert client.get("key") == b"value"
        services.redis.flush()
        assert client.get("key") is None
        services.redis.restart()
        assert client.ping()


def test_a_database_of_a_version_that_is_gone_says_what_to_do() -> None:
    with pytest.raises(embedded.EmbeddedServiceError, match="Install PostgreSQL 14, or remove"):
        find_postgresql(14)
