"""Actions on pages of their own, and what is done with one."""

from collections.abc import Mapping

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from huddles.forms.actions import ActionForm, DoneForm
from huddles.forms.cards import ReasonForm
from huddles.models import Action
from huddles.permissions import huddles as permissions
from huddles.queries import cards as queries
from huddles.queries.cards import Change
from huddles.services import actions
from huddles.services.edits import Fields
from huddles.views.access import visit
from huddles.views.acts import must_be_right, paged, ways
from huddles.views.clashes import SharedEdit
from huddles.views.huddle import back_to, owners_at
from huddles.views.parts import BoardAct, BoardPress


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


class _OfAction[Form: forms.Form](BoardAct[Form]):
    def load(self, named: Mapping[str, str]) -> None:
        self.access, self.action = permissions.get_action_for(
            self.seen.viewer, named["slug"], int(named["action_id"]), self.seen.at
        )
        self.centre, self.back = self.access.centre, back_to(self.access)

    def more(self) -> dict[str, object]:
        return {"action": self.action, "history": queries.history_of_action(self.action)}


class EditAction(_OfAction[ActionForm], SharedEdit[ActionForm]):
    """Change an action; the page shows how it came to read so."""

    title = "Change the action"
    template = "huddles/board/action.jinja"

    def form(self, data: Mapping[str, object] | None = None) -> ActionForm:
        """Return the form with the action as it stands."""
        return ActionForm(data, action=self.action, owners=owners_at(self.access, self.seen.at), at=self.seen.at)

    def change(self, fields: Fields, version: int) -> str:
        """Change it."""
        actions.edit_action(action=self.action, fields=fields, version=version, by=self.seen.by, at=self.seen.at)
        return "The action is changed"

    def thing(self) -> Action:
        """Return the action."""
        return self.action

    def changes(self) -> list[Change]:
        """Return how it came to read as it does."""
        return queries.history_of_action(self.action)


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
        must_be_right(form)
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
