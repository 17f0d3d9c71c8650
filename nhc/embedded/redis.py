"""One Redis of our own: no data that matters lives in it, so it keeps nothing on disk."""

import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from nhc.embedded import processes
from nhc.embedded.failure import EmbeddedServiceError, last_lines


@dataclass(frozen=True)
class RedisServer:
    """A port of 127.0.0.1, a password, and the program that serves them."""

    program: str
    folder: Path
    log: Path
    port: int
    password: str
    dies_with_parent: bool = False

    @property
    def url(self) -> str:
        """The server's address."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server.

        Raises EmbeddedServiceError with the end of its log when it does not answer within 20 seconds.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = self.folder / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(self._configuration(), encoding="utf-8")
        command = [self.program, str(configuration)]
        if self.dies_with_parent:
            command = processes.dying_with_parent(command, signal.SIGKILL)
        started = processes.start(command, log=self.log, environment=os.environ)
        for _ in processes.attempts(20):
            if self.answers():
                return
            if not processes.is_running(started):
                break
        raise EmbeddedServiceError(f"Redis did not start. The end of {self.log}:\n{last_lines(self.log)}")

    def _configuration(self) -> str:
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.password,
            "dir": f'"{self.folder}"',
            "pidfile": f'"{self.folder / "redis.pid"}"',
            "save": '""',
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def answers(self) -> bool:
        """Return whether the server with our password answers on our port."""
        return self._say("PING", seconds=2).endswith("+PONG\r\n")

    def process(self) -> int | None:
        """Return the number of the running server process."""
        try:
            pid = int((self.folder / "redis.pid").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        running = processes.is_running(pid) and str(self.port) in processes.command_line(pid)
        return pid if running else None

    def stop(self) -> None:
        """Stop the server without saving, and wait until it is gone."""
        pid = self.process()
        self._say("SHUTDOWN NOSAVE", seconds=2)
        if pid is not None and not processes.wait_for(lambda: not processes.is_running(pid), seconds=3):
            # A server that was told to stand still hears nothing else.
            os.kill(pid, signal.SIGKILL)
            processes.wait_for(lambda: not processes.is_running(pid), seconds=10)

    def restart(self) -> None:
        """Stop and start again, empty, on the same port."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Make the server stand still: connections open, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        self._signal(signal.SIGCONT)

    def flush(self) -> None:
        """Empty the server."""
        self._say("FLUSHALL", seconds=5)

    def _signal(self, number: signal.Signals) -> None:
        pid = self.process()
        if pid is None:
            raise EmbeddedServiceError("Redis is not running. Start it first.")
        os.kill(pid, number)

    def _say(self, command: str, *, seconds: float) -> str:
        """Send one inline command and return all that comes back, or '' when nobody is there or nobody answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
                connection.sendall(f"AUTH {self.password}\r\n{command}\r\nQUIT\r\n".encode())
                answer = b"".join(iter(lambda: connection.recv(4096), b""))
        except OSError:
            return ""
        said = answer.decode("utf-8", "replace")
        return said.removesuffix("+OK\r\n") if said.startswith("+OK\r\n") else ""
