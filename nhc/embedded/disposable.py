"""A PostgreSQL and a Redis for one test run, in a folder that is removed afterwards."""

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nhc.embedded import processes
from nhc.embedded.binaries import PostgreSQLPrograms, find_postgresql, find_redis
from nhc.embedded.failure import EmbeddedServiceError
from nhc.embedded.postgresql import APPLICATION, OWNER, Access, Cluster, socket_folder
from nhc.embedded.redis import RedisServer


@dataclass(frozen=True)
class Throwaway:
    """A running pair of services, with the handles that fault tests pull: both restart on the same port."""

    home: Path
    postgresql: Cluster
    redis: RedisServer

    def environment(self) -> dict[str, str]:
        """Return the variables that point the product at these services and keep its own files apart."""
        return {
            "NHC_HOME": str(self.home),
            "DATABASE_URL": self.postgresql.access.url(APPLICATION),
            "DATABASE_OWNER_URL": self.postgresql.access.url(OWNER),
            "REDIS_URL": self.redis.url,
        }


@contextlib.contextmanager
def throwaway(
    *,
    fsync: bool,
    postgresql: PostgreSQLPrograms | None = None,
    free_port: Callable[[], int] = processes.free_port,
) -> Iterator[Throwaway]:
    """Start a PostgreSQL and a Redis, and stop and remove them at the end or when this process dies.

    Without `fsync` it is fast and does not survive a crash of the machine: for tests that restart nothing. Start it
    from the main thread: on Linux the servers end with the thread that started them. Services that do not start, as
    where another process took the port first, are made again from nothing, once, on other ports. Raises
    EmbeddedServiceError.
    """
    programs = postgresql or find_postgresql()
    try:
        services = _started(programs, fsync=fsync, free_port=free_port)
    except EmbeddedServiceError as first:
        try:
            services = _started(programs, fsync=fsync, free_port=free_port)
        except EmbeddedServiceError as second:
            raise EmbeddedServiceError(
                "The services for this run did not start, twice. Look for a full disk, too little memory or a machine "
                f"that is too busy, then try again.\nFirst: {first}\nThen: {second}"
            ) from first
    try:
        yield services
    finally:
        _remove(services, fsync=fsync)


def _started(programs: PostgreSQLPrograms, *, fsync: bool, free_port: Callable[[], int]) -> Throwaway:
    """Make and start both services, or leave nothing behind."""
    home = Path(tempfile.mkdtemp(prefix="nhc-throwaway-")).resolve()
    access = Access(socket_folder(home / "run"), free_port(), secrets.token_hex(16), secrets.token_hex(16))
    cluster = Cluster(
        programs,
        home / "postgresql",
        home / "postgresql.log",
        access,
        fsync=fsync,
        dies_with_parent=True,
    )
    redis = RedisServer(
        find_redis(),
        home / "redis",
        home / "redis.log",
        free_port(),
        secrets.token_hex(16),
        dies_with_parent=True,
    )
    services = Throwaway(home, cluster, redis)
    try:
        cluster.make()
        cluster.start()
        redis.start()
    except BaseException:
        _remove(services, fsync=fsync)
        raise
    return services


def _remove(services: Throwaway, *, fsync: bool) -> None:
    services.redis.stop()
    services.postgresql.stop("fast" if fsync else "immediate")
    shutil.rmtree(services.postgresql.access.socket_folder, ignore_errors=True)
    shutil.rmtree(services.home, ignore_errors=True)
