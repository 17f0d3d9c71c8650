"""Meetings of a forum: planned, prepared, held with minutes, cancelled."""

from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.forms.meetings import CancelForm, HoldForm, ItemForm, MeetingForm, MinutesForm, PaperForm
from decisions.permissions import forums as permissions
from decisions.queries import forums as forum_queries
from decisions.queries import issues as issue_queries
from decisions.queries import meetings as queries
from decisions.queries import proposals as proposal_queries
from decisions.services import meetings
from decisions.views.access import visit
from decisions.views.acts import Act, Press, Theirs, Way, paged
from nhc import formats
from nhc.markdown import to_html
from partners.permissions import NotVisible


@require_safe
def meeting_list(request: HttpRequest, slug: str, forum: str) -> HttpResponse:
    """List a forum's meetings, newest first."""
    seen = visit(request)
    found = permissions.get_forum_for(seen.viewer, slug, forum, seen.at)
    context = {
        "centre": found.centre.centre,
        "forum": found.forum,
        "may_govern": found.may_govern,
        "page": paged(request, queries.meetings_of(found.forum)),
    }
    return render(request, "decisions/forums/meetings.jinja", context)


@require_safe
def meeting(request: HttpRequest, slug: str, forum: str, meeting_id: int) -> HttpResponse:
    """Show one meeting with agenda, papers and minutes."""
    seen = visit(request)
    found, shown = permissions.get_meeting_for(seen.viewer, slug, forum, meeting_id, seen.at)
    minutes = queries.minutes_of(shown)
    context = {
        "centre": found.centre.centre,
        "forum": found.forum,
        "meeting": shown,
        "may_govern": found.may_govern,
        "begun": shown.starts_at <= seen.at,
        "agenda": queries.agenda_of(shown),
        "papers": [(paper, to_html(paper.text)) for paper in queries.papers_of(shown)],
        "minutes": minutes[0] if minutes else None,
        "text": to_html(minutes[0].text) if minutes else "",
        "before": [(each, to_html(each.text)) for each in minutes[1:]],
        "present": queries.present_at(shown),
        "move": queries.last_move(shown),
    }
    return render(request, "decisions/forums/meeting.jinja", context)


class PlanMeeting(Act[MeetingForm]):
    """Plan a meeting of a forum."""

    title = "Plan a meeting"
    button = "Plan it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the forum, for those who look after it."""
        found = permissions.get_forum_to_govern(self.seen.viewer, named["slug"], named["forum"], self.seen.at)
        self.forum, self.centre = found.forum, found.centre.centre
        self.back = Way(reverse("decisions:forum", args=[self.centre.slug, self.forum.code]), self.forum.name)

    def form(self, data: Mapping[str, object] | None = None) -> MeetingForm:
        """Return the form."""
        return MeetingForm(data, today=self.seen.today)

    def act(self, form: MeetingForm) -> str:
        """Plan it."""
        self.made = meetings.plan_meeting(
            forum=self.forum,
            starts_at=form.cleaned_data["starts_at"],
            place=form.cleaned_data["place"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"The meeting is planned for {formats.date_and_time(self.made.starts_at)}"

    def done(self) -> str:
        """Go to the meeting, for its agenda."""
        return reverse("decisions:meeting", args=[self.centre.slug, self.forum.code, self.made.pk])


class _OfMeeting[Form: forms.Form](Act[Form]):
    """An act on a meeting, by those who look after its forum."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the meeting."""
        found, self.meeting = permissions.get_meeting_for(
            self.seen.viewer, named["slug"], named["forum"], int(named["meeting_id"]), self.seen.at, govern=True
        )
        self.forum, self.centre = found.forum, found.centre.centre
        address = reverse("decisions:meeting", args=[self.centre.slug, self.forum.code, self.meeting.pk])
        self.back = Way(address, "Meeting")


class ChangeMeeting(_OfMeeting[MeetingForm]):
    """Change when and where a meeting is."""

    title = "Change the meeting"

    def form(self, data: Mapping[str, object] | None = None) -> MeetingForm:
        """Return the form, as the meeting stands."""
        return MeetingForm(data, today=self.seen.today, meeting=self.meeting)

    def act(self, form: MeetingForm) -> str:
        """Change it."""
        typed = form.cleaned_data
        meetings.change_meeting(
            meeting=self.meeting,
            starts_at=typed["starts_at"],
            place=typed["place"],
            version=typed["version"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The meeting is changed"

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show when and where it is now."""
        if not isinstance(error, meetings.Clash):
            return None
        now = error.meeting
        return Theirs("version", now.version, [("Time", formats.date_and_time(now.starts_at)), ("Place", now.place)])


class CancelMeeting(_OfMeeting[CancelForm]):
    """Cancel a meeting."""

    title = "Cancel the meeting"
    button = "Cancel the meeting"

    def form(self, data: Mapping[str, object] | None = None) -> CancelForm:
        """Return the form."""
        return CancelForm(data)

    def act(self, form: CancelForm) -> str:
        """Cancel it."""
        meetings.cancel_meeting(
            meeting=self.meeting, reason=form.cleaned_data["reason"], by=self.seen.by, at=self.seen.at
        )
        return "The meeting is cancelled"


class AddItem(_OfMeeting[ItemForm]):
    """Put something on the agenda."""

    title = "Add to the agenda"
    button = "Add it"

    def form(self, data: Mapping[str, object] | None = None) -> ItemForm:
        """Return the form with what lies with the forum."""
        waiting = issue_queries.issues_of(self.centre, forum=self.forum, states=("raised", "taken"))
        asked = proposal_queries.proposals_of(self.forum, states=("open",))
        return ItemForm(data, issues=list(waiting[:200]), proposals=list(asked[:200]))

    def act(self, form: ItemForm) -> str:
        """Add it."""
        meetings.add_item(
            meeting=self.meeting,
            title=form.cleaned_data["title"],
            issue=form.issue(),
            proposal=form.proposal(),
            by=self.seen.by,
            at=self.seen.at,
        )
        return "It is on the agenda"


class AddPaper(_OfMeeting[PaperForm]):
    """Add a paper."""

    title = "Add a paper"
    button = "Add it"

    def form(self, data: Mapping[str, object] | None = None) -> PaperForm:
        """Return the form."""
        return PaperForm(data)

    def act(self, form: PaperForm) -> str:
        """Add it."""
        typed = form.cleaned_data
        meetings.add_paper(
            meeting=self.meeting,
            title=typed["title"],
            text=typed["text"],
            address=typed["address"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The paper is there for everyone to read"


class HoldMeeting(_OfMeeting[HoldForm]):
    """Record that the meeting was held."""

    title = "Record the meeting"
    introduction = (
        "Agenda and papers stay as they are from now on. Minutes can be corrected; what they said before stays."
    )
    button = "Record it"

    def form(self, data: Mapping[str, object] | None = None) -> HoldForm:
        """Return the form with those who sit there."""
        return HoldForm(data, seats=forum_queries.seats_of(self.forum, self.seen.at))

    def act(self, form: HoldForm) -> str:
        """Record it."""
        meetings.hold_meeting(
            meeting=self.meeting,
            present=form.present(),
            minutes=form.cleaned_data["minutes"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The meeting is recorded"


class CorrectMinutes(_OfMeeting[MinutesForm]):
    """Correct the minutes."""

    title = "Correct the minutes"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the meeting and its minutes."""
        super().load(named)
        found = queries.minutes_of(self.meeting)
        if not found:
            raise NotVisible
        self.minutes = found[0]

    def form(self, data: Mapping[str, object] | None = None) -> MinutesForm:
        """Return the form with the minutes as they stand."""
        return MinutesForm(data, initial={"minutes": self.minutes.text, "number": self.minutes.number})

    def act(self, form: MinutesForm) -> str:
        """Correct them."""
        typed = form.cleaned_data
        meetings.correct_minutes(
            meeting=self.meeting, text=typed["minutes"], number=typed["number"], by=self.seen.by, at=self.seen.at
        )
        return "The minutes are corrected"

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show what the minutes say now."""
        if not isinstance(error, meetings.MinutesClash):
            return None
        return Theirs("number", error.minutes.number, [("Minutes", error.minutes.text)])


class _OnMeeting(_OfMeeting[forms.Form], Press):
    """A button on a meeting's page."""

    http_method_names = ["post"]


class RemoveItem(_OnMeeting):
    """Take something off the agenda."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the meeting and the item."""
        super().load(named)
        item = self.meeting.agenda.select_related("meeting__forum__centre").filter(pk=int(named["item_id"])).first()
        if item is None:
            raise NotVisible
        self.item = item

    def press(self) -> str:
        """Take it off."""
        meetings.remove_item(item=self.item, by=self.seen.by, at=self.seen.at)
        return "It is off the agenda"


class RemovePaper(_OnMeeting):
    """Take a paper away."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the meeting and the paper."""
        super().load(named)
        paper = self.meeting.papers.select_related("meeting__forum__centre").filter(pk=int(named["paper_id"])).first()
        if paper is None:
            raise NotVisible
        self.paper = paper

    def press(self) -> str:
        """Take it away."""
        meetings.remove_paper(paper=self.paper, by=self.seen.by, at=self.seen.at)
        return "The paper is taken away"
