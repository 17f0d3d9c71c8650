"""`manage.py removefactors EMAIL --checked HOW`: help somebody who lost every second factor."""

from datetime import datetime
from typing import Any

from nhc.actors import Actor
from nhc.models import User
from partners.management.person_command import CheckedPersonCommand
from partners.services import accounts


class Command(CheckedPersonCommand):
    """Removes all second factors of a person."""

    help = "Remove all second factors of somebody who lost them, once you know that it is them."

    def act(self, user: User, *, by: Actor, at: datetime, **options: Any) -> str:
        """Remove them, which ends the person's sessions too."""
        accounts.remove_factors(user=user, checked=options["checked"], by=by, at=at)
        return f"{user.name} has no second factor any more, and is signed out everywhere."
