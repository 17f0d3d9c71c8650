"""Episodes: a centre's board rows, which say nothing of who they are about, and what a team is responsible for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from huddles.models import CircleMember, Episode, Person, Responsibility
from partners.queries.people import current

if TYPE_CHECKING:
    from partners.models import Centre, Team


@dataclass(frozen=True, slots=True)
class BoardRow:
    """An open episode as every member of the centre on duty sees it. No identity and no clinical text.

    `initials` are empty for a sensitive record.
    """

    reference: str
    initials: str
    opened_at: datetime
    waiting_since: datetime | None
    team_id: int
    team: str


def open_at(centre: "Centre") -> QuerySet[Episode]:
    """Return a centre's open episodes, those that wait longest first."""
    return Episode.objects.filter(centre=centre, closed_at__isnull=True).order_by("opened_at", "pk")


def board_rows(centre: "Centre", at: datetime) -> list[BoardRow]:
    """Return a centre's board rows at an instant, those that wait longest first. One query."""
    found = open_at(centre).filter(opened_at__lte=at).select_related("person__merged_into", "responsible_team")
    return [row_of(episode) for episode in found.only(*_SHOWN)]


_NAMES = ("given_name", "family_name", "alias", "sensitive", "merged_into")
_SHOWN = (
    "reference",
    "opened_at",
    "waiting_since",
    "responsible_team__name",
    *(f"person__{name}" for name in _NAMES),
    *(f"person__merged_into__{name}" for name in _NAMES),
)


def row_of(episode: Episode) -> BoardRow:
    """Return an open episode, fetched with its person and team, as members of the centre on duty see it."""
    person = episode.person.merged_into or episode.person
    return BoardRow(
        reference=episode.reference,
        initials="" if episode.person.sensitive else person.initials,
        opened_at=episode.opened_at,
        waiting_since=episode.waiting_since,
        team_id=episode.responsible_team_id,
        team=episode.responsible_team.name,
    )


def by_reference(centre: "Centre", reference: str) -> Episode | None:
    """Return a centre's episode with its person, teams and key worker."""
    return (
        Episode.objects.select_related("centre", "person__merged_into", "responsible_team__organisation", "key_worker")
        .filter(centre=centre, reference=reference.upper())
        .first()
    )


def open_by_team(team: "Team", at: datetime) -> QuerySet[Episode]:
    """Return the open episodes for which a team is responsible, those that wait longest first."""
    found = Episode.objects.filter(responsible_team=team, closed_at__isnull=True, opened_at__lte=at)
    return found.order_by("opened_at", "pk")


def of_person(person: Person) -> list[Episode]:
    """Return all episodes of a kept record and of those merged into it, the newest first."""
    found = Episode.objects.filter(Q(person=person) | Q(person__merged_into=person))
    return list(found.select_related("responsible_team__organisation", "key_worker").order_by("-opened_at", "-pk"))


def open_of(person: Person) -> Episode | None:
    """Return the open episode of a kept record, or of one that was merged into it."""
    found = Episode.objects.filter(Q(person=person) | Q(person__merged_into=person), closed_at__isnull=True)
    return found.select_related("centre", "person", "responsible_team__organisation", "key_worker").first()


def open_by_person(people: Iterable[Person]) -> dict[int, Episode]:
    """Return the open episodes of kept records, by the record's key. One query."""
    keys = [person.pk for person in people]
    found = Episode.objects.filter(Q(person__in=keys) | Q(person__merged_into__in=keys), closed_at__isnull=True)
    return {
        episode.person.merged_into_id or episode.person_id: episode
        for episode in found.select_related("person", "responsible_team")
    }


def history_of(episodes: Iterable[Episode]) -> list[Responsibility]:
    """Return which team was responsible for some episodes, from when until when, the newest first."""
    found = Responsibility.objects.filter(episode__in=list(episodes)).select_related("team", "employer", "user")
    return list(found.order_by("-held", "-pk"))


def circle_of(episode: Episode, at: datetime) -> list[CircleMember]:
    """Return who is around the person beside the responsible team, those who were first first."""
    found = CircleMember.objects.filter(current(at), episode=episode)
    return list(found.select_related("team__organisation", "user").order_by("starts_at", "pk"))


def circle_member(episode: Episode, member_id: int, at: datetime) -> CircleMember | None:
    """Return one of those who are around the person now."""
    return CircleMember.objects.filter(current(at), episode=episode, pk=member_id).first()
