"""Episodes: opened with a responsible team, which then changes without a gap, until they close."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from huddles.lifecycle import EpisodeOutcome
from huddles.models import CircleMember, Episode, Person, Responsibility
from huddles.queries import episodes as queries
from huddles.queries import people as people_queries
from huddles.queries import referrals as referral_queries
from huddles.queries import streams as stream_queries
from huddles.queries import workers
from huddles.references import episode_reference
from huddles.services import board
from nhc import audit, changes
from nhc.actors import Actor
from nhc.audit import Detail
from partners.lifecycle import IllegalMoveError
from partners.queries import people as staff_queries

if TYPE_CHECKING:
    from huddles.models import Stream
    from nhc.models import User
    from partners.models import Centre, Team

TRIES = 20
"""References tried: among 12 million, two in a row that are taken are rarer than a mistake here."""


class Clash(ValidationError):
    """Somebody else has moved the episode since: `episode` is how it stands now."""

    def __init__(self, episode: Episode) -> None:
        super().__init__("Somebody else has changed this since you opened it. Look at how it stands, then decide.")
        self.episode = episode


class AlreadyOpenError(ValidationError):
    """The centre supports the person already: `episode` is the one that is open."""

    def __init__(self, episode: Episode) -> None:
        super().__init__("This centre supports the person already.")
        self.episode = episode


@transaction.atomic
def open_episode(*, person: Person, team: "Team", reason: str, by: Actor, at: datetime) -> Episode:
    """Open an episode of a record, or of the one it reads as, with a team of its centre responsible from this instant.

    The person waits from then on. Raises AlreadyOpenError, and ValidationError without a reason, for a record that was
    disposed of and for a team of another centre or one that has closed.
    """
    locked = _kept(person)
    already = queries.open_of(locked)
    if already is not None:
        raise AlreadyOpenError(already)
    _check_team(team, locked.centre)
    episode = Episode(
        person=locked,
        centre=locked.centre,
        reference=_free_reference(locked.centre),
        opened_at=at,
        waiting_since=at,
        responsible_team=team,
    )
    episode.full_clean(validate_constraints=False)
    episode.save(force_insert=True)
    _hold(episode, team, reason, by, at)
    _record("episode.opened", episode, by, at, team=team.pk, employer=team.organisation.code)
    return episode


@transaction.atomic
def hand_responsibility(*, episode: Episode, to_team: "Team", reason: str, by: Actor, at: datetime) -> Episode:
    """Make another team responsible from this instant on, and with it its employer. The key worker does not move along.

    Raises IllegalMoveError once the episode has closed, and ValidationError for the team that is responsible already,
    one of another centre, one that has closed, one of an organisation with which the person does not share, without a
    reason, and at or before the instant at which the team of today became responsible.
    """
    locked = lock(episode)
    _check_open(locked)
    _check_team(to_team, locked.centre)
    if to_team.pk == locked.responsible_team_id:
        raise ValidationError(f"{to_team.name} is responsible already.")
    if _keeps_from(locked, [to_team.organisation_id], at):
        name = to_team.organisation.name
        raise ValidationError(f"The person does not share their record with {name}. Ask them, or choose another team.")
    before = locked.responsible_team_id
    _end_last(locked, at)
    locked.responsible_team = to_team
    locked.key_worker = None
    _store(locked)
    _hold(locked, to_team, reason, by, at)
    _record(
        "episode.responsibility_moved",
        locked,
        by,
        at,
        team=to_team.pk,
        before=before,
        employer=to_team.organisation.code,
        version=locked.version,
    )
    return locked


@transaction.atomic
def close_episode(*, episode: Episode, outcome: EpisodeOutcome, by: Actor, at: datetime) -> Episode:
    """Close an episode: nobody is responsible from this instant on, and everybody leaves the circle.

    Raises IllegalMoveError where it has closed, ValidationError while a referral of the person waits for an answer, and
    at or before the instant at which it opened. Where two records are joined (`JOINED`) the other episode goes on, and
    with it the referrals.
    """
    locked = lock(episode)
    _check_open(locked)
    if outcome != EpisodeOutcome.JOINED and referral_queries.waits(locked):
        raise ValidationError("Answer the referral first: whoever referred waits for it.")
    _end_last(locked, at)
    locked.closed_at, locked.outcome, locked.waiting_since = at, outcome, None
    _store(locked)
    for member in queries.circle_of(locked, at):
        _leave(member, at)
    _record("episode.closed", locked, by, at, outcome=str(outcome), version=locked.version)
    return locked


@transaction.atomic
def set_stream(*, episode: Episode, stream: "Stream", by: Actor, at: datetime) -> Episode:
    """Send an open episode into a stream of its centre. Raises IllegalMoveError once it has closed."""
    locked = lock(episode)
    _check_open(locked)
    if locked.stream_id != stream.pk:
        locked.stream = stream
        _store(locked)
        _record("episode.stream_set", locked, by, at, stream=stream.code, version=locked.version)
    return locked


@transaction.atomic
def set_waiting(*, episode: Episode, waits: bool, by: Actor, at: datetime) -> Episode:
    """Say that the person waits from now on, or that they wait no more. Raises IllegalMoveError once it has closed."""
    locked = lock(episode)
    _check_open(locked)
    if waits != (locked.waiting_since is not None):
        locked.waiting_since = at if waits else None
        _store(locked)
        _record("episode.waiting_set", locked, by, at, waits=waits, version=locked.version)
    return locked


@transaction.atomic
def set_key_worker(*, episode: Episode, user: "User | None", version: int, by: Actor, at: datetime) -> Episode:
    """Name who the person turns to, of the responsible team; None for nobody. Naming the same changes nothing.

    Raises Clash for another version, IllegalMoveError once it has closed, ValidationError for anybody else.
    """
    locked = lock(episode)
    _check_open(locked)
    if locked.key_worker_id == (None if user is None else user.pk):
        return locked
    if locked.version != version:
        raise Clash(locked)
    if user is not None and user.pk not in workers.of_team(locked.centre, locked.responsible_team_id, at):
        raise ValidationError({"user": f"Choose somebody who works in {locked.responsible_team.name}."})
    locked.key_worker = user
    _store(locked)
    named = None if user is None else user.pk
    _record("episode.key_worker_set", locked, by, at, user=named, version=locked.version)
    return locked


@transaction.atomic
def add_to_circle(
    *, episode: Episode, team: "Team | None" = None, user: "User | None" = None, role: str, by: Actor, at: datetime
) -> CircleMember:
    """Put a team of the centre, or somebody who sees records there, around a person.

    Raises IllegalMoveError once the episode has closed, and ValidationError for both or neither, without a role, for
    who is around them already, for who does not work there, and for whose organisation the person does not share with.
    """
    locked = lock(episode)
    _check_open(locked)
    if team is not None:
        _check_team(team, locked.centre)
    if user is not None and user.pk not in workers.of_centre(locked.centre, at):
        raise ValidationError({"user": "Choose somebody who works at the centre with the people it supports."})
    if _keeps_from(locked, _organisations(locked, team, user, at), at):
        raise ValidationError("The person does not share their record with them. Ask the person first.")
    member = CircleMember(episode=locked, team=team, user=user, role=role.strip(), added_by_id=by.user_id, starts_at=at)
    member.full_clean()
    member.save(force_insert=True)
    _record("circle.joined", locked, by, at, team=member.team_id, user=member.user_id)
    return member


@transaction.atomic
def leave_circle(*, member: CircleMember, by: Actor, at: datetime) -> CircleMember:
    """Take a team or somebody out of the circle. Doing so twice changes nothing."""
    episode = lock(member.episode)
    locked = CircleMember.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if locked.ends_at is None:
        _leave(locked, at)
        _record("circle.left", episode, by, at, team=locked.team_id, user=locked.user_id)
    return locked


def keep_open(*, team: "Team", at: datetime) -> None:
    """Raise ValidationError where a team that is to close receives referrals or is responsible for somebody."""
    if stream_queries.receives(team, at):
        raise ValidationError("The team receives referrals. Let another team be the front door, then close it.")
    if queries.open_by_team(team, at).exists():
        raise ValidationError("The team is responsible for people. Hand each over to another team, then close it.")


def lock(episode: Episode) -> Episode:
    """Return the episode as it stands, alone with it, with its person, centre and team."""
    return lock_all([episode])[0]


def lock_all(found: Iterable[Episode]) -> list[Episode]:
    """Return episodes as they stand, alone with them, in the order of their keys: whoever needs several asks once."""
    return list(
        Episode.objects.select_for_update(of=("self",), no_key=True)
        .select_related("person", "centre", "responsible_team__organisation", "stream")
        .filter(pk__in=[episode.pk for episode in found])
        .order_by("pk")
    )


def let_go(*, episode: Episode, by: Actor, at: datetime) -> None:
    """Let go of the key worker of a locked episode, who has left; the caller raises the version of the board."""
    left = episode.key_worker_id
    episode.key_worker = None
    _store(episode)
    _note("episode.key_worker_left", episode, by, at, user=left, version=episode.version)


def _kept(person: Person) -> Person:
    """Return the record as which a record reads, alone with it; raise ValidationError for one disposed of."""
    found = Person.objects.select_related("merged_into").get(pk=person.pk)
    kept = people_queries.kept_of(found)
    locked = Person.objects.select_for_update(of=("self",)).select_related("centre").get(pk=kept.pk)
    if locked.merged_into_id is not None or locked.disposed_at is not None:
        raise ValidationError("This record is not used any more. Look for the person again.")
    return locked


def _free_reference(centre: "Centre") -> str:
    for _ in range(TRIES):
        reference = episode_reference()
        if not Episode.objects.filter(centre=centre, reference=reference).exists():
            return reference
    raise RuntimeError("No reference of an episode is free at this centre.")


def _check_team(team: "Team", centre: "Centre") -> None:
    if team.centre_id != centre.pk or team.closed_at is not None:
        raise ValidationError("Choose a team of this centre.")


def _check_open(episode: Episode) -> None:
    if episode.closed_at is not None:
        raise IllegalMoveError("This has been closed already, so it cannot change.")


def _keeps_from(episode: Episode, organisations: Collection[int], at: datetime) -> bool:
    return people_queries.keeps_from([people_queries.kept_of(episode.person)], organisations, at)


def _organisations(episode: Episode, team: "Team | None", user: "User | None", at: datetime) -> set[int]:
    """Return whose people a team, or somebody at the episode's centre, are: what a person says about these counts."""
    found = set() if team is None else {team.organisation_id}
    if user is not None:
        standing = staff_queries.standing(user.pk, at)
        placed = {each.organisation_id for each in standing.placements if each.centre_id == episode.centre_id}
        found |= standing.employers | placed
    return found


def _hold(episode: Episode, team: "Team", reason: str, by: Actor, at: datetime) -> None:
    if not reason.strip():
        raise ValidationError({"reason": "Say why."})
    Responsibility.objects.create(
        episode=episode,
        team=team,
        employer=team.organisation,
        held=DateTimeTZRange(at, None, "[)"),
        reason=reason.strip(),
        user_id=by.user_id,
        by_name="" if by.user_id is not None else by.name[:60],
    )


def _end_last(episode: Episode, at: datetime) -> None:
    last = Responsibility.objects.select_for_update().get(episode=episode, held__upper_inf=True)
    if last.held.lower >= at:
        raise ValidationError("This was taken on at this very instant. Try again in a moment.")
    last.held = DateTimeTZRange(last.held.lower, at, "[)")
    last.save(update_fields=["held"])


def _leave(member: CircleMember, at: datetime) -> None:
    member.ends_at = max(at, member.starts_at)
    member.save(update_fields=["ends_at"])


def _store(episode: Episode) -> None:
    episode.version += 1
    try:
        changes.store(episode)
    except IntegrityError as error:
        raise ValidationError("This does not fit what is known about the person now. Look at it again.") from error


def _record(verb: str, episode: Episode, by: Actor, at: datetime, **details: Detail) -> None:
    _note(verb, episode, by, at, **details)
    board.changed(episode.centre_id, at=at)


def _note(verb: str, episode: Episode, by: Actor, at: datetime, **details: Detail) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="episode",
        subject_id=episode.pk,
        details={"person": episode.person.reference, **details},
        centre=episode.centre.slug,
    )
