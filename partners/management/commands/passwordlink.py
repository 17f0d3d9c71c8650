"""`manage.py passwordlink EMAIL --checked HOW`: make a link to a new password where no e-mail is sent."""

from datetime import datetime
from typing import Any

from nhc.actors import Actor
from nhc.models import User
from partners.management.person_command import CheckedPersonCommand
from partners.services import accounts


class Command(CheckedPersonCommand):
    """Makes a link to a new password. It is shown this once."""

    help = "Print a link to a new password, good once, for an hour. Hand it to the person themselves."

    def act(self, user: User, *, by: Actor, at: datetime, **options: Any) -> str:
        """Make the link and return it alone."""
        return accounts.make_password_link(user=user, checked=options["checked"], by=by, at=at)
