"""Meetings of a forum: what is on the agenda, the papers, who came, and the minutes."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from decisions.lifecycle import MeetingState
from decisions.models.forums import Forum, ForumSeat

LONGEST_TEXT = 60_000
"""Characters of Markdown, some twenty printed pages."""


class Meeting(models.Model):
    """One meeting. While it is planned its time, place, agenda and papers may change; afterwards nothing of it does.

    `version` rises with every change, and a change names the version it was made from.
    """

    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="meetings")
    starts_at = models.DateTimeField()
    place = models.CharField(max_length=200)
    state = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in MeetingState], default=MeetingState.PLANNED
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(place=""), name="meeting_has_a_place"),
            models.CheckConstraint(condition=Q(version__gte=1), name="meeting_version_counts_from_one"),
            models.CheckConstraint(condition=Q(state__in=list(MeetingState)), name="meeting_state_known"),
        ]
        indexes = [models.Index(fields=["forum", "-starts_at"], name="meeting_by_forum")]

    def __str__(self) -> str:
        return f"meeting {self.pk}"


class MeetingMove(models.Model):
    """A meeting came into a state. Never changed, never removed."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="moves")
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=500, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="cancelled") | ~Q(reason=""), name="meeting_cancelled_with_a_reason"
            )
        ]

    def __str__(self) -> str:
        return f"meeting move {self.pk}"


class AgendaItem(models.Model):
    """Something a meeting talks about, in the order of `position`; perhaps an issue or a proposal of the forum."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="agenda")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    issue = models.ForeignKey(
        "decisions.Issue", null=True, blank=True, on_delete=models.PROTECT, related_name="agenda_items"
    )
    proposal = models.ForeignKey(
        "decisions.Proposal", null=True, blank=True, on_delete=models.PROTECT, related_name="agenda_items"
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "position"], name="agenda_position_once"),
            models.CheckConstraint(condition=~Q(title=""), name="agenda_item_has_a_title"),
            models.CheckConstraint(
                condition=Q(issue__isnull=True) | Q(proposal__isnull=True), name="agenda_item_about_one_thing"
            ),
        ]

    def __str__(self) -> str:
        return f"agenda item {self.pk}"


class Paper(models.Model):
    """What people read before a meeting: Markdown, or the address of a page elsewhere. No files are kept."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="papers")
    title = models.CharField(max_length=200)
    text = models.TextField(max_length=LONGEST_TEXT, blank=True)
    address = models.URLField(max_length=500, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="paper_has_a_title"),
            models.CheckConstraint(
                condition=Q(text="") & ~Q(address="") | ~Q(text="") & Q(address=""),
                name="paper_is_a_text_or_an_address",
                violation_error_message="Enter either a text or an address.",
            ),
        ]

    def __str__(self) -> str:
        return f"paper {self.pk}"


class Attendance(models.Model):
    """Who of those who sit in the forum came to a meeting. Never changed, never removed."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="attendances")
    seat = models.ForeignKey(ForumSeat, on_delete=models.PROTECT, related_name="attendances")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "seat"], name="attendance_once")]

    def __str__(self) -> str:
        return f"attendance {self.pk}"


class Minutes(models.Model):
    """Minutes of a meeting, in Markdown. A correction is the next `number`; the highest is what holds."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="minutes")
    number = models.PositiveIntegerField()
    text = models.TextField(max_length=LONGEST_TEXT)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "number"], name="minutes_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="minutes_count_from_one"),
            models.CheckConstraint(condition=~Q(text=""), name="minutes_say_something"),
        ]

    def __str__(self) -> str:
        return f"minutes {self.pk}"
