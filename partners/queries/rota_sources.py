"""What an import of a rota is compared with, read in as few queries as there are kinds of thing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import Q

from nhc.models import User
from partners import hours
from partners.formats.rotas import Entry
from partners.models import CalendarFeed, Centre, DutyRole, Membership, Shift, Team
from partners.queries.rota import live, overlapping


class Times(Protocol):
    """Whatever is on duty from one instant until another."""

    @property
    def user(self) -> User: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Known:
    """A centre's teams, duty roles and people, by what a file may call them."""

    teams: dict[str, Team]
    roles: dict[str, DutyRole]
    people: dict[tuple[int, str], list[User]]
    placed: dict[tuple[int, int], list[tuple[datetime, datetime | None]]]

    def team(self, name: str) -> Team | None:
        """Return the team with a name, whatever its case."""
        return self.teams.get(name.casefold())

    def duty_role(self, name: str) -> DutyRole | None:
        """Return the duty role with a code or name, whatever its case."""
        return self.roles.get(name.casefold())

    def person(self, name: str, team: Team) -> User | None:
        """Return the person of a team with an address, or with a name that nobody else there has."""
        found = self.people.get((team.pk, name.casefold()), [])
        return found[0] if len(found) == 1 else None

    def works_in(self, user: User, team: Team, entry: Entry) -> bool:
        """Whether a person works in a team for all of an entry's time."""
        stretches = ((starts, ends or entry.ends_at) for starts, ends in self.placed.get((user.pk, team.pk), ()))
        return not hours.without(
            [(entry.starts_at, entry.ends_at)], ((starts, ends) for starts, ends in stretches if starts < ends)
        )


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last shifts that earlier imports made, by the reference they came with or by who and when."""

    by_reference: dict[tuple[int, int, str], Shift]
    by_times: dict[tuple[int, int, int, datetime, datetime], Shift]

    def of(self, reference: str, team: Team, role: DutyRole, duty: Times) -> Shift | None:
        """Return the last shift that the same entry made, cancelled or not."""
        if reference:
            return self.by_reference.get((team.pk, role.pk, reference))
        return self.by_times.get((team.pk, role.pk, duty.user.pk, duty.starts_at, duty.ends_at))


def known(centre: Centre, at: datetime) -> Known:
    """Return what a file about a centre may name, as it stands at an instant."""
    teams = Team.objects.filter(centre=centre, closed_at__isnull=True).select_related("organisation")
    roles = list(DutyRole.objects.filter(centre=centre, retired_at__isnull=True).select_related("centre"))
    people: dict[tuple[int, str], list[User]] = {}
    placed: dict[tuple[int, int], list[tuple[datetime, datetime | None]]] = {}
    memberships = Membership.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), team__centre=centre)
    for each in memberships.select_related("user").order_by("pk"):
        placed.setdefault((each.user_id, each.team_id), []).append((each.starts_at, each.ends_at))
        for name in (each.user.email.casefold(), each.user.name.casefold()):
            there = people.setdefault((each.team_id, name), [])
            if each.user not in there:
                there.append(each.user)
    return Known(
        teams={team.name.casefold(): team for team in teams},
        roles={name.casefold(): role for role in roles for name in (role.name, role.code)},
        people=people,
        placed=placed,
    )


def earlier(centre: Centre, source: Shift.Source, feed: CalendarFeed | None, entries: Sequence[Entry]) -> Earlier:
    """Return the shifts that earlier imports of the same entries made; a feed knows only its own."""
    if not entries:
        return Earlier({}, {})
    base = Shift.objects.filter(duty_role__centre=centre).select_related(
        "user", "team__organisation", "duty_role__centre"
    )
    references = {entry.reference for entry in entries if entry.reference}
    named = base.filter(external_id__in=references, source=source, feed=feed) if references else base.none()
    start, end = min(entry.starts_at for entry in entries), max(entry.ends_at for entry in entries)
    nameless = any(not entry.reference for entry in entries)
    timed = base.filter(starts_at__gte=start, starts_at__lt=end) if nameless else base.none()
    return Earlier(
        {(each.team_id, each.duty_role_id, each.external_id): each for each in named.order_by("pk")},
        {
            (each.team_id, each.duty_role_id, each.user_id, each.starts_at, each.ends_at): each
            for each in timed.order_by("pk")
        },
    )


def live_of(users: Collection[int], entries: Sequence[Entry]) -> list[Shift]:
    """Return the shifts that some people are on while the entries last, at whatever centre."""
    if not entries:
        return []
    start, end = min(entry.starts_at for entry in entries), max(entry.ends_at for entry in entries)
    found = live().filter(overlapping(start, end), user_id__in=users).select_related("duty_role__centre")
    return list(found.order_by("starts_at", "pk"))


def ahead_of_feed(feed: CalendarFeed, at: datetime) -> list[Shift]:
    """Return the shifts of a feed that have not begun and are on the rota."""
    return list(live().filter(feed=feed, starts_at__gt=at).select_related("duty_role__centre"))


def feeds_of(centre: Centre) -> list[CalendarFeed]:
    """Return the calendars that are read for a centre, by team and duty role."""
    found = CalendarFeed.objects.filter(duty_role__centre=centre, ended_at__isnull=True)
    return list(found.select_related("team__organisation", "duty_role__centre").order_by("team__name", "pk"))
