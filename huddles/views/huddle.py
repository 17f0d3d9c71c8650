"""The huddle: one page that runs the day, its live part, and what a chair does on it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View
from django.views.decorators.http import require_safe

from huddles import agenda
from huddles.agenda import LANES
from huddles.forms.cards import Owners, QuickForm
from huddles.forms.huddles import ChairForm, CloseForm, StartForm
from huddles.lifecycle import HuddleState
from huddles.models import Huddle
from huddles.permissions import huddles as permissions
from huddles.permissions.huddles import HuddleAccess
from huddles.queries import episodes as episode_queries
from huddles.queries import huddle as queries
from huddles.queries import setting_up
from huddles.queries.board import Board
from huddles.services import actions, attendance, board, cards, closing, huddles
from huddles.views import board_looks, parts, rendering
from huddles.views.access import Visit, visit
from huddles.views.acts import Way, refuse
from huddles.views.parts import BoardAct, BoardPress
from nhc import clock, identity, live, sessions
from nhc.access import Permission
from nhc.live import Topic
from partners.permissions import NotVisible, Viewer
from partners.queries import crew, directory

if TYPE_CHECKING:
    from huddles.models import Episode
    from nhc.models import User


def back_to(access: HuddleAccess) -> Way:
    """Return the way to the huddle's page."""
    return Way(reverse("huddles:huddle", args=[access.centre.slug]), "Huddle")


def _back_to(access: HuddleAccess, huddle: Huddle) -> Way:
    """Return the way to the page of a huddle: where another is under way too, the address says which."""
    way = back_to(access)
    return Way(f"{way.address}?huddle={huddle.pk}", way.words) if queries.another_under_way(huddle) else way


def owners_on(shown: Board, user: "User") -> Owners:
    """Return who may own something as far as the board knows them: who is on duty, whoever asks, and the teams."""
    people = {shift.user_id: shift.user for duty in shown.duties for shift in duty.on}
    people.setdefault(user.pk, user)
    return Owners(sorted(people.values(), key=lambda each: each.name), [each.team for each in shown.pressure])


def owners_at(access: HuddleAccess, at: datetime) -> Owners:
    """Return everybody who takes part in the centre's huddles, and its teams."""
    people = crew.with_permission(access.centre, at, Permission.JOIN_HUDDLE)
    return Owners(people, list(directory.teams_at(access.centre, at)))


class HuddlePage(View):
    """The huddle's page. A POST is the short form that adds a card or an action."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the centre, for those who take part in its huddles."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.access = permissions.get_huddle_for(self.seen.viewer, kwargs["slug"], self.seen.at)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the board."""
        return self.page(request)

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Add what was typed, and stay here."""
        form = QuickForm(
            request.POST, owners=owners_at(self.access, self.seen.at), at=self.seen.at, about=self.access.on_duty
        )
        if not form.is_valid():
            return self.page(request, form, status=422)
        try:
            sentence = _added(self.access, form, self.seen, _named(request))
        except forms.ValidationError as error:
            refuse(form, error)
            return self.page(request, form, status=422)
        messages.success(request, sentence)
        reply = parts.in_a_line(request, redirect(back_to(self.access).address + _query(_named(request))))
        assert isinstance(reply, HttpResponse)  # noqa: S101  (either a redirect or a line)
        return reply

    def page(self, request: HttpRequest, form: QuickForm | None = None, *, status: int = 200) -> HttpResponse:
        """Render the page around the board. Those who are sent its rows leave an event that they were."""
        shown = rendering.rendered(
            self.access.centre, self.access.audience, self.seen.at, request.GET.get("huddle", "")
        )
        if form is None:
            lane = "" if shown.board.huddle is None else shown.board.huddle.lane
            form = QuickForm(
                owners=owners_on(shown.board, self.seen.user),
                at=self.seen.at,
                form_key=identity.uuid7(),
                lane="actions" if lane in {"signal", ""} else lane,
                about=self.access.on_duty,
            )
        context = {
            "centre": self.access.centre,
            "access": self.access,
            "shown": shown,
            "of_huddle": _query(_about_which(shown.board)),
            "board": shown.board,
            "huddle": shown.board.huddle,
            "name": _title(shown.board),
            "names": LANES,
            "form": form,
            "paused": request.GET.get("updates") == "pause",
            "when": rendering.clock_words(shown.board),
            "at": self.seen.at,
            "setting_up": self._to_set_up(shown.board),
        }
        if parts.PART in request.headers:
            return render(request, "huddles/board/_quick.jinja", context, status=status)
        board_looks.opened(request, self.access, self.seen)
        return render(request, "huddles/board/huddle.jinja", context, status=status)

    def _to_set_up(self, shown: Board) -> setting_up.SettingUp | None:
        if not self.access.manages or (shown.huddle is not None and shown.huddle.state != HuddleState.PLANNED):
            return None
        return setting_up.before_the_first(self.access.centre, self.seen.at)


def _about_which(shown: Board) -> int | None:
    """Return the key of the huddle that a page is about, so that it stays so, and what is typed there belongs to it."""
    huddle = shown.huddle
    return huddle.id if huddle is not None and huddle.state in {HuddleState.LIVE, HuddleState.PLANNED} else None


def _named(request: HttpRequest) -> int | None:
    """Return the key of the huddle that an address names, where several are under way."""
    named = request.GET.get("huddle", "")
    return int(named) if named.isascii() and named.isdigit() and len(named) < 16 else None


def _query(huddle_id: int | None) -> str:
    return "" if huddle_id is None else f"?huddle={huddle_id}"


def _added(access: HuddleAccess, form: QuickForm, seen: Visit, huddle_id: int | None) -> str:
    typed = form.cleaned_data
    person, team = form.owner()
    episode = _about(access, str(typed.get("about", "")))
    if form.is_action:
        entry = actions.Entry(
            words=typed["what"],
            due_at=typed["due_at"],
            owner=person,
            team=team,
            episode=episode,
            huddle_id=huddle_id,
        )
        actions.add_action(centre=access.centre, entry=entry, by=seen.by, at=seen.at, form_key=typed["form_key"])
        return "The action is on the board"
    card = cards.Entry(typed["lane"], typed["what"], "", person, team, episode, typed["due_at"], huddle_id=huddle_id)
    cards.add_card(centre=access.centre, entry=card, by=seen.by, at=seen.at, form_key=typed["form_key"])
    return f"The card is in {LANES[typed['lane']].name}"


def _about(access: HuddleAccess, reference: str) -> "Episode | None":
    """Return the open episode that a reference on the board names: for those on duty, who see it there."""
    if not reference or not access.on_duty:
        return None
    episode = episode_queries.by_reference(access.centre, reference)
    if episode is None or episode.closed_at is not None:
        raise forms.ValidationError({"about": "No row on the board has this reference. Check it."})
    return episode


def _title(shown: Board) -> str:
    huddle = shown.huddle
    if huddle is None:
        return "Huddle"
    alike = [
        each
        for each in shown.facts.huddles
        if each.kind == huddle.kind and each.operational_date == huddle.operational_date
    ]
    return agenda.name_of(huddle.kind, huddle.turn, of=len(alike))


@require_safe
def board_part(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the board itself, or 304 where the page has it already. Pages ask for it by themselves."""
    seen = visit(request)
    access = permissions.get_huddle_for(seen.viewer, slug, seen.at)
    board_looks.refreshed(request, access, seen)
    return rendering.answer(
        request, rendering.rendered(access.centre, access.audience, seen.at, request.GET.get("huddle", ""))
    )


@require_safe
def board_stream(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Say that the board is at a version, whenever it changes, for as long as the session and the access last."""
    seen = visit(request)
    access = permissions.get_huddle_for(seen.viewer, slug, seen.at)
    if request.method == "HEAD":
        return HttpResponse(content_type="text/event-stream; charset=utf-8")
    session_key = request.session.session_key

    def still_allowed() -> bool:
        at = clock.now()
        if sessions.SessionStore(session_key).get("_auth_user_id") is None:
            return False
        try:
            permissions.get_huddle_for(Viewer.user(seen.user), slug, at)
        except (NotVisible, PermissionDenied):
            return False
        return True

    return live.response(Topic(board.KIND, access.centre.pk), still_allowed)


class StartHuddle(BoardAct[ChairForm]):
    """Start a planned huddle: whose turn it is to chair is chosen already."""

    title = "Start the huddle"
    button = "Start"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the huddle."""
        self.access, self.huddle = permissions.get_meeting_for(
            self.seen.viewer, named["slug"], int(named["huddle_id"]), self.seen.at
        )
        self.centre, self.back = self.access.centre, back_to(self.access)
        self.chair = queries.suggested_chair(self.centre, self.seen.at)
        self.introduction = _why(self.chair)

    def form(self, data: Mapping[str, object] | None = None) -> ChairForm:
        """Return the form with those who may chair."""
        people = crew.with_permission(self.centre, self.seen.at, Permission.JOIN_HUDDLE)
        return ChairForm(data, people=people, chair=self.seen.user.pk if self.chair is None else self.chair.user.pk)

    def act(self, form: ChairForm) -> str:
        """Start it."""
        huddles.start_huddle(huddle=self.huddle, chair=form.chair(), by=self.seen.by, at=self.seen.at)
        return "The huddle is under way"

    def done(self) -> str:
        """Go to its page."""
        return _back_to(self.access, self.huddle).address


class StartUnplanned(BoardAct[StartForm]):
    """Start a huddle that nobody had planned."""

    title = "Start a huddle now"
    button = "Start"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre."""
        self.access = permissions.get_huddle_for(self.seen.viewer, named["slug"], self.seen.at)
        self.centre, self.back = self.access.centre, back_to(self.access)
        self.chair = queries.suggested_chair(self.centre, self.seen.at)
        self.introduction = _why(self.chair)

    def form(self, data: Mapping[str, object] | None = None) -> StartForm:
        """Return the form with those who may chair."""
        people = crew.with_permission(self.centre, self.seen.at, Permission.JOIN_HUDDLE)
        chair = self.seen.user.pk if self.chair is None else self.chair.user.pk
        return StartForm(data, people=people, chair=chair, kind=agenda.Kind.DAILY)

    def act(self, form: StartForm) -> str:
        """Start it."""
        self.made = huddles.start_unplanned(
            centre=self.centre,
            kind=form.cleaned_data["kind"],
            chair=form.chair(),
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The huddle is under way"

    def done(self) -> str:
        """Go to its page."""
        return _back_to(self.access, self.made).address


def _why(chair: queries.Chair | None) -> str:
    if chair is None:
        return "Nobody is on the rota now, so nobody's turn it is: choose who chairs."
    return f"It is the turn of {chair.user.name}, {chair.organisation}. {chair.why}"


class _OfHuddle[Form: forms.Form](BoardAct[Form]):
    def load(self, named: Mapping[str, str]) -> None:
        self.access, self.huddle = permissions.get_meeting_for(
            self.seen.viewer, named["slug"], int(named["huddle_id"]), self.seen.at
        )
        self.centre, self.back = self.access.centre, _back_to(self.access, self.huddle)


class PassChair(_OfHuddle[ChairForm]):
    """Let somebody else chair."""

    title = "Pass the chair on"
    button = "Pass it on"

    def form(self, data: Mapping[str, object] | None = None) -> ChairForm:
        """Return the form with those who may chair."""
        people = crew.with_permission(self.centre, self.seen.at, Permission.JOIN_HUDDLE)
        return ChairForm(data, people=people, chair=self.huddle.chair_id)

    def act(self, form: ChairForm) -> str:
        """Pass it on."""
        huddles.pass_chair(huddle=self.huddle, chair=form.chair(), by=self.seen.by, at=self.seen.at)
        return f"{form.chair().name} chairs now"


class CloseHuddle(_OfHuddle[CloseForm]):
    """Close the huddle: what it was is frozen, and the summary goes to those of the day."""

    title = "Close the huddle"
    button = "Close and send the summary"

    def form(self, data: Mapping[str, object] | None = None) -> CloseForm:
        """Return the form."""
        return CloseForm(data)

    def act(self, form: CloseForm) -> str:
        """Close it."""
        closing.close_huddle(huddle=self.huddle, summary=form.cleaned_data["summary"], by=self.seen.by, at=self.seen.at)
        return "The huddle is closed. Its record is below, and those of the day are told where to read it"

    def done(self) -> str:
        """Go to the record."""
        return reverse("huddles:huddle-record", args=[self.centre.slug, self.huddle.pk])

    def more(self) -> dict[str, object]:
        """Say what was left out, while there is still time."""
        covered = queries.covered(self.huddle)
        left = [LANES[lane].name for lane in self.huddle.agenda if lane not in covered]
        return {"left_out": left, "minutes": _minutes(self.huddle, self.seen.at)}


def _minutes(huddle: Huddle, at: datetime) -> int:
    return 0 if huddle.started_at is None else int((at - huddle.started_at) / timedelta(minutes=1))


class OpenLane(_OfHuddle[forms.Form], BoardPress):
    """Go to a lane."""

    def press(self) -> str:
        """Open it."""
        lane = self.request.POST.get("lane", "")
        huddles.open_lane(huddle=self.huddle, lane=lane, by=self.seen.by, at=self.seen.at)
        return f"{LANES[lane].name} is open"

    def done(self) -> str:
        """Stay on the board, at the lane."""
        return f"{self.back.address}#lane-{self.request.POST.get('lane', '')}"


class MarkPresent(_OfHuddle[forms.Form], BoardPress):
    """Say by a tap whether a partner is here: the button's value is the key and 1 or 0."""

    def press(self) -> str:
        """Mark it."""
        key, _, here = self.request.POST.get("partner", "").partition("-")
        partners = queries.partners_of(self.centre, self.seen.at)
        organisation = next((each for each in partners if str(each.pk) == key), None)
        if organisation is None or here not in {"0", "1"}:
            raise forms.ValidationError("Choose a partner of the centre.")
        attendance.mark(
            huddle=self.huddle, organisation=organisation, here=here == "1", by=self.seen.by, at=self.seen.at
        )
        return f"{organisation.name} is here" if here == "1" else f"{organisation.name} is not here"
