"""Bring a backup back."""

from pathlib import Path
from typing import override

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nhc import backups, clock
from nhc.actors import Actor


class Command(BaseCommand):
    """Restore a backup and compare every table with what was backed up."""

    help = "Restores a backup into an empty database, or with --replace over what is there, and compares them."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="archive", type=Path, required=True, metavar="FILE", help="The archive.")
        parser.add_argument("--replace", action="store_true", help="Replace all that the database holds now.")

    @override
    def handle(self, *_args: object, archive: Path, replace: bool, **_options: object) -> None:
        """Restore and say what came back."""
        try:
            manifest = backups.restore(archive=archive, replace=replace, by=Actor.system("restore"), at=clock.now())
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Restored {manifest.rows:,} rows of {len(manifest.tables)} tables as they were at "
            f"{manifest.made_at.isoformat(timespec='seconds')}; every table equals the backup."
        )
