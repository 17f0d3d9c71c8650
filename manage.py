#!/usr/bin/env python
"""Django's command line, with PostgreSQL and Redis found or started first for every command that needs them."""

import os
import signal
import sys
from pathlib import Path

from nhc import embedded

NEED_NO_SERVICES = {"help", "version", "--version", "check", "collectstatic"}


def main(arguments: list[str]) -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nhc.settings")
    command = arguments[1] if len(arguments) > 1 else "help"
    asks_for_help = not {"-h", "--help"}.isdisjoint(arguments)
    if command not in NEED_NO_SERVICES and not asks_for_help:
        # An ordinary end, so that the last command out stops the services.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        home = os.environ.get("NHC_HOME") or Path(__file__).resolve().parent / ".nhc"
        try:
            embedded.ensure(Path(home))
        except embedded.EmbeddedServiceError as error:
            sys.exit(str(error))

    from django.core.management import execute_from_command_line  # noqa: PLC0415  # reads settings

    execute_from_command_line(arguments)


if __name__ == "__main__":
    main(sys.argv)
