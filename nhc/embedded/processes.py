"""Starting and watching processes that outlive the one that started them."""

import contextlib
import functools
import os
import pwd
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from nhc.embedded import launcher
from nhc.embedded.failure import EmbeddedServiceError

LOWEST_PORT = 10240
LAUNCHER = [sys.executable, "-I", "-S", str(Path(launcher.__file__).resolve())]


def attempts(seconds: float, *, pause: float = 0.02) -> Iterator[None]:
    """Yield until the seconds are over, resting in between, and at least once."""
    end = time.monotonic() + seconds
    while True:
        yield
        if time.monotonic() >= end:
            return
        time.sleep(pause)


def wait_for(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Return whether the condition became true in time."""
    return any(condition() for _ in attempts(seconds))


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now; another process may still take it first.

    It is none of those the kernel gives to outgoing connections (Linux, ip_local_port_range): a busy machine takes one
    of them within the second or two that a server needs to start.
    """
    ports = range(LOWEST_PORT, _first_outgoing_port())
    for port in secrets.SystemRandom().sample(ports, len(ports)):
        if port_is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        chosen: int = probe.getsockname()[1]
        return chosen


def _first_outgoing_port() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    except OSError:
        return 32768


def port_is_free(port: int) -> bool:
    """Return whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_running(pid: int) -> bool:
    """Return whether the process runs; a dead one that its parent has not collected yet does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except OSError:
        # Without /proc (or with the process gone meanwhile) collecting below decides the next time.
        state = "?"
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return state != "Z"


def command_line(pid: int) -> str:
    """Return the process's command line, or '' when there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    found = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()


@functools.cache
def manner() -> str:
    """Return how to run PostgreSQL, which refuses root and users without a name.

    As 'self', in a 'namespace' (launcher.py), or as an 'account'.
    """
    if os.geteuid() != 0 and _has_a_name(os.geteuid()):
        return "self"
    probe = subprocess.run([*LAUNCHER, "--as", "namespace", "--probe"], capture_output=True, check=False)
    if probe.returncode == 0:
        return "namespace"
    return "account" if os.geteuid() == 0 else "self"


def _has_a_name(user: int) -> bool:
    try:
        return bool(pwd.getpwuid(user).pw_name)
    except KeyError:
        return False


def unprivileged(command: Sequence[str], *, dies_with_parent: int = 0) -> list[str]:
    """Return the command, wrapped so that it does not run as root and, if asked, gets a signal when its parent ends."""
    return _wrapped(command, manner=manner(), dies_with_parent=dies_with_parent)


def dying_with_parent(command: Sequence[str], number: int) -> list[str]:
    """Return the command, wrapped so that it gets this signal when its parent ends; on Linux alone."""
    return _wrapped(command, manner="self", dies_with_parent=number)


def _wrapped(command: Sequence[str], *, manner: str, dies_with_parent: int) -> list[str]:
    options = []
    if dies_with_parent and sys.platform == "linux":
        options = ["--dies-with-parent", str(dies_with_parent), "--parent", str(os.getpid())]
    if manner == "self" and not options:
        return list(command)
    return [*LAUNCHER, "--as", manner, *options, "--", *command]


def own(folder: Path) -> None:
    """Give a folder and all in it to whoever `unprivileged` commands run as, if that changed since it was made."""
    if os.geteuid() != 0:
        return
    entry = launcher.account()
    user, group = (entry.pw_uid, entry.pw_gid) if manner() == "account" else (0, 0)
    if folder.stat().st_uid == user:
        return
    for place, _, files in os.walk(folder):
        os.chown(place, user, group)
        for name in files:
            os.chown(Path(place, name), user, group, follow_symlinks=False)


def run(command: Sequence[str], *, doing: str, environment: Mapping[str, str] | None = None, text: str = "") -> str:
    """Run a short command to its end and return what it printed.

    Raises EmbeddedServiceError, which says what was being done and what the command said.
    """
    try:
        result = subprocess.run(
            list(command), input=text, capture_output=True, text=True, timeout=120, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EmbeddedServiceError(f"{doing} failed: {error}") from error
    if result.returncode != 0:
        raise EmbeddedServiceError(f"{doing} failed:\n{(result.stderr or result.stdout).strip()}")
    return result.stdout


def start(command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> int:
    """Start a server in its own session, so that neither Ctrl-C nor the end of this process reaches it.

    Returns its process number. What it prints goes to the end of the log.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    return os.posix_spawn(
        command[0],
        list(command),
        dict(environment),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
