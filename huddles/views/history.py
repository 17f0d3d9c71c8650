"""Huddles that are over: a list that is searched, the record of each, and one that is entered afterwards."""

from collections.abc import Mapping
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from huddles.agenda import KIND_NAMES, LANES, Kind
from huddles.forms.huddles import WEEKDAYS, LateForm, ScheduleForm
from huddles.lifecycle import HUDDLE_NAMES, HuddleState
from huddles.permissions import huddles as permissions
from huddles.queries import huddle as queries
from huddles.services import closing, huddles, late_entry
from huddles.views.access import visit
from huddles.views.acts import FaultyFormError, Way, paged, ways
from huddles.views.huddle import back_to
from huddles.views.parts import BoardAct, BoardPress
from nhc import formats, searches
from nhc.access import Permission
from partners.hours import operational_date
from partners.queries import crew


@require_http_methods(["GET", "HEAD", "POST"])
def history(request: HttpRequest, slug: str) -> HttpResponse:
    """List huddles, the newest first. What is searched for is sent by POST and kept out of the address."""
    seen = visit(request)
    access = permissions.get_huddle_for(seen.viewer, slug, seen.at)
    about = f"huddles of {access.centre.pk}"
    path = reverse("huddles:huddle-history", args=[access.centre.slug])
    if request.method == "POST":
        searches.keep_words(request, about)
        return redirect(path)
    kinds = [("", "All"), *((kind.value, name) for kind, name in KIND_NAMES.items())]
    states = [("", "All"), *((state.value, HUDDLE_NAMES[state]) for state in (HuddleState.CLOSED, HuddleState.MISSED))]
    kept = {
        "kind": request.GET.get("kind", "") if request.GET.get("kind") in dict(kinds) else "",
        "state": request.GET.get("state", "") if request.GET.get("state") in dict(states) else "",
    }
    words = searches.words(request, about)
    found = queries.history(access.centre, kind=kept["kind"], state=kept["state"], sought=words)
    context = {
        "centre": access.centre,
        "page": paged(request, found),
        "words": words,
        "kinds": dict(KIND_NAMES),
        "states": dict(HUDDLE_NAMES),
        "filters": [
            ("Kind", ways(path, kept, "kind", kinds)),
            ("Held", ways(path, kept, "state", states)),
        ],
    }
    return render(request, "huddles/board/history.jinja", context)


@require_safe
def record(request: HttpRequest, slug: str, huddle_id: int) -> HttpResponse:
    """Show the record of a huddle as it was frozen, and that it is still what it was."""
    seen = visit(request)
    access, huddle, found = permissions.get_record_for(seen.viewer, slug, huddle_id, seen.at)
    context = {
        "centre": access.centre,
        "huddle": huddle,
        "record": found,
        "contents": found.contents,
        "unchanged": closing.digest_of(found.contents) == found.digest,
        "lanes": LANES,
        "kinds": dict(KIND_NAMES),
        "moves": queries.moves_of(huddle),
        "when": _when,
        "on_day": _on_day,
    }
    return render(request, "huddles/board/record.jinja", context)


def _when(text: str | None) -> str:
    """Return an instant of a record, which is in ISO form and mostly in UTC, as it is told in London."""
    return formats.day_and_time(None if text is None else datetime.fromisoformat(text))


def _on_day(text: str) -> str:
    return formats.full_date(date.fromisoformat(text))


class EnterLate(BoardAct[LateForm]):
    """Enter a huddle that was held on paper while the service was down."""

    title = "Enter a huddle that was held"
    introduction = "For when the service was down. The record says when it was held, and when it was entered."
    button = "Enter it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre."""
        self.access = permissions.get_huddle_for(self.seen.viewer, named["slug"], self.seen.at)
        self.centre = self.access.centre
        self.back = Way(reverse("huddles:huddle-history", args=[self.centre.slug]), "Earlier huddles")

    def form(self, data: Mapping[str, object] | None = None) -> LateForm:
        """Return the form with those who may have chaired and the centre's partners."""
        return LateForm(
            data,
            people=crew.with_permission(self.centre, self.seen.at, Permission.JOIN_HUDDLE),
            organisations=queries.partners_of(self.centre, self.seen.at),
            at=self.seen.at,
        )

    def act(self, form: LateForm) -> str:
        """Enter it."""
        held = form.held()
        if held is None:
            raise FaultyFormError
        self.made = late_entry.enter_late(centre=self.centre, held=held, by=self.seen.by, at=self.seen.at)
        return "The huddle is on record"

    def done(self) -> str:
        """Go to the record."""
        return reverse("huddles:huddle-record", args=[self.centre.slug, self.made.huddle_id])


@require_safe
def schedule_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Show when the centre holds which huddles."""
    seen = visit(request)
    access = permissions.get_huddle_for(seen.viewer, slug, seen.at)
    day = operational_date(seen.at, access.centre.day_starts)
    context = {
        "centre": access.centre,
        "manages": access.manages,
        "schedules": queries.schedules_of(access.centre, day),
        "kinds": dict(KIND_NAMES),
        "lanes": LANES,
    }
    return render(request, "huddles/board/schedules.jinja", context)


class SetSchedule(BoardAct[ScheduleForm]):
    """Say when a kind of huddle is held."""

    title = "When do you meet?"
    introduction = "In place of what was said for the same kind before, from today on."

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre, for those who look after it."""
        self.access = permissions.get_huddles_to_set_up(self.seen.viewer, named["slug"], self.seen.at)
        self.centre, self.back = self.access.centre, back_to(self.access)

    def form(self, data: Mapping[str, object] | None = None) -> ScheduleForm:
        """Return the form: with the usual, or with the schedule that the address names."""
        chosen = self.request.GET.get("schedule", "")
        day = operational_date(self.seen.at, self.centre.day_starts)
        held = queries.schedules_of(self.centre, day)
        return ScheduleForm(data, schedule=next((each for each in held if str(each.pk) == chosen), None))

    def act(self, form: ScheduleForm) -> str:
        """Set it."""
        meeting = form.meeting()
        huddles.set_schedule(centre=self.centre, meeting=meeting, by=self.seen.by, at=self.seen.at)
        days = ", ".join(WEEKDAYS[day] for day in sorted(meeting.weekdays))
        return f"{KIND_NAMES[Kind(meeting.kind)]}: {days}, at {meeting.starts:%H:%M}"


class EndSchedule(BoardPress):
    """Hold a huddle no longer."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the schedule, for those who look after the centre."""
        self.access, self.schedule = permissions.get_schedule_to_end(
            self.seen.viewer, named["slug"], int(named["schedule_id"]), self.seen.at
        )
        self.centre = self.access.centre
        self.back = Way(reverse("huddles:schedules", args=[self.centre.slug]), "Times")

    def press(self) -> str:
        """End it."""
        huddles.end_schedule(schedule=self.schedule, by=self.seen.by, at=self.seen.at)
        return "The huddle is held no longer"
