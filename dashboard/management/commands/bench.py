"""Measure the product against its budgets (design section 9)."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """Run benchmarks in a database of their own, over real servers, beside a yardstick in the same run."""

    help = "Measure against the budgets: bench [NAME ...] [--json FILE] [--scale small|full]"

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the groups of rows to measure; all of them by default."""
        parser.add_argument("names", nargs="*", metavar="NAME")
        parser.add_argument("--json")
        parser.add_argument("--scale", choices=["small", "full"], default="small")

    def handle(self, *, names: list[str], scale: str, json: str | None, **_: object) -> None:
        """Hand over to a process of its own: it points Django at another database."""
        command = [sys.executable, "-m", "tests.bench", *names, "--scale", scale]
        if json:
            command += ["--json", str(Path(json).resolve())]
        finished = subprocess.run(command, cwd=settings.BASE_DIR, check=False)
        if finished.returncode:
            sys.exit(finished.returncode)
