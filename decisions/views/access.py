"""Who is on a page, and when."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from django.http import HttpRequest

from nhc import clock
from nhc.actors import Actor
from nhc.models import User
from partners.permissions import Viewer


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: the instant and the signed-in person."""

    at: datetime
    user: User

    @property
    def today(self) -> date:
        """Return the date in Europe/London."""
        return clock.london_date(self.at)

    @property
    def viewer(self) -> Viewer:
        """Return the person as getters know them."""
        return Viewer.user(self.user)

    @property
    def by(self) -> Actor:
        """Return the person as services know them."""
        return Actor.user(self.user)


def visit(request: HttpRequest) -> Visit:
    """Return the visit of a signed-in person; middleware sees to it that there is one."""
    return Visit(clock.now(), cast("User", request.user))
