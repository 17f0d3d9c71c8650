"""`manage.py addadministrator CODE EMAIL NAME`: give an organisation its first administrator, who invites others."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from nhc import clock
from nhc.actors import Actor
from nhc.models import User
from partners.queries import organisations, staff
from partners.services import people


class Command(BaseCommand):
    """Makes someone an administrator of an organisation, with an account and an employment where they have none."""

    help = "Make someone an administrator of an organisation. They choose their password through the sign-in page."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the organisation's code and who it is."""
        parser.add_argument("code", help="Code of the organisation, such as ZZ001.")
        parser.add_argument("email", help="The person's e-mail address, with which they sign in.")
        parser.add_argument("name", help="The person's name, for an account that has to be made.")

    def handle(self, *, code: str, email: str, name: str, **_: Any) -> None:
        """Do it, or end with exit code 1 and a sentence on standard error."""
        at = clock.now()
        by = Actor.system("addadministrator")
        organisation = organisations.organisation_by_code(code)
        if organisation is None:
            raise CommandError(f"No organisation has the code '{code}'. Check it, or add the organisation first.")
        try:
            with transaction.atomic():
                user = User.objects.filter(email=email.strip().lower()).first() or people.add_person(
                    email=email, name=name, organisation=None, employed_from=at, by=by, at=at
                )
                employment = staff.employment_of(user, organisation, at) or people.add_employment(
                    user=user, organisation=organisation, starts_at=at, by=by, at=at
                )
                people.set_administrator(employment=employment, administrator=True, by=by, at=at)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{user.name} is an administrator of {organisation.name}.")
        if not user.has_usable_password():
            self.stdout.write("They choose a password by 'I have forgotten my password' on the sign-in page.")
