"""`manage.py endsessions EMAIL`: sign somebody out everywhere."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nhc import clock
from nhc.actors import Actor
from partners.queries import people
from partners.services import accounts


class Command(BaseCommand):
    """Ends the sessions of a person."""

    help = "Sign somebody out everywhere, as when a device of theirs is lost."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare who it is."""
        parser.add_argument("email", help="The e-mail address with which the person signs in.")

    def handle(self, *, email: str, **_: Any) -> None:
        """Do it, or end with exit code 1 and a sentence on standard error."""
        user = people.by_email(email)
        if user is None:
            raise CommandError(f"Nobody signs in with '{email}'. Check the address.")
        ended = accounts.end_sessions(user=user, by=Actor.system("endsessions"), at=clock.now())
        self.stdout.write(f"{user.name} is signed out everywhere: {ended} ended.")
