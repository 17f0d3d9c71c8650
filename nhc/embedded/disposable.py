"""A PostgreSQL and a Redis for one test run, in a folder that is removed afterwards."""

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nhc.embedded import processes
from nhc.embedded.binaries import PostgreSQLPrograms, find_postgresql, find_redis
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
def throwaway(*, fsync: bool, postgresql: PostgreSQLPrograms | None = None) -> Iterator[Throwaway]:
    """Start a PostgreSQL and a Redis, and stop and remove them at the end or when this process dies.

    Without `fsync` it is fast and does not survive a crash of the machine: for tests that restart nothing. Start it
    from the main thread: on Linux the servers end with the thread that started them.
    """
    home = Path(tempfile.mkdtemp(prefix="nhc-throwaway-")).resolve()
    access = Access(socket_folder(home / "run"), processes.free_port(), secrets.token_hex(16), secrets.token_hex(16))
    cluster = Cluster(
        postgresql or find_postgresql(),
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
        processes.free_port(),
        secrets.token_hex(16),
        dies_with_parent=True,
    )
    try:
        cluster.make()
        cluster.start()
        redis.start()
        yield Throwaway(home, cluster, redis)
    finally:
        redis.stop()
        cluster.stop("fast" if fsync else "immediate")
        shutil.rmtree(access.socket_folder, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)
