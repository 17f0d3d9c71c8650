"""Breaking the glass: a record opened in an emergency, told to who supports the person, and reviewed afterwards."""

from collections.abc import Iterator
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from huddles.models import BreakGlass, Person
from huddles.models.people import BROKEN_FOR
from huddles.queries import break_glass as queries
from huddles.queries import episodes as episode_queries
from huddles.services.people import lock
from nhc import audit, notices
from nhc.access import Permission
from nhc.actors import Actor
from nhc.notices import Reminder
from partners.lifecycle import IllegalMoveError
from partners.queries import placements

_TOLD = (
    "Somebody outside the team opened the record of a person whom you support, in an emergency. "
    "The centre's privacy officers review it; ask them if it worries you."
)
_TO_REVIEW = "Somebody opened a record in an emergency at {centre}. Review whether it was needed."


@transaction.atomic
def break_glass(*, person: Person, reason: str, by: Actor, at: datetime) -> BreakGlass:
    """Open a record to somebody outside the circle for eight hours, because of an emergency, with the reason.

    Who supports the person is told at once that it happened, not whose record it was or who opened it: the key worker,
    else the lead of the responsible team, and never whoever did it. Privacy officers are asked for a review. A record
    that is still open to them stays so and nobody is told twice. Raises ValidationError without a reason and for
    anybody but a person.
    """
    if by.user_id is None:
        raise ValidationError("Only people open a record in an emergency.")
    if len(reason.strip()) < 10:
        raise ValidationError({"reason": "Say what the emergency is, in a sentence. A privacy officer reads it."})
    locked = lock(person)
    already = queries.open_to(by.user_id, locked.pk, at)
    if already is not None:
        return already
    supports = _supporter(locked, besides=by.user_id)
    glass = BreakGlass(
        person=locked,
        user_id=by.user_id,
        reason=reason.strip(),
        at=at,
        until_at=at + BROKEN_FOR,
        told_at=None if supports is None else at,
    )
    glass.full_clean()
    glass.save(force_insert=True)
    notices.give(reminders=list(_reminders(glass, supports, at)), at=at)
    audit.record(
        by=by,
        at=at,
        verb="glass.broken",
        subject="person",
        subject_id=locked.reference,
        details={"glass": glass.pk, "told": supports is not None},
        centre=locked.centre.slug,
    )
    return glass


@transaction.atomic
def review_break(*, glass: BreakGlass, finding: BreakGlass.Finding, words: str, by: Actor, at: datetime) -> BreakGlass:
    """Say whether breaking a glass was needed, once. Raises IllegalMoveError for a second time.

    ValidationError for one's own, and without words where it was not needed.
    """
    locked = (
        BreakGlass.objects.select_for_update(of=("self",)).select_related("person__centre", "user").get(pk=glass.pk)
    )
    if locked.reviewed_at is not None:
        raise IllegalMoveError("Somebody has reviewed this already.")
    if locked.user_id == by.user_id:
        raise ValidationError("Nobody reviews what they did themselves. Ask another privacy officer.")
    if finding == BreakGlass.Finding.NOT_JUSTIFIED and not words.strip():
        raise ValidationError({"words": "Say why, and what happens now."})
    locked.reviewed_at, locked.reviewed_by_id = at, by.user_id
    locked.finding, locked.review_words = finding, words.strip()
    locked.full_clean(validate_constraints=False)
    locked.save(update_fields=["reviewed_at", "reviewed_by", "finding", "review_words"])
    audit.record(
        by=by,
        at=at,
        verb="glass.reviewed",
        subject="person",
        subject_id=locked.person.reference,
        details={"glass": locked.pk, "finding": str(finding)},
        centre=locked.person.centre.slug,
    )
    return locked


def _supporter(person: Person, *, besides: int) -> int | None:
    """Return the key of who is told: the key worker, else the lead of the responsible team, where there is one."""
    episode = episode_queries.open_of(person)
    if episode is None:
        return None
    asked = (episode.key_worker_id, episode.responsible_team.lead_id)
    return next((key for key in asked if key is not None and key != besides), None)


def _reminders(glass: BreakGlass, supports: int | None, at: datetime) -> Iterator[Reminder]:
    centre = glass.person.centre
    about = f"glass:{glass.pk}"
    if supports is not None:
        yield Reminder(supports, "glass-told", about, 0, _TOLD, reverse("huddles:people", args=[centre.slug]))
    path = reverse("huddles:glass-queue", args=[centre.slug])
    for officer in placements.holders(Permission.GRANT_EXCEPTIONS, centre, at):
        if officer != glass.user_id:
            yield Reminder(officer, "glass-review", about, 0, _TO_REVIEW.format(centre=centre.name), path)
