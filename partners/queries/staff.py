"""The people of an organisation: those it employs, and those who work in its teams."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from nhc.clock import london_date
from nhc.models import User
from partners.models import Employment, Membership, Organisation, Partnership, Team
from partners.queries.organisations import holds_on
from partners.queries.people import manager_employed, manager_of_placement_employed


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person as their organisation sees them.

    `employment` is the one that has not ended, None for a volunteer. `placements` are those that have not ended, with
    team, centre and the team's organisation: those in the organisation's own teams, and of an employee those in teams
    of organisations that do not employ the person too.
    """

    user: User
    employment: Employment | None
    placements: Sequence[Membership]


def lasting(at: datetime, through: str = "") -> Q:
    """Return the condition that a row reached `through` a path has not ended; it may not have started."""
    return Q(**{f"{through}ends_at__isnull": True}) | Q(**{f"{through}ends_at__gt": at})


def people_of(organisation: Organisation, at: datetime, *, sought: str = "") -> QuerySet[User]:
    """Return those whom the organisation employs or will employ, and those in its teams, by name.

    Each word of `sought` must be in the name or the e-mail address.
    """
    employed = Employment.objects.filter(lasting(at), organisation=organisation).values("user_id")
    placed = Membership.objects.filter(lasting(at), team__organisation=organisation).values("user_id")
    # One set of people to join: either condition on its own would be tried on every user there is.
    found = User.objects.filter(pk__in=employed.union(placed)).order_by("name", "pk")
    for word in sought.split():
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
    return found


def colleagues(organisation: Organisation, users: Iterable[User], at: datetime) -> list[Colleague]:
    """Return what the organisation sees of its people, in the order given. Two queries however many they are."""
    users = list(users)
    employments = {
        employment.user_id: employment
        for employment in Employment.objects.filter(lasting(at), organisation=organisation, user__in=users)
        .select_related("line_manager")
        .order_by("-starts_at")
    }
    placements: dict[int, list[Membership]] = {user.pk: [] for user in users}
    for placement in _placements(at).filter(user__in=users):
        if is_ours(placement, organisation, employed=placement.user_id in employments):
            placements[placement.user_id].append(placement)
    return [Colleague(user, employments.get(user.pk), placements[user.pk]) for user in users]


def is_ours(placement: Membership, organisation: Organisation, *, employed: bool) -> bool:
    """Whether a placement concerns an organisation: in its own team, or its employee's where no other employer's is."""
    return placement.team.organisation_id == organisation.pk or (employed and not employed_there(placement))


def employed_there(placement: Membership) -> bool:
    """Whether the team's organisation is the person's employer: only of placements that this module returned."""
    return bool(vars(placement)["employed_there"])


def managed_by(user_id: int, at: datetime) -> QuerySet[User]:
    """Return whom a person manages from their own employer, by name: by their employment, or for one placement.

    Nobody, once that employer is theirs no more.
    """
    employed = Employment.objects.filter(lasting(at), manager_employed(at), line_manager_id=user_id).values("user_id")
    placed = Membership.objects.filter(lasting(at), manager_of_placement_employed(at), line_manager_id=user_id)
    return User.objects.filter(pk__in=employed.union(placed.values("user_id"))).order_by("name", "pk")


def managed(user_id: int, users: Iterable[User], at: datetime) -> dict[int, list[Membership]]:
    """Return the placements that a line manager looks after, by person.

    They are those that name the manager, and those without one of a person whose employment names the manager, unless
    the team's organisation employs the person too and has somebody else for it.
    """
    users = list(users)
    placements: dict[int, list[Membership]] = {user.pk: [] for user in users}
    home = Employment.objects.filter(lasting(at), manager_employed(at), line_manager_id=user_id, user=OuterRef("user"))
    there = home.filter(organisation=OuterRef("team__organisation"))
    found = _placements(at).filter(
        Q(manager_of_placement_employed(at), line_manager_id=user_id)
        | Q(Exists(home), Q(employed_there=False) | Q(Exists(there)), line_manager__isnull=True),
        user__in=users,
    )
    for placement in found:
        placements[placement.user_id].append(placement)
    return placements


def employment_of(user: User, organisation: Organisation, at: datetime) -> Employment | None:
    """Return a person's employment by an organisation that has not ended, the latest."""
    return (
        Employment.objects.filter(lasting(at), user=user, organisation=organisation)
        .select_related("line_manager", "user", "organisation")
        .order_by("starts_at")
        .last()
    )


def employee_by_email(email: str, organisation: Organisation, at: datetime) -> User | None:
    """Return the employee with an e-mail address. Somebody else's employee is as unknown as nobody."""
    employed = Employment.objects.filter(lasting(at), organisation=organisation, user=OuterRef("pk"))
    return User.objects.filter(Exists(employed), email=email.strip().lower()).first()


def teams_of(organisation: Organisation, at: datetime) -> list[Team]:
    """Return an organisation's open teams at centres where it is a partner today, by centre and name."""
    day = london_date(at)
    return list(
        Team.objects.filter(
            Q(closed_at__isnull=True) | Q(closed_at__gt=at),
            Exists(
                Partnership.objects.filter(
                    holds_on(day), organisation_id=OuterRef("organisation_id"), centre_id=OuterRef("centre_id")
                )
            ),
            organisation=organisation,
        )
        .select_related("centre")
        .order_by("centre__name", "name", "pk")
    )


def placement_by_id(placement_id: int, at: datetime) -> Membership | None:
    """Return a placement that has not ended, with its person, team, centre and organisation."""
    return _placements(at).select_related("user").filter(pk=placement_id).first()


def person_of(organisation: Organisation, user_id: int, at: datetime) -> User | None:
    """Return the person if they are one of the organisation's."""
    return people_of(organisation, at).filter(pk=user_id).first()


def _placements(at: datetime) -> QuerySet[Membership]:
    employers = Employment.objects.filter(
        lasting(at), user=OuterRef("user"), organisation=OuterRef("team__organisation")
    )
    return (
        Membership.objects.filter(lasting(at))
        .annotate(employed_there=Exists(employers))
        .select_related("team__centre", "team__organisation", "line_manager")
        .order_by("team__centre__name", "team__name", "starts_at", "pk")
    )
