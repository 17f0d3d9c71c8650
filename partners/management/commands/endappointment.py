"""`manage.py endappointment AREA EMAIL`: let somebody read the dashboards of an area's centres no more."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from nhc import clock
from nhc.actors import Actor
from partners.queries import areas as queries
from partners.queries import people
from partners.services import areas


class Command(BaseCommand):
    """Ends an appointment to an area."""

    help = "End somebody's appointment to an area now, or withdraw one that has not begun."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the area and who it is."""
        parser.add_argument("area", help="Code of the area, as in its address.")
        parser.add_argument("email", help="The e-mail address with which the person signs in.")

    def handle(self, *, area: str, email: str, **_: Any) -> None:
        """Do it, or end with exit code 1 and a sentence on standard error."""
        at = clock.now()
        user = people.by_email(email)
        found = None if user is None else queries.appointment_of(user, area, at)
        if user is None or found is None:
            raise CommandError(f"'{email}' has no appointment to '{area}' that lasts. Check both.")
        try:
            areas.end_appointment(appointment=found, ends_at=at, by=Actor.system("endappointment"), at=at)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{user.name} is no longer appointed to {found.area.name}.")
