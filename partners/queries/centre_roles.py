"""Who holds a role of the whole centre, and to whom one may be given."""

from datetime import datetime

from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When

from nhc.access import CENTRES_GIVE, ROLES, Permission
from nhc.clock import london_date
from nhc.models import User
from partners.models import Centre, Membership, Partnership, Team
from partners.queries.directory import teams_at
from partners.queries.organisations import holds_on
from partners.queries.people import current
from partners.queries.staff import lasting


def held_at(centre: Centre, at: datetime) -> QuerySet[Membership]:
    """Return the centre's roles that are held or will be, with person and team, by the register's order and name."""
    place = Case(*(When(role=code, then=Value(number)) for number, code in enumerate(CENTRES_GIVE)))
    return (
        Membership.objects.filter(lasting(at), team__centre=centre, role__in=CENTRES_GIVE)
        .select_related("user", "team__organisation", "team__centre")
        .order_by(place, "user__name", "pk")
    )


def by_id(centre: Centre, placement_id: int, at: datetime) -> Membership | None:
    """Return one of the centre's roles that has not ended."""
    return held_at(centre, at).filter(pk=placement_id).first()


def givers_at(centre: Centre, at: datetime) -> QuerySet[Membership]:
    """Return the placements, for an organisation that is a partner, that let somebody give the centre's roles."""
    codes = [code for code, role in ROLES.items() if Permission.GIVE_ROLES in role.permissions]
    partners = Partnership.objects.filter(
        holds_on(london_date(at)), centre=centre, organisation_id=OuterRef("team__organisation_id")
    )
    return Membership.objects.filter(
        current(at), Exists(partners), team__centre=centre, role__in=codes, user__is_active=True
    )


def person_at(centre: Centre, email: str, at: datetime) -> User | None:
    """Return who signs in with an address, if they work at the centre now. Anybody else is as unknown as nobody."""
    placed = Membership.objects.filter(current(at), team__centre=centre, user=OuterRef("pk"))
    return User.objects.filter(Exists(placed), email=email.strip().lower(), is_active=True).first()


def teams_of(user: User, centre: Centre, at: datetime) -> list[Team]:
    """Return the open teams of the centre in which a person works now, by name."""
    placed = Membership.objects.filter(current(at), user=user, team=OuterRef("pk"))
    return list(teams_at(centre, at).filter(Exists(placed)))
