"""Meetings: planned with agenda and papers, held with who came and minutes, or cancelled."""

from collections.abc import Collection
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from decisions.lifecycle import MEETING_MOVES, MeetingState
from decisions.models import (
    AgendaItem,
    Attendance,
    Forum,
    ForumSeat,
    Issue,
    Meeting,
    MeetingMove,
    Minutes,
    Paper,
    Proposal,
)
from decisions.queries import forums as forum_queries
from decisions.services.records import plain, record_event
from nhc import formats, notices
from nhc.actors import Actor
from nhc.notices import Reminder
from partners.lifecycle import check_move


class Clash(ValidationError):
    """Somebody else has changed the meeting since: `meeting` is how it stands now."""

    def __init__(self, meeting: Meeting) -> None:
        super().__init__("Somebody else has changed this meeting since you opened it. Compare, then save again.")
        self.meeting = meeting


class MinutesClash(ValidationError):
    """Somebody else has corrected the minutes since: `minutes` is how they stand now."""

    def __init__(self, minutes: Minutes) -> None:
        super().__init__("Somebody else has corrected these minutes since you opened them. Compare, then save again.")
        self.minutes = minutes


@transaction.atomic
def plan_meeting(*, forum: Forum, starts_at: datetime, place: str, by: Actor, at: datetime) -> Meeting:
    """Plan a meeting and tell those who sit there. Raises ValidationError for a time that has passed."""
    _check_time(starts_at, at)
    meeting = Meeting(forum=forum, starts_at=starts_at, place=place.strip(), created_at=at)
    meeting.full_clean()
    meeting.save(force_insert=True)
    _move(meeting, MeetingState.PLANNED, by, at)
    _tell(meeting, f"The {forum.name} meets on {formats.date_and_time(starts_at)}.", by, at)
    return meeting


@transaction.atomic
def change_meeting(
    *, meeting: Meeting, starts_at: datetime, place: str, version: int, by: Actor, at: datetime
) -> Meeting:
    """Change when and where a meeting is, and tell those who sit there.

    Raises Clash for another version, IllegalMoveError once it is over.
    """
    locked = _locked(meeting, planned=True)
    if locked.version != version:
        raise Clash(locked)
    _check_time(starts_at, at)
    before = (locked.starts_at, locked.place)
    locked.starts_at, locked.place = starts_at, place.strip()
    _touch(locked)
    record_event("meeting.changed", locked, locked.forum, by=by, at=at, version=locked.version)
    if before != (locked.starts_at, locked.place):
        was, now = formats.date_and_time(before[0]), formats.date_and_time(starts_at)
        changed = f"on {now}, not on {was}" if was != now else f"on {now} elsewhere than planned"
        _tell(locked, f"The {locked.forum.name} meets {changed}.", by, at)
    return locked


@transaction.atomic
def cancel_meeting(*, meeting: Meeting, reason: str, by: Actor, at: datetime) -> Meeting:
    """Cancel a planned meeting, say why and tell those who sit there. Raises IllegalMoveError once it is over."""
    locked = _locked(meeting)
    check_move(MEETING_MOVES, MeetingState(locked.state), MeetingState.CANCELLED)
    if not reason.strip():
        raise ValidationError({"reason": "Say why, so that those who would have come know."})
    locked.state = MeetingState.CANCELLED
    locked.save(update_fields=["state"])
    _move(locked, MeetingState.CANCELLED, by, at, reason=reason.strip())
    when = formats.date_and_time(locked.starts_at)
    _tell(locked, f"The meeting of the {locked.forum.name} on {when} is cancelled. You read there why.", by, at)
    return locked


@transaction.atomic
def hold_meeting(*, meeting: Meeting, present: Collection[ForumSeat], minutes: str, by: Actor, at: datetime) -> Minutes:
    """Record that a meeting was held, who came and what was said. From now on agenda and papers stay as they are.

    Raises ValidationError before the meeting has begun, without minutes, or for somebody who does not sit there.
    """
    locked = _locked(meeting)
    check_move(MEETING_MOVES, MeetingState(locked.state), MeetingState.HELD)
    if locked.starts_at > at:
        raise ValidationError("The meeting has not begun yet. Change its time first if it was brought forward.")
    seated = {seat.pk for seat in forum_queries.seats_of(locked.forum, at)}
    if not {seat.pk for seat in present} <= seated:
        raise ValidationError({"present": "Somebody you named does not sit here any more. Choose again."})
    if not present:
        raise ValidationError({"present": "Say who came. Where nobody did, cancel the meeting."})
    locked.state = MeetingState.HELD
    locked.save(update_fields=["state"])
    _move(locked, MeetingState.HELD, by, at, present=len(present))
    Attendance.objects.bulk_create([Attendance(meeting=locked, seat=seat) for seat in present])
    return _write(locked, 1, minutes, by, at)


@transaction.atomic
def correct_minutes(*, meeting: Meeting, text: str, number: int, by: Actor, at: datetime) -> Minutes:
    """Write the minutes anew; what they said before stays. `number` is of those that the person read.

    Raises MinutesClash where they were corrected since, ValidationError where the meeting was not held.
    """
    locked = _locked(meeting)
    last = locked.minutes.order_by("-number").first()
    if last is None:
        raise ValidationError("The meeting was not held, so it has no minutes.")
    if last.text == plain(text):
        return last
    if last.number != number:
        raise MinutesClash(last)
    made = _write(locked, last.number + 1, text, by, at)
    record_event("minutes.corrected", locked, locked.forum, by=by, at=at, number=made.number)
    return made


@transaction.atomic
def add_item(
    *,
    meeting: Meeting,
    title: str,
    issue: Issue | None = None,
    proposal: Proposal | None = None,
    by: Actor,
    at: datetime,
) -> AgendaItem:
    """Put something at the end of a planned meeting's agenda. Raises IllegalMoveError once the meeting is over."""
    locked = _locked(meeting, planned=True)
    if any(about is not None and about.forum_id != locked.forum_id for about in (issue, proposal)):
        raise ValidationError("A meeting talks about issues and proposals of its own forum.")
    last = locked.agenda.aggregate(last=Max("position"))["last"] or 0
    item = AgendaItem(
        meeting=locked,
        position=last + 1,
        title=title.strip(),
        issue=issue,
        proposal=proposal,
        added_by_id=by.user_id,
    )
    item.full_clean()
    item.save(force_insert=True)
    _touch(locked)
    record_event("agenda.added", locked, locked.forum, by=by, at=at, position=item.position)
    return item


@transaction.atomic
def remove_item(*, item: AgendaItem, by: Actor, at: datetime) -> None:
    """Take something off a planned meeting's agenda. Raises IllegalMoveError once the meeting is over."""
    locked = _locked(item.meeting, planned=True)
    gone, _ = AgendaItem.objects.filter(pk=item.pk).delete()
    if gone:
        _touch(locked)
        record_event("agenda.removed", locked, locked.forum, by=by, at=at, position=item.position)


@transaction.atomic
def add_paper(*, meeting: Meeting, title: str, text: str = "", address: str = "", by: Actor, at: datetime) -> Paper:
    """Add a paper to a planned meeting: a text, or an address. Raises IllegalMoveError once the meeting is over."""
    locked = _locked(meeting, planned=True)
    if bool(text.strip()) == bool(address.strip()):
        raise ValidationError({"text": "Enter either a text or an address."})
    paper = Paper(
        meeting=locked,
        title=title.strip(),
        text=plain(text),
        address=address.strip(),
        added_by_id=by.user_id,
        added_at=at,
    )
    paper.full_clean()
    paper.save(force_insert=True)
    _touch(locked)
    record_event("paper.added", locked, locked.forum, by=by, at=at, paper=paper.pk)
    return paper


@transaction.atomic
def remove_paper(*, paper: Paper, by: Actor, at: datetime) -> None:
    """Take a paper away from a planned meeting. Raises IllegalMoveError once the meeting is over."""
    locked = _locked(paper.meeting, planned=True)
    number = paper.pk
    gone, _ = Paper.objects.filter(pk=number).delete()
    if gone:
        _touch(locked)
        record_event("paper.removed", locked, locked.forum, by=by, at=at, paper=number)


def _check_time(starts_at: datetime, at: datetime) -> None:
    if starts_at <= at:
        raise ValidationError({"day": "Plan the meeting for a time that is still to come."})


def _locked(meeting: Meeting, *, planned: bool = False) -> Meeting:
    locked = Meeting.objects.select_for_update(of=("self",)).select_related("forum__centre").get(pk=meeting.pk)
    if planned:
        # What may still become of it tells whether it can be changed.
        check_move(MEETING_MOVES, MeetingState(locked.state), MeetingState.HELD)
    return locked


def _touch(meeting: Meeting) -> None:
    meeting.version += 1
    meeting.full_clean()
    meeting.save(update_fields=["version", "starts_at", "place"])


def _write(meeting: Meeting, number: int, text: str, by: Actor, at: datetime) -> Minutes:
    minutes = Minutes(meeting=meeting, number=number, text=plain(text), user_id=by.user_id, written_at=at)
    if not minutes.text:
        raise ValidationError({"minutes": "Write down what was said and decided."})
    minutes.full_clean()
    minutes.save(force_insert=True)
    return minutes


def _move(
    meeting: Meeting, state: MeetingState, by: Actor, at: datetime, *, reason: str = "", present: int | None = None
) -> None:
    MeetingMove.objects.create(meeting=meeting, state=state, reason=reason, user_id=by.user_id, moved_at=at)
    record_event(f"meeting.{state}", meeting, meeting.forum, by=by, at=at, present=present)


def _tell(meeting: Meeting, sentence: str, by: Actor, at: datetime) -> None:
    """Tell those who sit in the forum, but whoever did it: once a version, and once that it is cancelled."""
    path = reverse("decisions:meeting", args=[meeting.forum.centre.slug, meeting.forum.code, meeting.pk])
    about = f"meeting:{meeting.pk}:{meeting.version}:{meeting.state}"
    seated = forum_queries.people_in([meeting.forum_id], at)[meeting.forum_id]
    reminders = [Reminder(user, "meeting", about, 0, sentence, path) for user in seated if user != by.user_id]
    notices.give(reminders=reminders, at=at)
