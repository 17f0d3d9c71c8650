"""One PostgreSQL cluster of our own: made, started, asked, stopped."""

import locale
import os
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nhc.embedded import processes
from nhc.embedded.binaries import PostgreSQLPrograms
from nhc.embedded.failure import EmbeddedServiceError, last_lines

OWNER = "nhc_owner"
APPLICATION = "nhc_app"
DATABASE = "nhc"
# sockaddr_un holds 108 bytes with the closing zero; the server adds '/.s.PGSQL.65535.lock'.
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.65535.lock")
STOP_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}
BUILTIN_LOCALE_SINCE = 17
START_LIMIT = 120
"""Seconds for a server that runs to answer: on a machine that is busy with other work a minute was too short."""

# Trust holds on the socket alone, whose folder only the owner may enter.
HOST_BASED_AUTHENTICATION = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"

SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "300",
    "wal_level": "replica",
    "synchronous_commit": "on",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    # Statements, parameters and key values can hold what partners sent, so the log keeps none of them.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}

ROLES_AND_DATABASE = f"""
\\set ON_ERROR_STOP on
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
SELECT 'CREATE ROLE {APPLICATION} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION}') \\gexec
SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER}'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
ALTER ROLE {OWNER} PASSWORD :'owner_password';
ALTER ROLE {APPLICATION} PASSWORD :'application_password';
"""


@dataclass(frozen=True)
class Access:
    """Where a cluster listens and the two roles' passwords."""

    socket_folder: Path
    port: int
    owner_password: str
    application_password: str

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the address of a database for one of the two roles, over 127.0.0.1."""
        password = self.owner_password if role == OWNER else self.application_password
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"


@dataclass(frozen=True)
class Cluster:
    """A data directory and the programs that serve it. Nothing here remembers a process: the data directory does."""

    programs: PostgreSQLPrograms
    data: Path
    log: Path
    access: Access
    fsync: bool = True
    dies_with_parent: bool = False

    def make(self) -> None:
        """Create the data directory, whole or not at all."""
        unfinished = self.data.with_name(f"{self.data.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        processes.own(unfinished)
        command = [self.programs.path("initdb"), "-D", str(unfinished), "-U", OWNER, "-E", "UTF8"]
        command += ["--data-checksums", "--auth=trust", *_locale_options(self.programs.version)]
        command += [] if self.fsync else ["--no-sync"]
        processes.run(processes.unprivileged(command), doing="Making a database", environment=_environment())
        (unfinished / "pg_hba.conf").write_text(HOST_BASED_AUTHENTICATION, encoding="utf-8")
        unfinished.rename(self.data)

    def start(self) -> None:
        """Start the server, make the roles and the database where absent, and set the roles' passwords.

        Raises EmbeddedServiceError with the end of the server's log when it does not answer within `START_LIMIT`.
        """
        for folder in (self.data, self.access.socket_folder):
            processes.own(folder)
        self._forget_stranger()
        # What a killed server leaves (its children for a moment, a taken port) is worth a few more attempts.
        for _ in processes.attempts(10, pause=0.25):
            if self._start_once():
                break
        else:
            raise EmbeddedServiceError(f"PostgreSQL did not start. The end of {self.log}:\n{last_lines(self.log)}")
        passwords = (
            f"\\set owner_password {self.access.owner_password}\n"
            f"\\set application_password {self.access.application_password}\n"
        )
        self.ask(passwords + ROLES_AND_DATABASE, database="template1")

    def _start_once(self) -> bool:
        settings = SETTINGS | {
            "listen_addresses": "127.0.0.1",
            "port": str(self.access.port),
            "unix_socket_directories": str(self.access.socket_folder),
            "unix_socket_permissions": "0700",
            "fsync": "on" if self.fsync else "off",
            "full_page_writes": "on" if self.fsync else "off",
        }
        command = [self.programs.path("postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        started = processes.start(
            processes.unprivileged(command, dies_with_parent=signal.SIGQUIT if self.dies_with_parent else 0),
            log=self.log,
            environment=_environment(),
        )
        for _ in processes.attempts(START_LIMIT, pause=0.05):
            if self.answers():
                return True
            if not processes.is_running(started):
                return False
        os.kill(started, signal.SIGQUIT)
        return False

    def answers(self) -> bool:
        """Return whether this very cluster answers: the socket's folder is ours alone, so a stranger cannot."""
        if not (self.access.socket_folder / f".s.PGSQL.{self.access.port}").exists():
            return False
        try:
            return self.ask("SHOW data_directory", database="template1") == str(self.data)
        except EmbeddedServiceError:
            return False

    def ask(self, statements: str, *, database: str = DATABASE) -> str:
        """Run SQL as the owner and return its answer, one line a row.

        Raises EmbeddedServiceError.
        """
        command = [self.programs.path("psql"), "-h", str(self.access.socket_folder), "-p", str(self.access.port)]
        command += ["-U", OWNER, "-d", database, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        environment = _environment() | {"PGCONNECT_TIMEOUT": "5"}
        return processes.run(command, doing="Asking PostgreSQL", environment=environment, text=statements).strip()

    def stop(self, mode: Literal["fast", "immediate", "kill"] = "fast") -> None:
        """Stop the server and wait until it is gone: `fast` saves everything, `immediate` and `kill` crash it."""
        pid = self.process()
        if pid is None:
            return
        os.kill(pid, STOP_SIGNALS[mode])
        if processes.wait_for(lambda: not processes.is_running(pid), seconds=30):
            return
        os.kill(pid, signal.SIGQUIT)
        if not processes.wait_for(lambda: not processes.is_running(pid), seconds=10):
            raise EmbeddedServiceError(f"PostgreSQL (process {pid}) does not stop. See {self.log}.")

    def restart(self, mode: Literal["fast", "immediate", "kill"] = "fast") -> None:
        """Stop and start again, on the same port."""
        self.stop(mode)
        self.start()

    def process(self) -> int | None:
        """Return the number of the running server process of this data directory."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        running = processes.is_running(pid) and str(self.data) in processes.command_line(pid)
        return pid if running else None

    def _forget_stranger(self) -> None:
        # After a restart of the machine the noted number may be another program's, and PostgreSQL would not start.
        noted = self.data / "postmaster.pid"
        if noted.exists() and self.process() is None:
            noted.unlink()


def socket_folder(preferred: Path) -> Path:
    """Return an owner-only folder for the socket: the preferred one, or a temporary one where its path is too long."""
    if len(os.fsencode(preferred)) <= LONGEST_SOCKET_FOLDER:
        preferred.mkdir(mode=0o700, parents=True, exist_ok=True)
        return preferred
    shortest = min(tempfile.gettempdir(), "/tmp", key=len)  # noqa: S108  # mkdtemp makes a folder that is ours alone
    return Path(tempfile.mkdtemp(prefix="nhc-", dir=shortest))


def _locale_options(version: int) -> list[str]:
    if version >= BUILTIN_LOCALE_SINCE:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    kept = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return ["--locale=C"]
    locale.setlocale(locale.LC_CTYPE, kept)
    return ["--locale=C.UTF-8"]


def _environment() -> dict[str, str]:
    # A person's own PGHOST, PGOPTIONS or unknown locale must not reach our cluster.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "PGAPPNAME": "nhc.embedded"}
