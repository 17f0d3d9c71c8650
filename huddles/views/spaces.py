"""Rooms of a centre: who is in them now, what is booked on a day, booking one and letting it go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from huddles.forms.spaces import FARTHEST, BookForm, suits
from huddles.models import Space, SpaceBooking
from huddles.permissions import spaces as permissions
from huddles.queries import spaces as queries
from huddles.services import spaces
from huddles.views.access import visit
from huddles.views.acts import Act, Press, Way
from nhc import identity
from partners.hours import midnight

WANTED = ("quiet", "sensory_aware", "accessible")


@dataclass(frozen=True, slots=True)
class Row:
    """A room on a day, with what it suits in words and what is booked."""

    space: Space
    suits: str
    now: SpaceBooking | None
    following: SpaceBooking | None
    bookings: Sequence[SpaceBooking]


@require_safe
def space_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the rooms on a day: who is in each now, who is next, and all that is booked. Filters say what must suit."""
    seen = visit(request)
    found = permissions.get_spaces_for(seen.viewer, slug, seen.at)
    day = _day(request.GET.get("day", ""), seen.today)
    wanted = {name: True for name in WANTED if request.GET.get(name) == "yes"}
    now = {each.space.pk: each for each in queries.spaces_now(found.centre, seen.at)}
    chosen = queries.suiting([each.space for each in now.values()], **wanted)
    booked = queries.bookings_between(chosen, midnight(day), midnight(day + timedelta(days=1)))
    context = {
        "centre": found.centre,
        "found": found,
        "rows": [
            Row(space, suits(space), now[space.pk].now, now[space.pk].following, booked[space.pk]) for space in chosen
        ],
        "day": day,
        "today": seen.today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "wanted": wanted,
        "some": bool(now),
        "at": seen.at,
        "names": dict(SpaceBooking.Purpose.choices),
    }
    return render(request, "huddles/spaces/list.jinja", context)


def _day(text: str, today: date) -> date:
    """Return the day that an address names, today for none; one that is no day of these years is today too."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if abs(day - today) <= FARTHEST else today


class BookSpace(Act[BookForm]):
    """Book a room."""

    title = "Book a room"
    introduction = "Everybody who works at the centre sees which team has which room, and never for whom by name."
    button = "Book it"
    template = "huddles/spaces/book.jinja"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the rooms, for those who work at the centre."""
        self.found = permissions.get_spaces_to_book(self.seen.viewer, named["slug"], self.seen.at)
        self.centre = self.found.centre
        self.back = Way(reverse("huddles:spaces", args=[self.centre.slug]), "Rooms")

    def form(self, data: Mapping[str, object] | None = None) -> BookForm:
        """Return the form, with the room and the day that the address names."""
        initial = {
            "space": self.request.GET.get("room", ""),
            "day": _day(self.request.GET.get("day", ""), self.seen.today),
            "form_key": identity.uuid7(),
        }
        return BookForm(
            data,
            spaces=queries.spaces_of(self.centre),
            teams=self.found.teams,
            episodes=permissions.get_episodes_to_book(self.seen.viewer, self.found, self.seen.at),
            today=self.seen.today,
            initial=initial,
        )

    def act(self, form: BookForm) -> str:
        """Book it."""
        made = spaces.book_space(booking=form.booking(), form_key=form.key(), by=self.seen.by, at=self.seen.at)
        return f"{made.space.name} is booked for {made.team.name}"


class _OfBooking(Press):
    """A button on a booking, for the team that has it."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the booking."""
        found, self.booking = permissions.get_booking_to_end(
            self.seen.viewer, named["slug"], int(named["booking_id"]), self.seen.at
        )
        self.centre = found.centre
        self.back = Way(reverse("huddles:spaces", args=[self.centre.slug]), "Rooms")


class EndBooking(_OfBooking):
    """Let a room go before its booking ends."""

    def press(self) -> str:
        """End it."""
        spaces.end_booking(booking=self.booking, by=self.seen.by, at=self.seen.at)
        return f"{self.booking.space.name} is free again"


class CancelBooking(_OfBooking):
    """Cancel a booking."""

    def press(self) -> str:
        """Cancel it."""
        spaces.cancel_booking(booking=self.booking, by=self.seen.by, at=self.seen.at)
        return f"The booking of {self.booking.space.name} is cancelled"
