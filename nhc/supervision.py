"""Running the product's own processes side by side, on one machine, with nothing restarted in silence."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nhc.embedded.processes import attempts, dying_with_parent

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
SETTLED = 60.0
"""Seconds; a process that ran for longer starts again after the shortest pause."""
STOP_SIGNALS = ((signal.SIGTERM, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
"""Each with the seconds it is given: a worker ends its task after SIGTERM, drops it after SIGQUIT."""


@dataclass
class Part:
    """One kind of process: what it is called, what runs it, and the one that runs now."""

    name: str
    command: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0


class Supervisor:
    """Starts parts, starts them again when they end, and stops them all. Instants are `time.monotonic()`."""

    def __init__(
        self,
        *,
        folder: Path,
        logs: Path,
        environment: Mapping[str, str],
        inherited: Sequence[int],
        say: Callable[[str], None],
    ) -> None:
        """`inherited` are descriptors that every process keeps open; `say` shows a line to a person."""
        self._parts: list[Part] = []
        self._folder = folder
        self._logs = logs
        self._environment = environment
        self._inherited = tuple(inherited)
        self._say = say

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a part and keep it running from now on."""
        part = Part(name, dying_with_parent(command, signal.SIGTERM))
        self._parts.append(part)
        self._run(part)

    def _run(self, part: Part) -> None:
        self._logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.log(part.name).open("ab") as output:
            # A session of its own: Ctrl-C reaches the supervisor alone, which then stops the parts in order.
            part.process = subprocess.Popen(
                part.command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self._inherited,
            )
        part.started = time.monotonic()

    def log(self, name: str) -> Path:
        """Return the file that a part's output goes to."""
        return self._logs / f"{name}.log"

    def is_running(self, name: str) -> bool:
        """Return whether a part runs now."""
        return any(
            part.process is not None and part.process.poll() is None for part in self._parts if part.name == name
        )

    def look(self) -> None:
        """Notice parts that ended, say so, and start those again whose pause is over."""
        at = time.monotonic()
        for part in self._parts:
            if part.process is not None and part.process.poll() is not None:
                if at - part.started > SETTLED:
                    part.pause = FIRST_PAUSE
                self._say(
                    f"The {part.name} process ended ({_ending(part.process.returncode)}). "
                    f"It starts again in {part.pause:.0f} s. Its log: {self.log(part.name)}"
                )
                part.process = None
                part.due = at + part.pause
                part.pause = min(part.pause * 2, LONGEST_PAUSE)
            elif part.process is None and at >= part.due:
                self._run(part)

    def stop(self) -> None:
        """Stop every part, gently first, and return when all have ended."""
        for number, seconds in STOP_SIGNALS:
            left = [part.process for part in self._parts if part.process is not None and part.process.poll() is None]
            if not left:
                return
            for process in left:
                if number == signal.SIGKILL:
                    # With everything it started: nobody else would stop those.
                    os.killpg(process.pid, number)
                else:
                    process.send_signal(number)
            for _ in attempts(seconds, pause=0.05):
                if all(process.poll() is not None for process in left):
                    return


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
