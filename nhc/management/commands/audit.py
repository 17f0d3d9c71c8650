"""`manage.py audit verify`: prove that the audit trail is what was written."""

from datetime import datetime
from typing import override

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from nhc import clock, seals, verification
from nhc.clock import LONDON
from nhc.seals import Head
from nhc.verification import Extent


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise CommandError(
            f"'{text}' is no head of the trail. Copy one from the log: a number, a colon and 64 hexadecimal digits."
        ) from error


def _since(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"'{text}' is not a date or time. Write it as 2027-03-01 or 2027-03-01T09:30.") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=LONDON)


class Command(BaseCommand):
    """Verify the audit trail, or seal what is settled now."""

    help = (
        "verify: computes every hash, seal and link of the audit trail again, says what was changed, removed or "
        "added, and ends with 1 where it found anything. seal: seals what is settled, without waiting for the worker."
    )
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, and how far back."""
        parser.add_argument("action", choices=("verify", "seal"))
        parser.add_argument(
            "--since", metavar="TIME", help="Take seals made before this date or time, in Europe/London, as they are."
        )
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="NUMBER:CODE",
            help="A head that the log names (audit.sealed): finds out whether it, or a seal after it, was removed.",
        )

    @override
    def handle(self, *_args: object, action: str, since: str | None, head: list[str], **_options: object) -> None:
        """Do it and say in sentences what was found."""
        if action == "seal":
            made = seals.seal_settled(at=clock.now())
            self.stdout.write(f"Sealed up to {made[-1]}." if made else "Nothing to seal.")
            return
        extent = Extent()
        found = 0
        with tqdm(unit=" events", disable=None, leave=False) as bar:

            def move(reached: Extent) -> None:
                bar.update(reached.events - bar.n)

            for finding in verification.verify(
                at=clock.now(),
                since=None if since is None else _since(since),
                heads=[_head(text) for text in head],
                extent=extent,
                progress=move,
            ):
                found += 1
                bar.clear()
                self.stdout.write(str(finding))
        verified = f"{extent.events:,} events under {extent.seals:,} seals verified"
        if found:
            raise CommandError(f"{verified}: {found:,} found wrong.", returncode=1)
        self.stdout.write(f"{verified}: nothing was changed, removed or added. Head: {extent.head or 'none yet'}.")
