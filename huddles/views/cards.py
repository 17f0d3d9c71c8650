"""Cards on pages of their own, and what is done with one."""

from collections.abc import Mapping

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.queries import forums as forum_queries
from huddles.agenda import CARD_LANES, LANES
from huddles.forms.actions import ActionForm
from huddles.forms.cards import CardForm, LateCardForm, RaiseForm
from huddles.models import Card
from huddles.permissions import huddles as permissions
from huddles.queries import cards as queries
from huddles.queries.cards import Change
from huddles.services import actions, cards
from huddles.services.edits import Fields
from huddles.views.access import visit
from huddles.views.acts import FaultyFormError, Way, must_be_right, paged, ways
from huddles.views.clashes import SharedEdit
from huddles.views.huddle import back_to, owners_at
from huddles.views.parts import BoardAct, BoardPress
from nhc import identity
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


class _OfCard[Form: forms.Form](BoardAct[Form]):
    def load(self, named: Mapping[str, str]) -> None:
        self.access, self.card = permissions.get_card_for(
            self.seen.viewer, named["slug"], int(named["card_id"]), self.seen.at
        )
        self.centre = self.access.centre
        self.back = Way(reverse("huddles:card", args=[self.centre.slug, self.card.pk]), "Card")


class EditCard(_OfCard[CardForm], SharedEdit[CardForm]):
    """Change a card. What others changed meanwhile stays; where both changed the same, both are shown."""

    title = "Change the card"
    template = "huddles/board/card-edit.jinja"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the card; the way back is the board, where most people come from."""
        super().load(named)
        self.back = back_to(self.access)

    def form(self, data: Mapping[str, object] | None = None) -> CardForm:
        """Return the form with the card as it stands."""
        return CardForm(data, card=self.card, owners=owners_at(self.access, self.seen.at), at=self.seen.at)

    def change(self, fields: Fields, version: int) -> str:
        """Change it."""
        cards.edit_card(card=self.card, fields=fields, version=version, by=self.seen.by, at=self.seen.at)
        return "The card is changed"

    def thing(self) -> Card:
        """Return the card."""
        return self.card

    def changes(self) -> list[Change]:
        """Return how it came to read as it does."""
        return queries.history_of_card(self.card)

    def more(self) -> dict[str, object]:
        """Lead to the card's own page, where everything else is done with it."""
        return {"card": self.card}


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
        must_be_right(form)
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
        entry = form.entry(self.card)
        if entry is None:
            raise FaultyFormError
        key = form.cleaned_data["form_key"]
        actions.add_action(centre=self.centre, entry=entry, by=self.seen.by, at=self.seen.at, form_key=key)
        return "The action is on the board"
