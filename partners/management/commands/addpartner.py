"""`manage.py addpartner CENTRE CODE TEAM`: make an organisation a partner of a centre, with its first team there."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from nhc import clock
from nhc.actors import Actor
from partners.queries import organisations as queries
from partners.services import organisations


class Command(BaseCommand):
    """Makes an organisation a partner from today on. Its administrator and the centre's manager do the rest."""

    help = "Make an organisation a partner of a centre from today on, with its first team there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the centre, the organisation and the team."""
        parser.add_argument("centre", help="Short name of the centre, as in its addresses.")
        parser.add_argument("code", help="Code of the organisation, such as ZZ001.")
        parser.add_argument("team", help="Name of the team that it brings, such as 'Front door'.")

    def handle(self, *, centre: str, code: str, team: str, **_: Any) -> None:
        """Do it, or end with exit code 1 and a sentence on standard error."""
        at, by = clock.now(), Actor.system("addpartner")
        today = clock.london_date(at)
        found = queries.centre_with_partners(centre, today)
        organisation = queries.organisation_by_code(code)
        if found is None:
            raise CommandError(f"No centre is called '{centre}'. Check it, or add the centre first.")
        if organisation is None:
            raise CommandError(f"No organisation has the code '{code}'. Check it, or add the organisation first.")
        try:
            with transaction.atomic():
                organisations.add_partnership(
                    organisation=organisation, centre=found.centre, from_date=today, by=by, at=at
                )
                made = organisations.add_team(organisation=organisation, centre=found.centre, name=team, by=by, at=at)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{organisation.name} is a partner of {found.centre.name}, with the team {made.name}.")
