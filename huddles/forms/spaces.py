"""Forms of rooms and their bookings, streams and the front door."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django import forms

from huddles.forms.times import TimesForm
from huddles.forms.versions import VERSION_MOST
from huddles.models import Episode, Space, SpaceBooking, Stream
from huddles.services.spaces import Booking, Room, room_of
from nhc.forms import CheckboxField, ChoiceField, DateField, IntegerField, SelectField, TextField

if TYPE_CHECKING:
    from partners.models import Team

FARTHEST = timedelta(days=366)
"""How far ahead a room is booked."""


class RoomForm(forms.Form):
    """What a centre says of a room. `version` is of the room that is changed."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=VERSION_MOST)
    name = TextField(label="Name", hint="What is on its door, for example Garden room", max_length=80)
    seats = IntegerField(label="Seats", min_value=1, max_value=500, width=3)
    quiet = CheckboxField(label="It is quiet", required=False)
    sensory_aware = CheckboxField(
        label="It is sensory-aware", hint="Soft light, little noise, space to move", required=False
    )
    accessible = CheckboxField(label="People who use a wheelchair can get there and turn", required=False)
    notes = TextField(
        label="Anything else", hint="For example, first floor, a hearing loop", required=False, max_length=200
    )
    position = IntegerField(label="Place in the list", min_value=0, max_value=999, width=3, initial=0)

    def __init__(self, data: Mapping[str, object] | None = None, *, space: Space | None = None) -> None:
        initial: dict[str, object] = {"version": 0}
        if space is not None:
            room = room_of(space)
            initial = {name: getattr(room, name) for name in Room.__slots__} | {"version": space.version}
        super().__init__(data, initial=initial)
        if space is not None:
            self.fields["active"] = CheckboxField(label="It can be booked", required=False)

    def room(self) -> Room:
        """Return what was typed."""
        return Room(**{name: self.cleaned_data[name] for name in Room.__slots__ if name in self.cleaned_data})


class BookForm(TimesForm):
    """Who has a room, when and for what. An end at or before the start is on the next day."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        spaces: Sequence[Space],
        teams: "Sequence[Team]",
        episodes: Sequence[Episode],
        today: date,
        initial: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self._spaces = {space.code: space for space in spaces}
        self._teams = {str(team.pk): team for team in teams}
        self._episodes = {episode.reference: episode for episode in episodes}
        self.fields["space"] = SelectField(
            label="Room",
            choices=[("", "Choose a room"), *((code, _described(space)) for code, space in self._spaces.items())],
        )
        self.fields["day"] = DateField(label="Day", named="the day", earliest=today, latest=today + FARTHEST)
        self.add_time("starts", "From")
        self.add_time("ends", "Until", hint="At or before the start means the next day. 24 hours at most")
        teams_listed = [(key, team.name) for key, team in self._teams.items()]
        self.fields["team"] = SelectField(
            label="For which team?",
            named="a team",
            choices=teams_listed if len(teams_listed) == 1 else [("", "Choose a team"), *teams_listed],
        )
        self.fields["purpose"] = ChoiceField(label="What for?", named="what for", choices=SpaceBooking.Purpose.choices)
        if self._episodes:
            self.fields["episode"] = SelectField(
                label="For whom?",
                hint="The reference that the board shows, never a name",
                choices=[("", "Nobody in particular"), *((each, each) for each in self._episodes)],
                required=False,
            )

    def clean(self) -> dict[str, object]:
        """Turn day and times into instants."""
        cleaned = super().clean() or self.cleaned_data
        day, starts, ends = cleaned.get("day"), self.clock("starts"), self.clock("ends")
        if not isinstance(day, date) or starts is None or ends is None:
            return cleaned
        cleaned["starts_at"] = self.instant("starts", datetime.combine(day, starts))
        until = day if ends > starts else day + timedelta(days=1)
        cleaned["ends_at"] = self.instant("ends", datetime.combine(until, ends))
        return cleaned

    def booking(self) -> Booking:
        """Return what was typed."""
        typed = self.cleaned_data
        return Booking(
            space=self._spaces[typed["space"]],
            team=self._teams[typed["team"]],
            starts_at=typed["starts_at"],
            ends_at=typed["ends_at"],
            purpose=typed["purpose"],
            episode=self._episodes.get(typed.get("episode", "")),
        )

    def key(self) -> UUID:
        """Return the key of this form."""
        found: UUID = self.cleaned_data["form_key"]
        return found


class StreamForm(forms.Form):
    """What a stream is called, what it is for and how it works. `version` is of the stream that is changed."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=VERSION_MOST)
    name = TextField(label="Name", max_length=80)
    what_for = TextField(label="What it is for", required=False, max_length=200)
    how = ChoiceField(label="How does it work?", named="how it works", choices=Stream.How.choices)
    position = IntegerField(label="Place in the list", min_value=0, max_value=999, width=3, initial=0)

    def __init__(self, data: Mapping[str, object] | None = None, *, stream: Stream | None = None) -> None:
        initial: dict[str, object] = {"version": 0}
        if stream is not None:
            names = ("version", "name", "what_for", "how", "position", "active")
            initial = {name: getattr(stream, name) for name in names}
        super().__init__(data, initial=initial)
        if stream is not None:
            self.fields["active"] = CheckboxField(label="It takes referrals", required=False)


class FrontDoorForm(forms.Form):
    """Which team receives referrals, and whether people may refer themselves."""

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        teams: "Sequence[Team]",
        initial: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self._teams = {str(team.pk): team for team in teams}
        self.fields["team"] = SelectField(
            label="Which team receives referrals?",
            named="a team",
            hint="It is responsible for everyone who is referred, until it hands over",
            choices=[("", "Choose a team"), *((key, team.name) for key, team in self._teams.items())],
        )
        self.fields["self_referral"] = CheckboxField(
            label="People and carers may refer themselves on a public page",
            hint="The team looks at what arrives every day",
            required=False,
        )

    def team(self) -> "Team":
        """Return the team that was chosen."""
        return self._teams[self.cleaned_data["team"]]


def suits(space: Space) -> str:
    """Return in words what a room suits; '' for nothing in particular."""
    suited = (("quiet", space.quiet), ("sensory-aware", space.sensory_aware), ("wheelchair access", space.accessible))
    return ", ".join(words for words, holds in suited if holds)


def _described(space: Space) -> str:
    extra = suits(space)
    return f"{space.name}, {space.seats} seats{', ' + extra if extra else ''}"
