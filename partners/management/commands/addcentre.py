"""`manage.py addcentre CENTRE NAME`: store a centre, empty."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from nhc import clock
from nhc.actors import Actor
from partners.services import organisations


class Command(BaseCommand):
    """Stores a centre. Nobody sees it until `addpartner` brings the organisations that work there."""

    help = "Store a centre, whose figures are its partners' own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare its short name and its name."""
        parser.add_argument("centre", help="Short name for its addresses: small letters, digits and hyphens.")
        parser.add_argument("name", help="Its name, as people know it.")

    def handle(self, *, centre: str, name: str, **_: Any) -> None:
        """Do it, or end with exit code 1 and a sentence on standard error."""
        try:
            made = organisations.add_centre(slug=centre, name=name, by=Actor.system("addcentre"), at=clock.now())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{made.name} is stored. Bring its partners: manage.py addpartner {made.slug} CODE TEAM")
