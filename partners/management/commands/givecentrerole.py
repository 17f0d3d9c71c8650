"""`manage.py givecentrerole CENTRE CODE EMAIL ROLE`: give someone a role of the whole centre, such as its manager."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from nhc import clock
from nhc.actors import Actor
from partners.queries import organisations, people, staff
from partners.services.centre_roles import give_centre_role


class Command(BaseCommand):
    """Gives a role that no organisation's administrator may give."""

    help = "Give one of a partner's people a role of the whole centre. Their organisation needs a team there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the centre, the organisation, the person and the role."""
        parser.add_argument("centre", help="Short name of the centre, as in its addresses.")
        parser.add_argument("code", help="Code of the person's organisation, such as ZZ001.")
        parser.add_argument("email", help="The e-mail address with which the person signs in.")
        parser.add_argument("role", help="Code of the role, such as manager or privacy.")

    def handle(self, *, centre: str, code: str, email: str, role: str, **_: Any) -> None:
        """Do it, or end with exit code 1 and a sentence on standard error."""
        at = clock.now()
        organisation = organisations.organisation_by_code(code)
        user = people.by_email(email)
        teams = [] if organisation is None else staff.teams_of(organisation, at)
        team = next((each for each in teams if each.centre.slug == centre), None)
        if user is None:
            raise CommandError(f"Nobody signs in with '{email}'. Invite them first.")
        if team is None:
            raise CommandError(f"'{code}' has no team at '{centre}'. Check both, or add the team first.")
        try:
            give_centre_role(user=user, team=team, role=role, starts_at=at, by=Actor.system("givecentrerole"), at=at)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{user.name} has the role in {team.name}, {team.centre.name}.")
