"""`manage.py endsessions EMAIL`: sign somebody out everywhere."""

from datetime import datetime
from typing import Any

from nhc.actors import Actor
from nhc.models import User
from partners.management.person_command import PersonCommand
from partners.services import accounts


class Command(PersonCommand):
    """Ends the sessions of a person."""

    help = "Sign somebody out everywhere, as when a device of theirs is lost."

    def act(self, user: User, *, by: Actor, at: datetime, **options: Any) -> str:
        """End them, and say how many there were."""
        ended = accounts.end_sessions(user=user, by=by, at=at)
        return f"{user.name} is signed out everywhere: {ended} ended."
