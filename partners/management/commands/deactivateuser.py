"""`manage.py deactivateuser EMAIL`: close somebody's account and end everything of theirs now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nhc import clock
from nhc.actors import Actor
from partners.queries import people
from partners.services import accounts


class Command(BaseCommand):
    """Closes an account."""

    help = "Close somebody's account now: sessions, employments, placements and appointments end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare who it is."""
        parser.add_argument("email", help="The e-mail address with which the person signs in.")

    def handle(self, *, email: str, **_: Any) -> None:
        """Do it, or end with exit code 1 and a sentence on standard error."""
        user = people.by_email(email)
        if user is None:
            raise CommandError(f"Nobody signs in with '{email}'. Check the address.")
        accounts.deactivate(user=user, by=Actor.system("deactivateuser"), at=clock.now())
        self.stdout.write(f"The account of {user.name} is closed, and everything of theirs has ended.")
