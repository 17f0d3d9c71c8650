"""What goes wrong with embedded services, in sentences for the person at the keyboard."""

from pathlib import Path


class EmbeddedServiceError(Exception):
    """An embedded service cannot be found, started or stopped; the message says what to do."""


def last_lines(log: Path, count: int = 12) -> str:
    """Return the end of a log, for a message that must show why a server did not start."""
    if not log.is_file():
        return "(its log is empty)"
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
