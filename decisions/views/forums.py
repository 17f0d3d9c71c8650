"""A centre's forums: who sits there, who chairs and why, and what lies with each."""

from collections.abc import Mapping

from django import forms as django_forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.forms.forums import BeginForm, ChairForm, SeatForm, end_of
from decisions.models import Forum
from decisions.permissions import forums as permissions
from decisions.queries import decisions as decision_queries
from decisions.queries import forums as queries
from decisions.queries import issues as issue_queries
from decisions.queries import meetings as meeting_queries
from decisions.queries import proposals as proposal_queries
from decisions.queries import risks as risk_queries
from decisions.services import forums
from decisions.views.access import visit
from decisions.views.acts import Act, Press, Way
from nhc import formats
from partners.permissions import NotVisible
from partners.queries import directory
from partners.queries import people as people_queries

SHORT = 5
"""How many of each list the forum's own page shows."""


@require_safe
def forum_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List the centre's forums, what waits for the person's answer, and what they raised."""
    seen = visit(request)
    access = permissions.get_forums_for(seen.viewer, slug, seen.at)
    centre = access.centre.centre
    found = queries.forums_of(centre)
    context = {
        "centre": centre,
        "forums": found,
        "chairs": queries.chairs_of(centre, seen.at),
        "counts": queries.seats_counted(centre, seen.at),
        "asked": proposal_queries.waiting_for(seen.user.pk, centre, seen.at),
        "raised": issue_queries.issues_of(centre, raised_by=seen.user.pk)[:SHORT],
        "seats": access.seats,
        "may_raise": access.may_raise,
        "may_begin": bool(access.governs - {each.kind for each in found}),
    }
    return render(request, "decisions/forums/list.jinja", context)


@require_safe
def forum(request: HttpRequest, slug: str, forum: str) -> HttpResponse:
    """Show one forum: its chair, its people, its next meeting, and what lies with it."""
    seen = visit(request)
    found = permissions.get_forum_for(seen.viewer, slug, forum, seen.at)
    shown, centre = found.forum, found.centre.centre
    context = {
        "centre": centre,
        "forum": shown,
        "found": found,
        "seats": queries.seats_of(shown, seen.at),
        "lapsed": queries.lapsed_seats(shown, seen.at) if found.may_govern else [],
        "chair": queries.chair_of(shown, seen.at),
        "terms": queries.terms_of(shown)[:SHORT],
        "meeting": meeting_queries.next_meeting(shown, seen.at),
        "issues": issue_queries.issues_of(centre, forum=shown, states=("raised", "taken"))[:SHORT],
        "proposals": proposal_queries.proposals_of(shown, states=("open",))[:SHORT],
        "decisions": decision_queries.decisions_of(shown, today=seen.today)[:SHORT],
        "risks": risk_queries.risks_of(centre, forum=shown)[:SHORT],
        "today": seen.today,
        "may_raise": found.centre.works_here,
    }
    return render(request, "decisions/forums/forum.jinja", context)


class BeginForum(Act[BeginForm]):
    """Begin one of the forums that the centre does not have yet."""

    title = "Begin a forum"
    button = "Begin it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre, for those who look after one of its forums."""
        self.access = permissions.get_forums_to_govern(self.seen.viewer, named["slug"], self.seen.at)
        self.centre = self.access.centre.centre
        self.back = Way(reverse("decisions:forums", args=[self.centre.slug]), "Forums")

    def form(self, data: Mapping[str, object] | None = None) -> BeginForm:
        """Return the form with the kinds that there are not yet, of those that they look after."""
        begun = {each.kind for each in queries.forums_of(self.centre)}
        return BeginForm(data, kinds=[kind for kind in Forum.Kind if kind in self.access.governs - begun])

    def act(self, form: BeginForm) -> str:
        """Begin it."""
        typed = form.cleaned_data
        made = forums.begin_forum(
            centre=self.centre,
            kind=typed["kind"],
            name=typed["name"],
            purpose=typed["purpose"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"The {made.name} has begun. Seat its people"


class _OfForum[Form: django_forms.Form](Act[Form]):
    """An act on a forum, by those who look after it."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the forum."""
        self.found = permissions.get_forum_to_govern(self.seen.viewer, named["slug"], named["forum"], self.seen.at)
        self.forum, self.centre = self.found.forum, self.found.centre.centre
        self.back = Way(reverse("decisions:forum", args=[self.centre.slug, self.forum.code]), self.forum.name)


class GiveSeat(_OfForum[SeatForm]):
    """Seat somebody."""

    title = "Who takes a seat?"
    button = "Seat them"

    def form(self, data: Mapping[str, object] | None = None) -> SeatForm:
        """Return the form."""
        return SeatForm(data, organisations=directory.partners_at(self.centre, self.seen.at))

    def act(self, form: SeatForm) -> str:
        """Seat them."""
        user = people_queries.by_email(form.cleaned_data["email"])
        if user is None:
            raise ValidationError(
                {"email": "Nobody signs in with this address. Check it, or let them be invited first."}
            )
        forums.give_seat(
            forum=self.forum, user=user, organisation=form.organisation(), by=self.seen.by, at=self.seen.at
        )
        return f"{user.name} sits in the {self.forum.name}"


class EndSeat(Press):
    """End a seat."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the seat, for those who look after the forum."""
        self.seat = permissions.get_seat_to_end(
            self.seen.viewer, named["slug"], named["forum"], int(named["seat_id"]), self.seen.at
        )
        forum = self.seat.forum
        self.centre = forum.centre
        self.back = Way(reverse("decisions:forum", args=[self.centre.slug, forum.code]), forum.name)

    def press(self) -> str:
        """End it."""
        forums.end_seat(seat=self.seat, by=self.seen.by, at=self.seen.at)
        return f"{self.seat.user.name} sits here no longer"


class PassChair(_OfForum[ChairForm]):
    """Pass the chair on, to whose turn it is or, with a reason, to somebody else."""

    title = "Pass the chair on"
    button = "Pass it on"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the forum and whose turn it is; nobody's where nobody sits there."""
        super().load(named)
        chair = queries.chair_of(self.forum, self.seen.at)
        if chair.turn is None or chair.next is None:
            raise NotVisible
        self.turn = chair.next
        self.introduction = f"It is the turn of {chair.next.user.name}. {chair.turn.why}"

    def form(self, data: Mapping[str, object] | None = None) -> ChairForm:
        """Return the form, whose turn it is chosen."""
        seats = queries.seats_of(self.forum, self.seen.at)
        return ChairForm(data, seats=seats, turn=self.turn, today=self.seen.today)

    def act(self, form: ChairForm) -> str:
        """Pass it on."""
        seat = form.seat()
        forums.pass_chair(
            forum=self.forum,
            seat=seat,
            ends_at=end_of(form.cleaned_data["until"]),
            reason=form.cleaned_data["reason"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"{seat.user.name} chairs until {formats.full_date(form.cleaned_data['until'])}"
