"""Forms of meetings: when and where, the agenda, papers, who came, and minutes."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from django import forms

from decisions.forms.forums import words
from decisions.models import ForumSeat, Issue, Meeting, Proposal
from decisions.models.meetings import LONGEST_TEXT
from nhc.clock import LONDON
from nhc.forms import DateField, MultipleChoiceField, SelectField, TextAreaField, TextField
from partners.hours import NoSuchTimeError, instant_of

MARKDOWN = "Markdown: # begins a heading, - an entry of a list, **words** are strong. An empty line begins a paragraph"
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)")


class MeetingForm(forms.Form):
    """When and where a meeting is. `version` is that of the meeting which is changed."""

    def __init__(
        self, data: Mapping[str, object] | None = None, *, today: date, meeting: Meeting | None = None
    ) -> None:
        start: dict[str, object] = {}
        if meeting is not None:
            local = meeting.starts_at.astimezone(LONDON)
            start = {"day": local.date(), "clock": f"{local:%H:%M}", "place": meeting.place, "version": meeting.version}
        super().__init__(data, initial=start)
        if meeting is not None:
            self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
        self.fields["day"] = DateField(label="Day", named="the day", earliest=today)
        self.fields["clock"] = TextField(
            label="Time", hint="On the 24-hour clock, for example 14:30", width=5, max_length=5
        )
        self.fields["place"] = TextField(
            label="Place", hint="A room, or the address of an online meeting", max_length=200
        )

    def clean(self) -> dict[str, object]:
        """Turn day and time into an instant."""
        cleaned = super().clean() or self.cleaned_data
        day, clock = cleaned.get("day"), cleaned.get("clock")
        found = _CLOCK.fullmatch(str(clock or "").strip())
        if clock and found is None:
            self.add_error("clock", "Time must be a time, like 14:30")
        if found is not None and isinstance(day, date):
            wall = datetime.combine(day, time(int(found[1]), int(found[2])))
            try:
                cleaned["starts_at"] = instant_of(wall, later=False)
            except NoSuchTimeError:
                self.add_error("clock", "The clocks go forward then, so this time does not happen. Enter an hour later")
        return cleaned


class ItemForm(forms.Form):
    """Something for the agenda, perhaps an issue or a proposal that lies with the forum."""

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        issues: Sequence[Issue],
        proposals: Sequence[Proposal],
    ) -> None:
        super().__init__(data)
        self._about: dict[str, Issue | Proposal] = {f"issue-{each.pk}": each for each in issues}
        self._about |= {f"proposal-{each.pk}": each for each in proposals}
        self.fields["title"] = TextField(label="What it is about", named="what it is about", max_length=200)
        self.fields["about"] = SelectField(
            label="Issue or proposal",
            choices=[
                ("", "Neither"),
                *(
                    (key, f"{'Issue' if isinstance(each, Issue) else 'Proposal'}: {each.title}")
                    for key, each in self._about.items()
                ),
            ],
            required=False,
        )

    def issue(self) -> Issue | None:
        """Return the issue that was chosen."""
        found = self._about.get(self.cleaned_data["about"])
        return found if isinstance(found, Issue) else None

    def proposal(self) -> Proposal | None:
        """Return the proposal that was chosen."""
        found = self._about.get(self.cleaned_data["about"])
        return found if isinstance(found, Proposal) else None


class PaperForm(forms.Form):
    """A paper: its text, or where it can be read."""

    title = TextField(label="Title", max_length=200)
    text = TextAreaField(label="Text", hint=MARKDOWN, max_length=LONGEST_TEXT, rows=12, required=False)
    address = TextField(
        label="Or its address",
        hint="Where everyone who sits here can read it, starting with https://",
        max_length=500,
        inputmode="url",
        autocomplete="off",
        required=False,
    )

    def clean_address(self) -> str:
        """Only addresses of the web are stored: they become links."""
        address = str(self.cleaned_data["address"])
        if address and not address.lower().startswith(("https://", "http://")):
            raise forms.ValidationError("Enter an address that starts with https://")
        return address


class HoldForm(forms.Form):
    """Who came and what was said."""

    def __init__(self, data: Mapping[str, object] | None = None, *, seats: Sequence[ForumSeat]) -> None:
        super().__init__(data)
        self._seats = {str(seat.pk): seat for seat in seats}
        self.fields["present"] = MultipleChoiceField(
            label="Who came?", named="who came", choices=[(key, words(seat)) for key, seat in self._seats.items()]
        )
        self.fields["minutes"] = TextAreaField(label="Minutes", hint=MARKDOWN, max_length=LONGEST_TEXT, rows=16)

    def present(self) -> list[ForumSeat]:
        """Return the seats that were chosen."""
        return [self._seats[key] for key in self.cleaned_data["present"]]


class MinutesForm(forms.Form):
    """Minutes anew. `number` is of those that were read."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    minutes = TextAreaField(label="Minutes", hint=MARKDOWN, max_length=LONGEST_TEXT, rows=16)


class CancelForm(forms.Form):
    """Why a meeting does not take place."""

    reason = TextField(label="Why?", named="why", max_length=500)
