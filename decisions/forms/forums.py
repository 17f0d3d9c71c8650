"""Forms of forums: a new one, a seat, and who chairs."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django import forms

from decisions.models import Forum, ForumSeat
from nhc.clock import LONDON
from nhc.forms import ChoiceField, DateField, EmailField, SelectField, TextAreaField, TextField

if TYPE_CHECKING:
    from partners.models import Organisation

TERM = timedelta(days=91)
"""How long somebody chairs unless another day is chosen."""
NO_PERSON = "Do not name anyone who is supported here, or say anything by which they could be known"


def end_of(day: date) -> datetime:
    """Return the midnight in London after a last day."""
    return datetime.combine(day + timedelta(days=1), time(), LONDON)


class BeginForm(forms.Form):
    """Which forum, what it is called here and what it is for."""

    def __init__(self, data: Mapping[str, object] | None = None, *, kinds: Sequence[Forum.Kind]) -> None:
        super().__init__(data)
        self.fields["kind"] = ChoiceField(
            label="Which forum?", named="a forum", choices=[(kind.value, str(kind.label)) for kind in kinds]
        )
        self.fields["name"] = TextField(label="What it is called here", named="what it is called", max_length=120)
        self.fields["purpose"] = TextAreaField(label="What it is for", max_length=500, rows=3, required=False)


class SeatForm(forms.Form):
    """Who sits in a forum and for whom they speak."""

    def __init__(self, data: Mapping[str, object] | None = None, *, organisations: "Sequence[Organisation]") -> None:
        super().__init__(data)
        self._organisations = {each.code: each for each in organisations}
        self.fields["email"] = EmailField(
            label="Email address", hint="Of somebody who works for a partner of the centre", autocomplete="off"
        )
        self.fields["organisation"] = SelectField(
            label="They speak for",
            named="whom they speak for",
            choices=[("", "Themselves, as somebody with lived experience"), *((e.code, e.name) for e in organisations)],
            required=False,
        )

    def organisation(self) -> "Organisation | None":
        """Return the organisation that was chosen; None for who speaks for themselves."""
        return self._organisations.get(self.cleaned_data["organisation"])


class ChairForm(forms.Form):
    """Who chairs next and until when; a reason where it is not their turn."""

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        seats: Sequence[ForumSeat],
        turn: ForumSeat,
        today: date,
    ) -> None:
        super().__init__(data, initial={"seat": str(turn.pk), "until": today + TERM})
        self._seats = {str(seat.pk): seat for seat in seats}
        self.fields["seat"] = SelectField(
            label="Who chairs",
            named="who chairs",
            choices=[
                (key, f"{words(seat)}{', whose turn it is' if seat == turn else ''}")
                for key, seat in self._seats.items()
            ],
        )
        self.fields["until"] = DateField(label="Last day in the chair", named="last day in the chair", earliest=today)
        self.fields["reason"] = TextField(
            label="Why, where it is somebody else's turn", named="why", max_length=500, required=False
        )

    def seat(self) -> ForumSeat:
        """Return the seat that was chosen."""
        return self._seats[self.cleaned_data["seat"]]


def words(seat: ForumSeat) -> str:
    """Return who sits there and for whom: "Sam Okafor, Lantern Peer Support"."""
    return seat.user.name if seat.organisation is None else f"{seat.user.name}, {seat.organisation.name}"
