"""Harms: the list of those that stand, one that is recorded, one that was recorded in error."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from huddles.forms.cards import HarmForm, ReasonForm
from huddles.permissions import huddles as permissions
from huddles.queries import cards as queries
from huddles.services import harms
from huddles.views.access import visit
from huddles.views.acts import Way, paged
from huddles.views.huddle import back_to
from huddles.views.parts import BoardAct
from nhc import identity


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
