"""Disposal: when the rule's years are over, identity and words go and the rows stay, so that figures and trail hold.

Every table that keeps words about a person is emptied here, or by the service of its noun.
"""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from huddles.models import (
    Action,
    ActionEdit,
    BreakGlass,
    Card,
    CardEdit,
    CircleMember,
    Episode,
    Person,
    PersonDisposal,
    PersonMerge,
    PersonRevision,
    RecordGrant,
    Responsibility,
    RetentionRule,
    SharingPreference,
)
from huddles.queries import disposal as queries
from huddles.queries.disposal import Due
from huddles.retention import RULES
from huddles.services import board, referrals
from huddles.services.referrals import REMOVED
from nhc import audit, notices
from nhc.access import Permission
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.notices import Reminder
from partners.queries import organisations, placements

if TYPE_CHECKING:
    from partners.models import Centre


@transaction.atomic
def adopt_rule(*, centre: "Centre", code: str, by: Actor, at: datetime) -> RetentionRule:
    """Let a centre follow a rule of the Code from now on. Raises ValidationError for a code that is no rule."""
    if code not in RULES:
        raise ValidationError(f"Choose one of the rules: {', '.join(RULES)}.")
    rule = RetentionRule.objects.create(centre=centre, code=code, adopted_by_id=by.user_id, adopted_at=at)
    audit.record(
        by=by, at=at, verb="retention.adopted", subject="centre", subject_id=centre.slug, details={"rule": code},
        centre=centre.slug,
    )  # fmt: skip
    return rule


def dispose_due(*, centre: "Centre", by: Actor, at: datetime) -> list[Due]:
    """Dispose of every record of a centre that is due, each in a transaction of its own; return what went."""
    gone = (dispose(due=each, by=by, at=at) for each in list(queries.due(centre, at)))
    return [each for each in gone if each is not None]


@transaction.atomic
def note_listed(*, centre: "Centre", number: int, by: Actor, at: datetime) -> None:
    """Record that somebody had the records listed that are due, and how many there were."""
    audit.record(
        by=by, at=at, verb="disposal.listed", subject="centre", subject_id=centre.slug, details={"due": number},
        centre=centre.slug,
    )  # fmt: skip


@transaction.atomic
def remind_due(*, by: Actor, at: datetime) -> int:
    """Tell the privacy officers of each centre how many records are past their retention; return how many were told.

    Once a month, and by numbers alone. Nothing is disposed of: an operator does that, with `manage.py dispose`.
    """
    month = int(f"{london_date(at):%Y%m}")
    reminders = []
    for centre in organisations.all_centres():
        number = sum(1 for _ in queries.due(centre, at))
        if not number:
            continue
        records = "1 record is" if number == 1 else f"{number} records are"
        words = (
            f"{records} past the retention period at {centre.name}. Agree with the information governance lead that "
            "nothing has to be kept for longer, then ask an operator to dispose of them."
        )
        path = reverse("huddles:glass-queue", args=[centre.slug])
        officers = placements.holders(Permission.GRANT_EXCEPTIONS, centre, at)
        reminders += [
            Reminder(officer, "disposal", f"disposal:{centre.pk}:{month}", 0, words, path) for officer in officers
        ]
    made = notices.give(reminders=reminders, at=at)
    if made:
        audit.record(
            by=by, at=at, verb="notices.given", subject="notices", subject_id=at.date(), details={"disposal": made}
        )
    return made


@transaction.atomic
def dispose(*, due: Due, by: Actor, at: datetime) -> Due | None:
    """Remove identity and words of one record and of those merged into it; return what went, as it is now.

    None where it is not due any more: somebody who is supported again is left alone. What was joined to it or parted
    from it since it was listed counts as it is now.
    """
    locked = Person.objects.select_for_update().get(pk=due.person.pk)
    fresh = next(queries.due(due.person.centre, at, only=locked), None)
    if fresh is None:
        return None
    # Nothing joins a locked record; what is parted from it meanwhile is found to be so once it can be locked.
    merged = tuple(Person.objects.select_for_update().filter(merged_into=locked).order_by("pk"))
    on_board = 0
    for person in (*merged, locked):
        on_board += _empty(person, by, at)
        PersonDisposal.objects.create(
            person=person, rule=fresh.rule.code, due_on=fresh.due_on, user_id=by.user_id, at=at
        )
        audit.record(
            by=by,
            at=at,
            verb="person.disposed",
            subject="person",
            subject_id=person.reference,
            details={"rule": fresh.rule.code, "due_on": fresh.due_on.isoformat()},
            centre=due.person.centre.slug,
        )
    if on_board:
        board.changed(locked.centre_id, at=at)
    return replace(fresh, person=locked, merged=merged)


def _empty(person: Person, by: Actor, at: datetime) -> int:
    """Remove what one record says, and what is written elsewhere about its person; return how much was on the board."""
    for name in _WORDS:
        setattr(person, name, "")
    person.born_on = None
    person.disposed_at = at
    person.version += 1
    person.save()
    PersonRevision.objects.filter(person=person).update(changes={})
    SharingPreference.objects.filter(person=person).update(reason="")
    RecordGrant.objects.filter(content_object=person).update(reason=REMOVED)
    BreakGlass.objects.filter(person=person).update(reason=REMOVED)
    BreakGlass.objects.filter(person=person).exclude(review_words="").update(review_words=REMOVED)
    merges = PersonMerge.objects.filter(Q(kept=person) | Q(merged=person))
    merges.update(reason=REMOVED)
    merges.exclude(undo_reason="").update(undo_reason=REMOVED)
    Responsibility.objects.filter(episode__person=person).update(reason=REMOVED)
    CircleMember.objects.filter(episode__person=person).update(role=REMOVED)
    episodes = list(Episode.objects.filter(person=person).values_list("pk", flat=True))
    referrals.remove_words(episode_ids=episodes, by=by, at=at)
    return _empty_board(episodes)


def _empty_board(episodes: list[int]) -> int:
    """Remove what was written on the board about somebody. What closed huddles recorded of it is frozen with them."""
    cards = Card.objects.filter(episode__in=episodes)
    actions = Action.objects.filter(Q(episode__in=episodes) | Q(card__episode__in=episodes))
    CardEdit.objects.filter(card__in=cards, field__in=_WRITTEN).update(before="", after="")
    ActionEdit.objects.filter(action__in=actions, field__in=_WRITTEN).update(before="", after="")
    actions.exclude(outcome="").update(outcome=REMOVED)
    return cards.update(title=REMOVED, words="") + actions.update(words=REMOVED)


_WRITTEN = ("title", "words")
"""Fields of cards and actions that hold what somebody wrote; the others hold codes, times and names of staff."""


_WORDS = (
    "given_name",
    "family_name",
    "alias",
    "preferred_name",
    "nhs_number",
    "born_about",
    "access_needs",
    "telephone",
    "address",
    "what_matters",
)
