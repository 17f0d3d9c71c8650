"""Cards, actions and harms on pages of their own, and what is done with one."""

from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.queries import forums as forum_queries
from huddles.agenda import CARD_LANES, LANES
from huddles.forms.cards import ActionForm, CardForm, DoneForm, HarmForm, LateCardForm, RaiseForm, ReasonForm
from huddles.models import Action, Card
from huddles.permissions import huddles as permissions
from huddles.queries import cards as queries
from huddles.services import actions, cards, harms
from huddles.services.actions import Entry
from huddles.services.edits import Clash
from huddles.views.access import visit
from huddles.views.acts import Theirs, Way, paged, ways
from huddles.views.huddle import back_to, owners_at
from huddles.views.parts import BoardAct, BoardPress
from nhc import formats, identity
from partners.permissions import NotVisible
from partners.queries import agreements as agreement_queries

STATES = [("open", "Open"), ("closed", "Closed"), ("all", "All")]


@require_safe
def card(request: HttpRequest, slug: str, card_id: int) -> HttpResponse:
    """Show a card: what it says, what was agreed on it, what a forum answered, and how it came to read so."""
    seen = visit(request)
    access, shown = permissions.get_card_for(seen.viewer, slug, card_id, seen.at)
    context = {
        "centre": access.centre,
        "card": shown,
        "lane": LANES[shown.lane],
        "actions": queries.actions_on(shown),
        "history": queries.history_of_card(shown),
        "on_duty": access.on_duty,
        "at": seen.at,
    }
    return render(request, "huddles/board/card.jinja", context)


@require_safe
def card_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List the cards of a lane or of all lanes: those on the board, those that left it, or both."""
    seen = visit(request)
    access = permissions.get_huddle_for(seen.viewer, slug, seen.at)
    kept = {
        "lane": request.GET.get("lane", "") if request.GET.get("lane") in CARD_LANES else "",
        "state": request.GET.get("state", "open") if request.GET.get("state") in dict(STATES) else "open",
    }
    found = queries.cards_in(access.centre, lane=kept["lane"], state="" if kept["state"] == "all" else kept["state"])
    path = reverse("huddles:cards", args=[access.centre.slug])
    context = {
        "centre": access.centre,
        "page": paged(request, found),
        "lanes": LANES,
        "at": seen.at,
        "kept": kept,
        "filters": [
            ("Lane", ways(path, kept, "lane", [("", "All"), *((code, LANES[code].name) for code in CARD_LANES)])),
            ("State", ways(path, kept, "state", STATES)),
        ],
    }
    return render(request, "huddles/board/cards.jinja", context)


@require_safe
def action_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List the actions: those that are open, done or dropped; everybody's or one's own."""
    seen = visit(request)
    access = permissions.get_huddle_for(seen.viewer, slug, seen.at)
    states = [("open", "Open"), ("done", "Done"), ("dropped", "Dropped"), ("all", "All")]
    kept = {
        "state": request.GET.get("state", "open") if request.GET.get("state") in dict(states) else "open",
        "of": "me" if request.GET.get("of") == "me" else "",
    }
    found = queries.actions_of(
        access.centre,
        state="" if kept["state"] == "all" else kept["state"],
        owner=seen.user.pk if kept["of"] else None,
    )
    path = reverse("huddles:actions", args=[access.centre.slug])
    context = {
        "centre": access.centre,
        "page": paged(request, found),
        "at": seen.at,
        "kept": kept,
        "filters": [
            ("State", ways(path, kept, "state", states)),
            ("Whose", ways(path, kept, "of", [("", "Everybody's"), ("me", "Mine")])),
        ],
    }
    return render(request, "huddles/board/actions.jinja", context)


class _OfCard[Form: forms.Form](BoardAct[Form]):
    def load(self, named: Mapping[str, str]) -> None:
        self.access, self.card = permissions.get_card_for(
            self.seen.viewer, named["slug"], int(named["card_id"]), self.seen.at
        )
        self.centre = self.access.centre
        self.back = Way(reverse("huddles:card", args=[self.centre.slug, self.card.pk]), "Card")


class EditCard(_OfCard[CardForm]):
    """Change a card. What others changed meanwhile stays; where both changed the same, both are shown."""

    title = "Change the card"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the card; the way back is the board, where most people come from."""
        super().load(named)
        self.back = back_to(self.access)

    def form(self, data: Mapping[str, object] | None = None) -> CardForm:
        """Return the form with the card as it stands."""
        return CardForm(data, card=self.card, owners=owners_at(self.access, self.seen.at), at=self.seen.at)

    def act(self, form: CardForm) -> str:
        """Change it."""
        fields = form.changed_fields()
        _raise_errors(form)
        cards.edit_card(
            card=self.card, fields=fields, version=form.cleaned_data["version"], by=self.seen.by, at=self.seen.at
        )
        return "The card is changed"

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show how the fields that clash stand now."""
        return theirs_of(error)


def theirs_of(error: ValidationError) -> Theirs | None:
    """Return how the fields of a clash stand now, in words."""
    if not isinstance(error, Clash):
        return None
    return Theirs(
        error.thing.version, [(queries.FIELD_NAMES[name], _shown(error.thing, name)) for name in error.fields]
    )


def _shown(thing: Card | Action, name: str) -> str:
    if name == "lane" and isinstance(thing, Card):
        return LANES[thing.lane].name
    if name == "due_at":
        return formats.day_and_time(thing.due_at)
    value = getattr(thing, name)
    return "" if value is None else str(value)


def _raise_errors(form: forms.Form) -> None:
    """Raise what a form found only while it put its fields together."""
    if form.errors:
        raise ValidationError(form.errors.as_data())


class EnterLateCard(BoardAct[LateCardForm]):
    """Enter what came up while the service was down."""

    title = "What came up while the service was down?"
    introduction = "It stands on the board with the time at which it came up, and says that it was entered later."
    button = "Enter it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre."""
        self.access = permissions.get_huddle_for(self.seen.viewer, named["slug"], self.seen.at)
        self.centre, self.back = self.access.centre, back_to(self.access)

    def form(self, data: Mapping[str, object] | None = None) -> LateCardForm:
        """Return the form."""
        owners = owners_at(self.access, self.seen.at)
        return LateCardForm(data, owners=owners, at=self.seen.at, form_key=identity.uuid7())

    def act(self, form: LateCardForm) -> str:
        """Enter it."""
        typed, came_at = form.cleaned_data, form.came_at()
        _raise_errors(form)
        person, team = form.owner()
        entry = cards.Entry(typed["lane"], typed["title"], typed["words"], person, team, opened_at=came_at)
        cards.add_card(centre=self.centre, entry=entry, by=self.seen.by, at=self.seen.at, form_key=typed["form_key"])
        return f"The card is in {LANES[typed['lane']].name}"


class CloseCard(_OfCard[forms.Form], BoardPress):
    """Take a card off the board."""

    def press(self) -> str:
        """Take it off."""
        cards.close_card(card=self.card, by=self.seen.by, at=self.seen.at)
        return "The card is off the board"

    def done(self) -> str:
        """Go to the board."""
        return back_to(self.access).address


class ReopenCard(_OfCard[forms.Form], BoardPress):
    """Put a card back on the board."""

    def press(self) -> str:
        """Put it back."""
        cards.reopen_card(card=self.card, by=self.seen.by, at=self.seen.at)
        return "The card is back on the board"


class RaiseCard(_OfCard[RaiseForm]):
    """Ask a forum to look at a card. It comes back with an answer."""

    title = "Raise the card to a forum"
    introduction = "The card stays on the board. The forum's answer is shown on it, and you are told of it."
    button = "Raise it"

    def form(self, data: Mapping[str, object] | None = None) -> RaiseForm:
        """Return the form with the centre's forums."""
        return RaiseForm(data, forums=forum_queries.forums_of(self.centre), words=self.card.words)

    def act(self, form: RaiseForm) -> str:
        """Raise it, for the organisation for which the person works here."""
        organisation = agreement_queries.organisation_at(self.seen.user.pk, self.centre, self.seen.at)
        if organisation is None:
            raise NotVisible
        cards.raise_card(
            card=self.card,
            forum=form.forum(),
            words=form.cleaned_data["words"],
            organisation=organisation,
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"The card is raised to the {form.forum().name}"


class AddAction(_OfCard[ActionForm]):
    """Agree an action on a card."""

    title = "Add an action"
    button = "Add it"

    def form(self, data: Mapping[str, object] | None = None) -> ActionForm:
        """Return the form."""
        owners = owners_at(self.access, self.seen.at)
        return ActionForm(data, owners=owners, at=self.seen.at, form_key=identity.uuid7())

    def act(self, form: ActionForm) -> str:
        """Add it."""
        fields = form.changed_fields()
        due_at, chosen = form.due_at(), str(form.cleaned_data["owner"])
        _raise_errors(form)
        if due_at is None:
            raise ValidationError({"due": "Enter a time, like 14:30"})
        owners = owners_at(self.access, self.seen.at)
        entry = Entry(
            words=str(fields["words"]),
            due_at=due_at,
            owner=owners.person(chosen),
            team=owners.team(chosen),
            card=self.card,
        )
        actions.add_action(
            centre=self.centre, entry=entry, by=self.seen.by, at=self.seen.at, form_key=form.cleaned_data["form_key"]
        )
        return "The action is on the board"


class _OfAction[Form: forms.Form](BoardAct[Form]):
    def load(self, named: Mapping[str, str]) -> None:
        self.access, self.action = permissions.get_action_for(
            self.seen.viewer, named["slug"], int(named["action_id"]), self.seen.at
        )
        self.centre, self.back = self.access.centre, back_to(self.access)

    def more(self) -> dict[str, object]:
        return {"action": self.action, "history": queries.history_of_action(self.action)}


class EditAction(_OfAction[ActionForm]):
    """Change an action; the page shows how it came to read so."""

    title = "Change the action"
    template = "huddles/board/action.jinja"

    def form(self, data: Mapping[str, object] | None = None) -> ActionForm:
        """Return the form with the action as it stands."""
        return ActionForm(data, action=self.action, owners=owners_at(self.access, self.seen.at), at=self.seen.at)

    def act(self, form: ActionForm) -> str:
        """Change it."""
        fields = form.changed_fields()
        _raise_errors(form)
        actions.edit_action(
            action=self.action, fields=fields, version=form.cleaned_data["version"], by=self.seen.by, at=self.seen.at
        )
        return "The action is changed"

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show how the fields that clash stand now."""
        return theirs_of(error)


class FinishAction(_OfAction[forms.Form], BoardPress):
    """Say that an action is done, now."""

    def press(self) -> str:
        """Say so."""
        actions.finish_action(action=self.action, by=self.seen.by, at=self.seen.at)
        return "The action is done"


class FinishActionThen(_OfAction[DoneForm]):
    """Say that an action was done at a time that has passed."""

    title = "When was it done?"
    button = "Save"

    def form(self, data: Mapping[str, object] | None = None) -> DoneForm:
        """Return the form."""
        return DoneForm(data, at=self.seen.at)

    def act(self, form: DoneForm) -> str:
        """Say so."""
        done_at = form.done_at()
        _raise_errors(form)
        actions.finish_action(action=self.action, by=self.seen.by, at=self.seen.at, done_at=done_at)
        return "The action is done"


class DropAction(_OfAction[ReasonForm]):
    """Say that an action is not needed any more."""

    title = "It is not needed any more"
    button = "Drop the action"

    def form(self, data: Mapping[str, object] | None = None) -> ReasonForm:
        """Return the form."""
        return ReasonForm(data)

    def act(self, form: ReasonForm) -> str:
        """Drop it."""
        actions.drop_action(action=self.action, reason=form.cleaned_data["reason"], by=self.seen.by, at=self.seen.at)
        return "The action is dropped. It stays on record"


class ReopenAction(_OfAction[forms.Form], BoardPress):
    """Put an action back that is not done after all."""

    def press(self) -> str:
        """Put it back."""
        actions.reopen_action(action=self.action, by=self.seen.by, at=self.seen.at)
        return "The action is open again"


@require_safe
def harm_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List the harms, the newest first."""
    seen = visit(request)
    access = permissions.get_huddle_for(seen.viewer, slug, seen.at)
    context = {
        "centre": access.centre,
        "page": paged(request, queries.harms_of(access.centre)),
        "manages": access.manages,
        "today": seen.today,
    }
    return render(request, "huddles/board/harms.jinja", context)


class RecordHarm(BoardAct[HarmForm]):
    """Record that somebody came to harm."""

    title = "Record a harm"
    introduction = "The board counts the days since the last one. What happened is written up where your employer asks."
    button = "Record it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre."""
        self.access = permissions.get_huddle_for(self.seen.viewer, named["slug"], self.seen.at)
        self.centre, self.back = self.access.centre, back_to(self.access)

    def form(self, data: Mapping[str, object] | None = None) -> HarmForm:
        """Return the form."""
        return HarmForm(data, at=self.seen.at, form_key=identity.uuid7())

    def act(self, form: HarmForm) -> str:
        """Record it."""
        typed = form.cleaned_data
        harms.record_harm(
            centre=self.centre,
            happened_on=typed["happened_on"],
            words=typed["words"],
            by=self.seen.by,
            at=self.seen.at,
            form_key=typed["form_key"],
        )
        return "The harm is recorded"


class WithdrawHarm(BoardAct[ReasonForm]):
    """Take back a harm that was recorded in error."""

    title = "It was recorded in error"
    button = "Withdraw it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the harm, for those who look after the centre."""
        self.access, self.harm = permissions.get_harm_to_withdraw(
            self.seen.viewer, named["slug"], int(named["harm_id"]), self.seen.at
        )
        self.centre = self.access.centre
        self.back = Way(reverse("huddles:harms", args=[self.centre.slug]), "Harms")

    def form(self, data: Mapping[str, object] | None = None) -> ReasonForm:
        """Return the form."""
        return ReasonForm(data)

    def act(self, form: ReasonForm) -> str:
        """Withdraw it."""
        harms.withdraw_harm(harm=self.harm, reason=form.cleaned_data["reason"], by=self.seen.by, at=self.seen.at)
        return "The harm is withdrawn. It stays on record"
