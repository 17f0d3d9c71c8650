"""Write the whole database to a file."""

from pathlib import Path
from typing import override

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nhc import backups, clock
from nhc.actors import Actor


class Command(BaseCommand):
    """Take a backup that a restore can be compared with."""

    help = "Writes the whole database to a file, and beside it the manifest that a restore is compared with."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="The archive to write.")

    @override
    def handle(self, *_args: object, to: Path, **_options: object) -> None:
        """Take the backup and say what it holds."""
        try:
            manifest = backups.take(to=to, by=Actor.system("backup"), at=clock.now())
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Wrote {to} and, beside it, {backups.manifest_path(to).name}: "
            f"{manifest.rows:,} rows of {len(manifest.tables)} tables.\n"
            "The keys SECRET_KEY, NHC_API_KEY_PEPPER, NHC_BODY_KEY and NHC_AUDIT_KEY are not in it. "
            "Keep them in another safe place."
        )
