"""`make run` serves until it is told to stop, says what ends, starts it again, and leaves nothing running."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from nhc.embedded.processes import free_port, is_running, port_is_free, wait_for

ROOT = Path(__file__).resolve().parents[2]
ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@contextlib.contextmanager
def serving(home: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    """Run the command as `make run` does, without the demonstration, up to the line that names the address."""
    environment = {name: value for name, value in os.environ.items() if name not in ADDRESSES}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "serve"],
        env=environment | {"NHC_HOME": str(home), "NHC_DEMO": "0", "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=180)
        finally:
            process.kill()


def command(home: Path, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ADDRESSES}
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment | {"NHC_HOME": str(home)},
        check=True,
        capture_output=True,
    )


def said(process: "subprocess.Popen[str]", pattern: str) -> str:
    """Return the next line that matches; fail with all lines when the process ends before it comes."""
    lines = []
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(pattern, line):
            return line
        lines.append(line)
    pytest.fail(f"never said {pattern}: {''.join(lines)}")


def parts(process: "subprocess.Popen[str]") -> dict[str, psutil.Process]:
    children = {" ".join(child.cmdline()): child for child in psutil.Process(process.pid).children()}
    return {
        part: child
        for part in ("uvicorn", "worker", "beat")
        for line, child in children.items()
        if re.search(rf"\b{part}\b", line)
    }


def test_it_serves_and_leaves_nothing_running(home: Path) -> None:
    port = free_port()
    with serving(home, port) as process:
        said(process, rf"Open http://127\.0\.0\.1:{port}/ ")
        assert httpx.get(f"http://127.0.0.1:{port}/readyz").json()["parts"]["database"] == "ok"
        everything = psutil.Process(process.pid).children(recursive=True)
        assert set(parts(process)) == {"uvicorn", "worker", "beat"}
    assert process.returncode == 0
    assert wait_for(lambda: not any(is_running(child.pid) for child in everything), seconds=5)
    assert not (home / "postgresql" / "postmaster.pid").exists()


def test_being_asked_twice_to_stop_leaves_nothing_running_either(home: Path) -> None:
    with serving(home, free_port()) as process:
        said(process, "Ctrl-C")
        everything = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        said(process, "Stopping")
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    assert wait_for(lambda: not any(is_running(child.pid) for child in everything), seconds=5)


def test_a_part_that_dies_is_named_and_started_again(home: Path) -> None:
    with serving(home, free_port()) as process:
        said(process, "Ctrl-C")
        first = parts(process)["worker"]
        first.kill()
        line = said(process, "worker process ended")
        assert "signal SIGKILL" in line
        assert str(home / "logs" / "worker.log") in line
        assert wait_for(lambda: parts(process).get("worker") not in {None, first}, seconds=30)


def test_what_it_started_ends_with_it_even_when_it_is_killed(home: Path) -> None:
    with serving(home, free_port()) as process:
        said(process, "Ctrl-C")
        left = list(parts(process).values())
        process.kill()
        assert wait_for(lambda: not any(is_running(child.pid) for child in left), seconds=30)
    command(home, "backup", "--to", str(home / "afterwards.dump"))
    assert not (home / "postgresql" / "postmaster.pid").exists()


def test_other_commands_use_what_it_runs_and_leave_it_running(home: Path) -> None:
    port = free_port()
    with serving(home, port) as process:
        said(process, "Ctrl-C")
        command(home, "backup", "--to", str(home / "while-serving.dump"))
        assert httpx.get(f"http://127.0.0.1:{port}/readyz").json()["parts"]["database"] == "ok"


def test_a_port_for_a_server_is_none_that_connections_get() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    ports = {free_port() for _ in range(50)}
    assert len(ports) > 1
    assert all(1024 < port < lowest for port in ports)


def test_another_port_is_named_that_a_server_could_use(home: Path) -> None:
    with serving(home, 65536) as process:
        line = said(process, r"Port 65536 cannot be used. Choose another, for example: PORT=\d+ make run")
        assert process.wait(timeout=60) == 1
    assert port_is_free(int(line.partition("PORT=")[2].split()[0]))


def test_a_port_in_use_is_said_before_anything_starts(home: Path) -> None:
    port = free_port()
    with serving(home, port) as first:
        said(first, "Ctrl-C")
        with serving(home, port) as second:
            said(second, rf"Port {port} cannot be used. Choose another, for example: PORT=\d+ make run")
            assert second.wait(timeout=60) == 1
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").text == "ok\n"
