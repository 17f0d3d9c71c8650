"""Sharing one pair of embedded services among all the processes that need them, for as long as any does."""

import atexit
import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from nhc.embedded import processes
from nhc.embedded.binaries import PostgreSQLPrograms, find_postgresql, find_redis
from nhc.embedded.failure import EmbeddedServiceError
from nhc.embedded.postgresql import APPLICATION, OWNER, Access, Cluster, socket_folder
from nhc.embedded.redis import RedisServer

type Note = dict[str, dict[str, str | int]]

STARTER_WAIT = 180
"""Seconds to wait for another process that is starting or stopping the services."""


@dataclass
class Lease:
    """The right to use the services under a home. The last holder to end stops them."""

    home: Path
    _descriptor: int | None
    _owner: int

    def fileno(self) -> int:
        """Return the descriptor that holds the lease; a child process that inherits it holds the lease as well.

        Raises EmbeddedServiceError where the services are not ours, so there is nothing to hold.
        """
        if self._descriptor is None:
            raise EmbeddedServiceError("DATABASE_URL and REDIS_URL name services of your own: there is no lease.")
        return self._descriptor

    @property
    def embedded(self) -> bool:
        """Whether any service is ours and this lease is still held."""
        return self._descriptor is not None

    def release(self) -> None:
        """Give the lease back, and stop the services if nobody else holds one."""
        if self._descriptor is None or os.getpid() != self._owner:
            return
        os.close(self._descriptor)
        self._descriptor = None
        with _starter(self.home), _opened(self.home / "lease") as descriptor:
            if _locked(descriptor, fcntl.LOCK_EX):
                _stop_services(self.home)

    def _forget(self) -> None:
        # In a forked child: the parent's copy alone decides.
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def ensure(home: Path) -> Lease:
    """Make PostgreSQL and Redis available and set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL to them.

    A service whose address is in the environment already is left alone. The others are found under the home, or
    started; they end with the last process that holds a lease. Raises EmbeddedServiceError.
    """
    home = home.resolve()
    noted = _read(home)
    want_postgresql = not _given("DATABASE_URL", noted, "postgresql", "url")
    want_redis = not _given("REDIS_URL", noted, "redis", "url")
    if not (want_postgresql or want_redis):
        return Lease(home, None, os.getpid())
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(home / "lease", os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise EmbeddedServiceError(
            f"{home} belongs to another account. Set NHC_HOME to a folder of your own, or run as that account."
        ) from error
    lease = Lease(home, descriptor, os.getpid())
    with _starter(home):
        # Never waits: the exclusive lock is taken only by holders of the starter lock.
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if want_postgresql:
            cluster = _running_postgresql(home)
            os.environ["DATABASE_URL"] = cluster.access.url(APPLICATION)
            os.environ["DATABASE_OWNER_URL"] = cluster.access.url(OWNER)
        if want_redis:
            os.environ["REDIS_URL"] = _running_redis(home).url
    os.register_at_fork(after_in_child=lease._forget)
    atexit.register(lease.release)
    return lease


def _given(variable: str, noted: Note, service: str, key: str) -> bool:
    """Return whether a person named a service of their own; an address we set ourselves further up does not count."""
    value = os.environ.get(variable, "")
    return bool(value or os.environ.get(f"{variable}_FILE")) and value != noted.get(service, {}).get(key)


def _running_postgresql(home: Path) -> Cluster:
    noted = _read(home).get("postgresql")
    cluster = _noted_cluster(home, noted) if noted else None
    if cluster is not None and cluster.answers():
        return cluster
    if cluster is not None and cluster.process() is not None and not processes.wait_for(cluster.answers, seconds=15):
        cluster.stop()
    data = home / "postgresql"
    port = cluster.access.port if cluster and processes.port_is_free(cluster.access.port) else processes.free_port()
    access = Access(
        socket_folder=socket_folder(home / "run"),
        port=port,
        owner_password=cluster.access.owner_password if cluster else secrets.token_hex(16),
        application_password=cluster.access.application_password if cluster else secrets.token_hex(16),
    )
    cluster = Cluster(find_postgresql(_version_of(data)), data, home / "logs" / "postgresql.log", access)
    # Noted before the start: who is killed in between leaves services that can be found.
    _note(home, "postgresql", _note_of_cluster(cluster))
    if not data.exists():
        cluster.make()
    cluster.start()
    return cluster


def _running_redis(home: Path) -> RedisServer:
    noted = _read(home).get("redis")
    server = _noted_redis(home, noted) if noted else None
    if server is not None and server.answers():
        return server
    if server is not None and server.process() is not None:
        server.stop()
    if server is None:
        server = RedisServer("", home / "redis", home / "logs" / "redis.log", 0, secrets.token_hex(16))
    port = server.port if server.port and processes.port_is_free(server.port) else processes.free_port()
    server = replace(server, program=find_redis(), port=port)
    _note(home, "redis", {"url": server.url, "program": server.program, "port": port, "password": server.password})
    server.start()
    return server


def _stop_services(home: Path) -> None:
    noted = _read(home)
    if "redis" in noted:
        _noted_redis(home, noted["redis"]).stop()
    if "postgresql" in noted:
        cluster = _noted_cluster(home, noted["postgresql"])
        cluster.stop()
        if cluster.access.socket_folder != home / "run":
            shutil.rmtree(cluster.access.socket_folder, ignore_errors=True)


def _note_of_cluster(cluster: Cluster) -> dict[str, str | int]:
    return {
        "url": cluster.access.url(APPLICATION),
        "programs": str(cluster.programs.directory),
        "version": cluster.programs.version,
        **{name: value if isinstance(value, int) else str(value) for name, value in asdict(cluster.access).items()},
    }


def _noted_cluster(home: Path, noted: dict[str, str | int]) -> Cluster:
    programs = PostgreSQLPrograms(Path(str(noted["programs"])), int(noted["version"]))
    if not Path(programs.path("psql")).is_file():
        programs = find_postgresql(programs.version)
    access = Access(
        socket_folder=Path(str(noted["socket_folder"])),
        port=int(noted["port"]),
        owner_password=str(noted["owner_password"]),
        application_password=str(noted["application_password"]),
    )
    return Cluster(programs, home / "postgresql", home / "logs" / "postgresql.log", access)


def _noted_redis(home: Path, noted: dict[str, str | int]) -> RedisServer:
    return RedisServer(
        str(noted["program"]), home / "redis", home / "logs" / "redis.log", int(noted["port"]), str(noted["password"])
    )


def _version_of(data: Path) -> int | None:
    try:
        return int((data / "PG_VERSION").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _read(home: Path) -> Note:
    try:
        noted: Note = json.loads((home / "services.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted


def _note(home: Path, service: str, values: dict[str, str | int]) -> None:
    """Write one service's note; whoever reads meanwhile sees the old file or the new one, whole."""
    unfinished = home / f"services.{os.getpid()}"
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(_read(home) | {service: values}, indent=2), encoding="utf-8")
    unfinished.replace(home / "services.json")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _starter(home: Path) -> Iterator[None]:
    """Hold the right to start and stop services: one process at a time."""
    with _opened(home / "starter") as descriptor:
        if not processes.wait_for(lambda: _locked(descriptor, fcntl.LOCK_EX), seconds=STARTER_WAIT):
            raise EmbeddedServiceError(
                f"Another process has been starting the services under {home} for {STARTER_WAIT} seconds. "
                "End it, then try again."
            )
        yield
