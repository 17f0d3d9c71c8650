"""`manage.py passwordlink EMAIL --checked HOW`: make a link to a new password where no e-mail is sent."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nhc import clock
from nhc.actors import Actor
from partners.queries import people
from partners.services import accounts


class Command(BaseCommand):
    """Makes a link to a new password. It is shown this once."""

    help = "Print a link to a new password, good once, for an hour. Hand it to the person themselves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare who it is, and how that was checked."""
        parser.add_argument("email", help="The e-mail address with which the person signs in.")
        parser.add_argument(
            "--checked",
            required=True,
            choices=accounts.CHECKS,
            help="How you checked who it is. " + " ".join(f"{code}: {how}." for code, how in accounts.CHECKS.items()),
        )

    def handle(self, *, email: str, checked: str, **_: Any) -> None:
        """Do it, or end with exit code 1 and a sentence on standard error."""
        user = people.by_email(email)
        if user is None:
            raise CommandError(f"Nobody signs in with '{email}'. Check the address.")
        by = Actor.system("passwordlink")
        self.stdout.write(accounts.make_password_link(user=user, checked=checked, by=by, at=clock.now()))
