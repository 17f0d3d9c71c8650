"""The directory: a centre's teams, who runs them and who works in them."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from nhc.clock import london_date
from nhc.models import User
from partners.models import Centre, Membership, Organisation, Partnership, Team
from partners.queries.organisations import holds_on
from partners.queries.people import current


def teams_at(centre: Centre, at: datetime, *, sought: str = "") -> QuerySet[Team]:
    """Return the open teams of a centre's partners, by name, with their organisation and who leads them.

    Each word of `sought` must be in the team's name, what it does, its place, its organisation's or its lead's name.
    """
    partners = Partnership.objects.filter(
        holds_on(london_date(at)), centre=centre, organisation_id=OuterRef("organisation_id")
    )
    found = (
        Team.objects.filter(Q(closed_at__isnull=True) | Q(closed_at__gt=at), Exists(partners), centre=centre)
        .select_related("organisation", "lead")
        .order_by("name", "pk")
    )
    for word in sought.split():
        found = found.filter(
            Q(name__icontains=word)
            | Q(purpose__icontains=word)
            | Q(place__icontains=word)
            | Q(organisation__name__icontains=word)
            | Q(lead__name__icontains=word)
        )
    return found


def teams_ever(centre: Centre) -> list[Team]:
    """Return every team that a centre has or had, by name: for reading what was written of them."""
    return list(Team.objects.filter(centre=centre).order_by("name", "pk"))


def members_of(team: Team, at: datetime) -> QuerySet[Membership]:
    """Return a team's placements at an instant with their people, by name."""
    return Membership.objects.filter(current(at), team=team).select_related("user").order_by("user__name", "pk")


def may_lead(team: Team, at: datetime) -> list[User]:
    """Return who works in the team now, by name, once each."""
    placed = Membership.objects.filter(current(at), team=team, user=OuterRef("pk"))
    return list(User.objects.filter(Exists(placed)).order_by("name", "pk"))


def partners_at(centre: Centre, at: datetime) -> list[Organisation]:
    """Return a centre's partners today, by name."""
    partnerships = Partnership.objects.filter(holds_on(london_date(at)), centre=centre)
    return list(Organisation.objects.filter(pk__in=partnerships.values("organisation_id")).order_by("name", "pk"))
