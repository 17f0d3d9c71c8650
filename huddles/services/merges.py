"""Two records that are one person's: asked for by one member of staff, confirmed by another; parted the same way."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from huddles.lifecycle import MERGE_MOVES, EpisodeOutcome, MergeState
from huddles.models import Episode, Person, PersonMerge
from huddles.queries import episodes as episode_queries
from huddles.queries import people as people_queries
from huddles.services import board, episodes, sharing
from huddles.services.people import lock
from nhc import audit
from nhc.actors import Actor
from partners.lifecycle import check_move

_BY_PEOPLE = "Only people join and part records."
_SOMEBODY_ELSE = "Somebody else has to confirm this: you asked for it."
_SAME_NUMBER = "Another record has the same NHS number. Take it out of the one where it is wrong first."
_SENSITIVE = "The record to be joined is sensitive, and the one that is kept is not. Say so in that one first."


@transaction.atomic
def ask_merge(*, kept: Person, merged: Person, reason: str, by: Actor, at: datetime) -> PersonMerge:
    """Ask that one record reads as another of the same centre. Nothing changes until somebody else confirms it.

    Raises ValidationError for one record, records of two centres, records that are not used any more, one that others
    were merged into, a sensitive one into one that is not, without a reason, and where the merging of this record was
    asked for already.
    """
    first, second = _lock_both(kept, merged)
    if first.pk == second.pk:
        raise ValidationError("These are one record.")
    if first.centre_id != second.centre_id:
        raise ValidationError("Records of two centres cannot be joined.")
    _check_alone(second)
    _check_sensitive(first, second)
    if by.user_id is None:
        raise ValidationError(_BY_PEOPLE)
    if PersonMerge.objects.filter(merged=second, state=MergeState.ASKED).exists():
        raise ValidationError("Somebody has asked for this record to be joined to another already.")
    merge = PersonMerge(
        kept=first, merged=second, state=MergeState.ASKED, reason=reason.strip(), asked_by_id=by.user_id, asked_at=at
    )
    if not merge.reason:
        raise ValidationError({"reason": "Say how you know that both are the same person."})
    merge.full_clean(exclude={"kept", "merged"})
    merge.save(force_insert=True)
    _record("merge.asked", merge, by, at)
    return merge


@transaction.atomic
def confirm_merge(*, merge: PersonMerge, by: Actor, at: datetime) -> PersonMerge:
    """Carry out a merge that somebody else asked for: the one record reads as the other from now on.

    One person has one open episode: where both are open, that of the merged record closes, and its team comes into the
    circle of the other. A referral that waits there is taken further by the team that is responsible from now on.
    Raises IllegalMoveError where it is not asked for any more, ValidationError for who asked and as `ask_merge`.
    """
    locked = _locked(merge)
    check_move(MERGE_MOVES, MergeState(locked.state), MergeState.MERGED)
    if locked.state != MergeState.ASKED:
        raise ValidationError("Somebody has asked to undo this. Say whether that is right.")
    _check_other(locked.asked_by_id, by)
    kept, merged = _lock_both(locked.kept, locked.merged)
    _check_alone(merged)
    _check_sensitive(kept, merged)
    locked.state, locked.confirmed_by_id, locked.confirmed_at = MergeState.MERGED, by.user_id, at
    locked.save()
    _join_episodes(kept, merged, by, at)
    merged.merged_into = kept
    merged.version += 1
    merged.save(update_fields=["merged_into", "version"])
    _record("merge.confirmed", locked, by, at)
    board.changed(kept.centre_id, at=at)
    return locked


@transaction.atomic
def refuse_merge(*, merge: PersonMerge, by: Actor, at: datetime) -> PersonMerge:
    """Say that two records are two people's, or withdraw what one asked for. IllegalMoveError once it is done."""
    locked = _locked(merge)
    check_move(MERGE_MOVES, MergeState(locked.state), MergeState.REFUSED)
    locked.state, locked.refused_by_id, locked.refused_at = MergeState.REFUSED, by.user_id, at
    locked.save()
    _record("merge.refused", locked, by, at)
    return locked


@transaction.atomic
def ask_undo(*, merge: PersonMerge, reason: str, by: Actor, at: datetime) -> PersonMerge:
    """Ask that a merge is undone. Nothing changes until somebody else does it.

    Raises IllegalMoveError for one that does not stand, ValidationError without a reason.
    """
    locked = _locked(merge)
    check_move(MERGE_MOVES, MergeState(locked.state), MergeState.UNDO_ASKED)
    if by.user_id is None:
        raise ValidationError(_BY_PEOPLE)
    if not reason.strip():
        raise ValidationError({"reason": "Say how you know that these are two people."})
    locked.state, locked.undo_reason = MergeState.UNDO_ASKED, reason.strip()
    locked.undo_asked_by_id, locked.undo_asked_at = by.user_id, at
    locked.save()
    _record("merge.undo_asked", locked, by, at)
    return locked


@transaction.atomic
def keep_merge(*, merge: PersonMerge, by: Actor, at: datetime) -> PersonMerge:
    """Say that a merge was right after all. Raises IllegalMoveError where nobody has asked to undo it."""
    locked = _locked(merge)
    if locked.state != MergeState.UNDO_ASKED:
        check_move(MERGE_MOVES, MergeState.REFUSED, MergeState.MERGED)
    locked.state, locked.undo_reason, locked.undo_asked_by, locked.undo_asked_at = MergeState.MERGED, "", None, None
    locked.save()
    _record("merge.kept", locked, by, at)
    return locked


@transaction.atomic
def undo_merge(*, merge: PersonMerge, by: Actor, at: datetime) -> PersonMerge:
    """Part two records as somebody else asked: each reads as it did, and has what was its own.

    An episode that closed because of the merge is followed by a new one, with the team that was responsible, and what
    the record said about sharing holds again. Raises IllegalMoveError where nobody has asked for it, and
    ValidationError for who asked, and where both would have the same NHS number.
    """
    locked = _locked(merge)
    check_move(MERGE_MOVES, MergeState(locked.state), MergeState.UNDONE)
    _check_other(locked.undo_asked_by_id, by)
    merged = Person.objects.select_for_update(of=("self",)).select_related("centre").get(pk=locked.merged_id)
    locked.state, locked.undone_by_id, locked.undone_at = MergeState.UNDONE, by.user_id, at
    locked.save()
    merged.merged_into = None
    merged.version += 1
    try:
        with transaction.atomic():
            merged.save(update_fields=["merged_into", "version"])
    except IntegrityError as error:
        raise ValidationError(_SAME_NUMBER) from error
    if locked.confirmed_at is not None:
        sharing.say_again(person=merged, since=locked.confirmed_at, by=by, at=at)
    _part_episodes(locked, merged, by, at)
    _record("merge.undone", locked, by, at)
    board.changed(merged.centre_id, at=at)
    return locked


def _locked(merge: PersonMerge) -> PersonMerge:
    found = PersonMerge.objects.select_for_update(of=("self",)).select_related("kept__centre", "merged")
    return found.get(pk=merge.pk)


def _lock_both(kept: Person, merged: Person) -> tuple[Person, Person]:
    """Return both records as they stand, locked in the order of their keys whichever way they are asked for."""
    locked = {person.pk: lock(person) for person in sorted({kept.pk: kept, merged.pk: merged}.values(), key=_key)}
    return locked[kept.pk], locked[merged.pk]


def _key(person: Person) -> int:
    return person.pk


def _check_alone(merged: Person) -> None:
    if Person.objects.filter(merged_into=merged).exists():
        raise ValidationError("Another record was joined to this one. Keep this one, and join the other to it.")


def _check_sensitive(kept: Person, merged: Person) -> None:
    """What one record hides, the record as which it reads from then on must hide too."""
    if merged.sensitive and not kept.sensitive:
        raise ValidationError(_SENSITIVE)


def _check_other(asked_by: int | None, by: Actor) -> None:
    if by.user_id is None:
        raise ValidationError(_BY_PEOPLE)
    if by.user_id == asked_by:
        raise ValidationError(_SOMEBODY_ELSE)


def _join_episodes(kept: Person, merged: Person, by: Actor, at: datetime) -> None:
    stays, ends = episode_queries.open_of(kept), episode_queries.open_of(merged)
    if stays is None or ends is None:
        return
    episodes.lock_all([stays, ends])  # both before the board, for which others wait who have one of them
    episodes.close_episode(episode=ends, outcome=EpisodeOutcome.JOINED, by=by, at=at)
    team = ends.responsible_team
    around = {member.team_id for member in episode_queries.circle_of(stays, at)} | {stays.responsible_team_id}
    if team.pk not in around and not people_queries.keeps_from([kept, merged], [team.organisation_id], at):
        episodes.add_to_circle(episode=stays, team=team, role="Responsible until the records were joined", by=by, at=at)


def _part_episodes(merge: PersonMerge, merged: Person, by: Actor, at: datetime) -> None:
    """Open an episode again for a record whose own closed because of the merge, with the team that was responsible."""
    closed = Episode.objects.filter(person=merged, closed_at=merge.confirmed_at, outcome=EpisodeOutcome.JOINED)
    ended = closed.select_related("responsible_team__organisation").first()
    still = episode_queries.open_of(merge.kept)
    if ended is None:
        return
    team = ended.responsible_team
    if team.closed_at is not None:
        if still is None:
            return
        team = still.responsible_team
    episodes.open_episode(person=merged, team=team, reason="Two records were parted again", by=by, at=at)


def _record(verb: str, merge: PersonMerge, by: Actor, at: datetime) -> None:
    for person in (merge.kept, merge.merged):
        audit.record(
            by=by,
            at=at,
            verb=verb,
            subject="person",
            subject_id=person.reference,
            details={"merge": merge.pk, "kept": merge.kept.reference, "merged": merge.merged.reference},
            centre=merge.kept.centre.slug,
        )
