"""`manage.py democookie EMAIL`: a signed-in session of a demonstration user, for tools that drive the pages."""

from argparse import ArgumentParser
from typing import override

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from nhc import clock, demonstration


class Command(BaseCommand):
    """Sign a demonstration user in and print the cookie."""

    help = "Prints the cookie, as sessionid=..., of a fully signed-in demonstration user. Needs NHC_DEMO=1."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the sign-in."""
        parser.add_argument("email", help="A demonstration sign-in, such as manager@riverside.example.")

    @override
    def handle(self, *_args: object, email: str, **_options: object) -> None:
        """Print the cookie alone, or end with exit code 1 and a sentence on standard error."""
        try:
            session = demonstration.session_for(email, at=clock.now())
        except demonstration.RefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{settings.SESSION_COOKIE_NAME}={session}")
