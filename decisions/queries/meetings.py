"""Meetings of a forum with their agenda, papers and minutes."""

from datetime import datetime

from django.db.models import QuerySet

from decisions.models import AgendaItem, Attendance, Forum, Meeting, MeetingMove, Minutes, Paper


def meetings_of(forum: Forum) -> QuerySet[Meeting]:
    """Return every meeting, newest first."""
    return Meeting.objects.filter(forum=forum).order_by("-starts_at", "-pk")


def next_meeting(forum: Forum, at: datetime) -> Meeting | None:
    """Return the next meeting that is planned and has not begun."""
    return Meeting.objects.filter(forum=forum, state="planned", starts_at__gte=at).order_by("starts_at", "pk").first()


def meeting_by_id(forum: Forum, meeting_id: int) -> Meeting | None:
    """Return one meeting of a forum, with forum and centre."""
    return Meeting.objects.select_related("forum__centre").filter(forum=forum, pk=meeting_id).first()


def agenda_of(meeting: Meeting) -> QuerySet[AgendaItem]:
    """Return the agenda in its order, with the issues and proposals that it is about."""
    return meeting.agenda.select_related("issue", "proposal").order_by("position")


def papers_of(meeting: Meeting) -> QuerySet[Paper]:
    """Return the papers in the order in which they were added, with who added them."""
    return meeting.papers.select_related("added_by").order_by("added_at", "pk")


def minutes_of(meeting: Meeting) -> list[Minutes]:
    """Return the minutes, what holds first and then what it corrected, with who wrote them."""
    return list(meeting.minutes.select_related("user").order_by("-number"))


def present_at(meeting: Meeting) -> list[Attendance]:
    """Return who came, by name."""
    found = meeting.attendances.select_related("seat__user", "seat__organisation")
    return list(found.order_by("seat__user__name", "pk"))


def last_move(meeting: Meeting) -> MeetingMove | None:
    """Return how a meeting came into its state."""
    return meeting.moves.select_related("user").order_by("-pk").first()
