"""The centre of a page, as far as the person may see it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest

from nhc import clock
from nhc.access import Permission
from nhc.actors import Actor
from partners import permissions
from partners.permissions import Audience, CentreAccess, NotVisible, Viewer
from partners.queries import contract

if TYPE_CHECKING:
    from partners.models import Measure


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page of a centre: when, by whom, and what they may see."""

    at: datetime
    access: CentreAccess
    by: Actor

    @property
    def today(self) -> date:
        """Return the date in Europe/London."""
        return clock.london_date(self.at)

    def allows(self, permission: Permission) -> bool:
        """Whether the person holds a permission at the centre."""
        return permission in self.access.permissions


def visit(request: HttpRequest, slug: str) -> Visit:
    """Return the visit. Raises NotVisible where there is no such centre for this person."""
    at = clock.now()
    user = request.user
    access = permissions.get_centre_for(Viewer.user(user), slug, at)  # type: ignore[arg-type]  # signed in
    return Visit(at, access, Actor.user(user))  # type: ignore[arg-type]  # likewise


def measure_at(code: str, access: CentreAccess) -> "Measure":
    """Return a measure that the centre collects or has collected; else NotVisible."""
    measure = contract.measure_by_code(code)
    if measure is None or not access.centre.collections.filter(measure=measure).exists():
        raise NotVisible
    return measure


def own_outside(access: CentreAccess) -> frozenset[int]:
    """Return an outsider's organisations; none for members, whose publications say the same whoever they work for."""
    return access.organisations if access.audience is Audience.OUTSIDE else frozenset()
