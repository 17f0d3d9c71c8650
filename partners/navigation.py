"""What the frame of every page shows from this app."""

from datetime import datetime

from nhc.access import ROLES
from nhc.models import User
from partners.queries import people


def role_words(user: User, at: datetime) -> str:
    """Return a person's current roles, once each and in the order of the register: "centre manager"."""
    held = {placement.role for placement in people.standing(user.pk, at).placements}
    return " and ".join(role.name.lower() for code, role in ROLES.items() if code in held)
