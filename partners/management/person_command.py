"""What the commands about one person's account have alike: who it is, how that was checked, and faults as sentences."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from nhc import clock
from nhc.actors import Actor
from nhc.models import User
from partners.queries import people
from partners.services import accounts


class PersonCommand(BaseCommand):
    """A command about somebody who signs in; a subclass says in `act` what happens."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare who it is."""
        parser.add_argument("email", help="The e-mail address with which the person signs in.")

    def act(self, user: User, *, by: Actor, at: datetime, **options: Any) -> str:
        """Do it, and return what the operator reads."""
        raise NotImplementedError

    def handle(self, *, email: str, **options: Any) -> None:
        """Do it, or end with exit code 1 and a sentence on standard error."""
        user = people.by_email(email)
        if user is None:
            raise CommandError(f"Nobody signs in with '{email}'. Check the address.")
        by = Actor.system(type(self).__module__.rpartition(".")[2])
        try:
            self.stdout.write(self.act(user, by=by, at=clock.now(), **options))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None


class CheckedPersonCommand(PersonCommand):
    """A command that nobody may give before they know that it is the person who asks."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare who it is, and how that was checked."""
        super().add_arguments(parser)
        parser.add_argument(
            "--checked",
            required=True,
            choices=accounts.CHECKS,
            help="How you checked who it is. " + " ".join(f"{code}: {how}." for code, how in accounts.CHECKS.items()),
        )
