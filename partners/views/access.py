"""Who is on a page, when, and for which organisation."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from django.http import HttpRequest

from nhc import clock
from nhc.access import Permission
from nhc.actors import Actor
from nhc.models import User
from partners import permissions
from partners.models import Organisation
from partners.permissions import NotVisible, Viewer


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

    def by(self, organisation: Organisation) -> Actor:
        """Return the person as services know them, acting for an organisation."""
        return Actor.user(self.user, organisation=organisation.code)

    def may(self, permission: Permission, organisation: Organisation) -> bool:
        """Whether the person holds a permission for an organisation."""
        return organisation in permissions.organisations_for(self.viewer, self.at, permission=permission)


@dataclass(frozen=True, slots=True)
class Choice:
    """The organisations a person may look at here, and the one they look at; None where there are none."""

    organisations: list[Organisation]
    chosen: Organisation | None


def visit(request: HttpRequest) -> Visit:
    """Return the visit of a signed-in person; middleware sees to it that there is one."""
    return Visit(clock.now(), cast("User", request.user))


def choose(request: HttpRequest, seen: Visit, *, permission: Permission | None = None) -> Choice:
    """Return the organisation that the address names, or else the first. NotVisible for one of others."""
    organisations = permissions.organisations_for(seen.viewer, seen.at, permission=permission)
    code = request.GET.get("organisation")
    if not code:
        return Choice(organisations, organisations[0] if organisations else None)
    for organisation in organisations:
        if organisation.code == code:
            return Choice(organisations, organisation)
    raise NotVisible
