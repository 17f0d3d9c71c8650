"""`manage.py createapikey CODE --scopes submit,read`: make an API key and print it, alone, on standard output."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from nhc import clock
from nhc.actors import Actor
from partners.queries import organisations
from partners.services import keys


class Command(BaseCommand):
    """Makes a key for an organisation. It is shown this once: only a digest is stored."""

    help = "Make an API key for the organisation with a code and print it alone on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the organisation's code, scopes, label and days until expiry."""
        parser.add_argument("code", help="Code of the organisation, such as ZZ001.")
        parser.add_argument("--scopes", default="submit,read", help="Scopes with commas between: submit, read, refer.")
        parser.add_argument("--label", default="", help="What the key is for, shown in lists of keys.")
        parser.add_argument("--days", type=int, help="Days until the key expires; without it, it never does.")

    def handle(self, *, code: str, scopes: str, label: str, days: int | None, **_: Any) -> None:
        """Print the key, or end with exit code 1 and a sentence on standard error."""
        at = clock.now()
        organisation = organisations.organisation_by_code(code)
        if organisation is None:
            raise CommandError(f"No organisation has the code '{code}'. Check it, or add the organisation first.")
        try:
            expires_at = None if days is None else at + timedelta(days=days)
            made = keys.create_key(
                organisation=organisation,
                scopes=[scope.strip() for scope in scopes.split(",") if scope.strip()],
                label=label,
                expires_at=expires_at,
                by=Actor.system("createapikey"),
                at=at,
            )
        except OverflowError:
            raise CommandError(f"{days} days is out of range. Use a smaller number.") from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(made.text)
