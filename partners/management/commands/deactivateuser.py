"""`manage.py deactivateuser EMAIL`: close somebody's account and end everything of theirs now."""

from datetime import datetime
from typing import Any

from nhc.actors import Actor
from nhc.models import User
from partners.management.person_command import PersonCommand
from partners.services import accounts


class Command(PersonCommand):
    """Closes an account."""

    help = "Close somebody's account now: sessions, employments, placements and appointments end."

    def act(self, user: User, *, by: Actor, at: datetime, **options: Any) -> str:
        """Close it."""
        accounts.deactivate(user=user, by=by, at=at)
        return f"The account of {user.name} is closed, and everything of theirs has ended."
