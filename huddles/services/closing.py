"""How a huddle ends: closed, with a record that never changes and a summary to those of the day; or missed."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.urls import reverse

from huddles import agenda
from huddles.lifecycle import HUDDLE_MOVES, HuddleState
from huddles.models import Huddle, HuddleRecord
from huddles.queries import huddle as queries
from huddles.queries import summaries
from huddles.services import board
from huddles.services.cards import plain
from huddles.services.huddles import lock, move
from nhc import changes, formats, notices
from nhc.access import Permission
from nhc.actors import Actor
from nhc.notices import Reminder
from partners.hours import day_start
from partners.lifecycle import check_move
from partners.queries import crew

MISSED_AFTER = timedelta(hours=1)
"""A planned huddle that did not start within this time was missed."""
LEFT_OPEN = timedelta(hours=3)
"""A huddle that nobody closed closes by itself after this time."""


@transaction.atomic
def close_huddle(*, huddle: Huddle, summary: str, by: Actor, at: datetime) -> HuddleRecord:
    """Close a huddle: count what it covered, freeze its record and tell those of the day.

    Raises IllegalMoveError unless it is under way.
    """
    locked = lock(huddle)
    check_move(HUDDLE_MOVES, HuddleState(locked.state), HuddleState.CLOSED)
    locked.summary = plain(summary)
    return _close(locked, ended_at=at, by=by, at=at)


def close_left_open(*, by: Actor, at: datetime) -> int:
    """Close the huddles that nobody closed, as of the last thing done in them; return how many. Safe to repeat."""
    return sum(_close_left(identity, by, at) for identity in queries.left_open(at, after=LEFT_OPEN))


@transaction.atomic
def _close_left(identity: int, by: Actor, at: datetime) -> bool:
    huddle = _claim(identity, HuddleState.LIVE)
    if huddle is None:
        return False
    huddle.closed_itself = True
    _close(huddle, ended_at=queries.last_act_in(huddle), by=by, at=at)
    return True


def record_missed(*, by: Actor, at: datetime) -> int:
    """Record the planned huddles that nobody started in time as missed; return how many. Safe to repeat."""
    return sum(_miss(identity, by, at) for identity in queries.due_to_be_missed(at, after=MISSED_AFTER))


@transaction.atomic
def _miss(identity: int, by: Actor, at: datetime) -> bool:
    huddle = _claim(identity, HuddleState.PLANNED)
    if huddle is None:
        return False
    check_move(HUDDLE_MOVES, HuddleState(huddle.state), HuddleState.MISSED)
    huddle.state = HuddleState.MISSED
    huddle.version += 1
    huddle.save(update_fields=["state", "version"])
    move(huddle, by, at, words="Nobody started it within an hour.")
    board.record("huddle.missed", "huddle", huddle.pk, huddle.centre, by=by, at=at, kind=huddle.kind)
    return True


def _claim(identity: int, state: HuddleState) -> Huddle | None:
    found = Huddle.objects.select_for_update(of=("self",), skip_locked=True).select_related("centre", "chair")
    return found.filter(pk=identity, state=state).first()


def _close(huddle: Huddle, *, ended_at: datetime, by: Actor, at: datetime) -> HuddleRecord:
    return freeze(huddle, ended_at=ended_at, by=by, at=at, words="It was closed by itself." * huddle.closed_itself)


def freeze(huddle: Huddle, *, ended_at: datetime, by: Actor, at: datetime, words: str = "") -> HuddleRecord:
    """Turn a locked huddle into its record, and tell those of the day. The caller has checked that it may close."""
    huddle.closed_at, huddle.state, huddle.lane = ended_at, HuddleState.CLOSED, ""
    huddle.covered = len(queries.covered(huddle))
    huddle.version += 1
    huddle.full_clean(exclude=["centre", "chair", "chair_organisation"])
    changes.store(huddle)
    move(huddle, by, at, words=words)
    contents = summaries.contents_of(huddle, at)
    record = HuddleRecord.objects.create(huddle=huddle, contents=contents, digest=digest_of(contents), made_at=at)
    notices.give(reminders=list(_reminders(huddle)), at=at)
    board.record(
        "huddle.closed",
        "huddle",
        huddle.pk,
        huddle.centre,
        by=by,
        at=at,
        kind=huddle.kind,
        covered=huddle.covered,
        agenda=len(huddle.agenda),
        digest=record.digest,
    )
    return record


def digest_of(contents: summaries.Contents) -> str:
    """Return SHA-256 of a record's contents in canonical JSON, in hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(contents, order="sorted")).hexdigest()


def _reminders(huddle: Huddle) -> Iterator[Reminder]:
    """Tell those on the day's rota, and whoever chaired, where to read it: the notice itself says nothing of it."""
    centre = huddle.centre
    start = day_start(huddle.operational_date, centre.day_starts)
    told = set(crew.told_of_day(centre, start, start + timedelta(days=1), Permission.JOIN_HUDDLE))
    told |= {huddle.chair_id} if huddle.chair_id is not None else set()
    path = reverse("huddles:huddle-record", args=[centre.slug, huddle.pk])
    name = agenda.name_of(huddle.kind).lower()
    sentence = f"The {name} of {formats.full_date(huddle.operational_date)} is over. Read what was agreed, and by whom."
    for user in sorted(told):
        yield Reminder(user, "huddle-summary", f"huddle:{huddle.pk}", 0, sentence, path)
