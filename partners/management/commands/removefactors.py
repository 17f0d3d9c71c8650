"""`manage.py removefactors EMAIL --checked HOW`: help somebody who lost every second factor."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from nhc import clock
from nhc.actors import Actor
from partners.queries import people
from partners.services import accounts


class Command(BaseCommand):
    """Removes all second factors of a person."""

    help = "Remove all second factors of somebody who lost them, once you know that it is them."

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
        try:
            accounts.remove_factors(user=user, checked=checked, by=Actor.system("removefactors"), at=clock.now())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{user.name} has no second factor any more, and is signed out everywhere.")
