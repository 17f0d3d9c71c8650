"""`manage.py addorganisation CODE NAME SECTOR`: store an organisation that is going to work with others."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from nhc import clock
from nhc.actors import Actor
from partners.models import Organisation
from partners.services import organisations


class Command(BaseCommand):
    """Stores an organisation. It is a partner of no centre until `addpartner` makes it one."""

    help = "Store an organisation, so that it can be a partner of centres."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare its code, its name and its sector."""
        parser.add_argument("code", help="Its ODS code, or a code of your own that starts with L, such as L001.")
        parser.add_argument("name", help="Its name, as people know it.")
        parser.add_argument("sector", choices=Organisation.Sector.values, help="What kind of organisation it is.")

    def handle(self, *, code: str, name: str, sector: str, **_: Any) -> None:
        """Do it, or end with exit code 1 and a sentence on standard error."""
        try:
            made = organisations.add_organisation(
                code=code, name=name, sector=sector, by=Actor.system("addorganisation"), at=clock.now()
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{made.name} is stored. Make it a partner: manage.py addpartner CENTRE {made.code} TEAM")
