"""Outcomes that the board agrees on, priorities under each, and the measures that show whether they are reached."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from decisions.models import Forum, Outcome, Priority, PriorityMeasure
from decisions.services.records import measures_by_code, plain, record_event
from nhc.actors import Actor


class Clash(ValidationError):
    """Somebody else has changed it since: `now` is how it stands."""

    def __init__(self, now: Outcome | Priority) -> None:
        super().__init__("Somebody else has changed this since you opened it. Compare, then save again.")
        self.now = now


@transaction.atomic
def agree_outcome(*, forum: Forum, title: str, words: str = "", by: Actor, at: datetime) -> Outcome:
    """Write down an outcome, after those there are. Raises ValidationError unless the forum is the board."""
    if forum.kind != Forum.Kind.BOARD:
        raise ValidationError("The board agrees on outcomes.")
    Forum.objects.select_for_update(of=("self",)).get(pk=forum.pk)
    last = forum.outcomes.aggregate(last=Max("position"))["last"] or 0
    outcome = Outcome(forum=forum, title=title.strip(), words=plain(words), position=last + 1, agreed_at=at)
    outcome.full_clean()
    outcome.save(force_insert=True)
    record_event("outcome.agreed", outcome, forum, by=by, at=at)
    return outcome


@transaction.atomic
def change_outcome(*, outcome: Outcome, title: str, words: str, version: int, by: Actor, at: datetime) -> Outcome:
    """Say an outcome in other words. Raises Clash for another version."""
    locked = Outcome.objects.select_for_update(of=("self",)).select_related("forum__centre").get(pk=outcome.pk)
    if locked.version != version or locked.retired_at is not None:
        raise Clash(locked)
    locked.title, locked.words = title.strip(), plain(words)
    locked.version += 1
    locked.full_clean()
    locked.save()
    record_event("outcome.changed", locked, locked.forum, by=by, at=at, version=locked.version)
    return locked


@transaction.atomic
def retire_outcome(*, outcome: Outcome, by: Actor, at: datetime) -> Outcome:
    """Take an outcome off the list, and its priorities with it. Both stay on record."""
    locked = Outcome.objects.select_for_update(of=("self",)).select_related("forum__centre").get(pk=outcome.pk)
    if locked.retired_at is None:
        locked.retired_at = at
        locked.version += 1
        locked.save(update_fields=["retired_at", "version"])
        record_event("outcome.retired", locked, locked.forum, by=by, at=at, version=locked.version)
    return locked


@transaction.atomic
def set_priority(
    *, outcome: Outcome, title: str, words: str = "", measures: Iterable[str] = (), by: Actor, at: datetime
) -> Priority:
    """Set a priority under an outcome, shown by measures that the centre collects."""
    locked = Outcome.objects.select_for_update(of=("self",)).select_related("forum__centre").get(pk=outcome.pk)
    if locked.retired_at is not None:
        raise ValidationError("This outcome was taken off the list. Open the page again.")
    last = locked.priorities.aggregate(last=Max("position"))["last"] or 0
    priority = Priority(outcome=locked, title=title.strip(), words=plain(words), position=last + 1, set_at=at)
    priority.full_clean()
    priority.save(force_insert=True)
    _show_by(priority, locked.forum, measures, at)
    record_event("priority.set", priority, locked.forum, by=by, at=at)
    return priority


@transaction.atomic
def change_priority(
    *,
    priority: Priority,
    title: str,
    words: str,
    measures: Iterable[str],
    version: int,
    by: Actor,
    at: datetime,
) -> Priority:
    """Change a priority and the measures that show it. Raises Clash for another version."""
    locked = _locked(priority)
    if locked.version != version or locked.retired_at is not None:
        raise Clash(locked)
    locked.title, locked.words = title.strip(), plain(words)
    locked.version += 1
    locked.full_clean()
    locked.save()
    locked.measures.all().delete()
    _show_by(locked, locked.outcome.forum, measures, at)
    record_event("priority.changed", locked, locked.outcome.forum, by=by, at=at, version=locked.version)
    return locked


@transaction.atomic
def retire_priority(*, priority: Priority, by: Actor, at: datetime) -> Priority:
    """Take a priority off the list. It stays on record."""
    locked = _locked(priority)
    if locked.retired_at is None:
        locked.retired_at = at
        locked.version += 1
        locked.save(update_fields=["retired_at", "version"])
        record_event("priority.retired", locked, locked.outcome.forum, by=by, at=at, version=locked.version)
    return locked


def _locked(priority: Priority) -> Priority:
    return Priority.objects.select_for_update(of=("self",)).select_related("outcome__forum__centre").get(pk=priority.pk)


def _show_by(priority: Priority, forum: Forum, codes: Iterable[str], at: datetime) -> None:
    measures = measures_by_code(forum.centre, codes, at)
    PriorityMeasure.objects.bulk_create(PriorityMeasure(priority=priority, measure=each) for each in measures)
