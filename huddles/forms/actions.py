"""Forms of actions: one whole, one that was agreed on paper, and when one was done."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django import forms

from huddles.forms.cards import BACK, NO_PERSON, DueForm, Owners, chosen_owner
from huddles.forms.times import HINT, TimesForm
from huddles.forms.versions import VERSION_MOST
from huddles.models import Action, Card
from huddles.services.actions import Entry
from huddles.services.edits import Fields
from nhc.clock import LONDON
from nhc.forms import DateField, SelectField, TextField


class ActionForm(DueForm):
    """An action whole. `version` is of the action that was read, 0 for a new one."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=VERSION_MOST)
    form_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        owners: Owners,
        at: datetime,
        action: Action | None = None,
        form_key: UUID | None = None,
    ) -> None:
        start: dict[str, object] = {"version": 0, "form_key": form_key}
        if action is not None:
            start |= {"version": action.version, "words": action.words}
            start |= {"owner": chosen_owner(action.owner_id, action.team_id)}
        super().__init__(data, initial=start)
        owners = self._owners = owners.with_standing(action)
        self.fields["words"] = TextField(
            label="What will be done?", named="what will be done", hint=NO_PERSON, max_length=300
        )
        self.fields["owner"] = SelectField(
            label="Who owns it", named="who owns it", choices=owners.choices("Choose who owns it")
        )
        self.add_due(at=at, due_at=None if action is None else action.due_at, required=True)

    def changed_fields(self) -> Fields:
        """Return what was typed, as `edit_action` takes it. Errors of the time go to its boxes."""
        chosen = str(self.cleaned_data["owner"])
        return {
            "words": self.cleaned_data["words"],
            "owner": self._owners.person(chosen),
            "team": self._owners.team(chosen),
            "due_at": self.due_at(),
        }

    def entry(self, card: Card) -> Entry | None:
        """Return a new action on a card; None with errors at the boxes where its time is none."""
        due_at, chosen = self.due_at(), str(self.cleaned_data["owner"])
        if due_at is None:
            return None
        person, team = self._owners.person(chosen), self._owners.team(chosen)
        return Entry(self.cleaned_data["words"], due_at, person, team, card)


class LateActionForm(DueForm):
    """What was agreed while the service was down, with the time at which it was. It may be due already."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        owners: Owners,
        at: datetime,
        form_key: UUID | None = None,
    ) -> None:
        super().__init__(data, initial={"form_key": form_key})
        self._owners = owners
        today = at.astimezone(LONDON).date()
        self.fields["words"] = TextField(
            label="What was agreed?", named="what was agreed", hint=NO_PERSON, max_length=300
        )
        self.fields["owner"] = SelectField(
            label="Who owns it", named="who owns it", choices=owners.choices("Choose who owns it")
        )
        self.fields["agreed_day"] = DateField(
            label="On what day was it agreed?", named="the day", earliest=today - BACK, latest=today, initial=today
        )
        self.add_time("agreed", "At what time was it agreed?", initial=at)
        self.add_due(at=at, required=True, back=BACK)

    def entry(self) -> Entry | None:
        """Return what was typed; None with errors at the boxes where a time is none."""
        typed, chosen, clock = self.cleaned_data, str(self.cleaned_data["owner"]), self.clock("agreed")
        agreed_at = None if clock is None else self.instant("agreed", datetime.combine(typed["agreed_day"], clock))
        due_at = self.due_at()
        if agreed_at is None or due_at is None or self.errors:
            return None
        person, team = self._owners.person(chosen), self._owners.team(chosen)
        return Entry(typed["words"], due_at, person, team, opened_at=agreed_at)


class DoneForm(TimesForm):
    """When an action was done: now, unless a time is entered."""

    def __init__(self, data: Mapping[str, object] | None = None, *, at: datetime) -> None:
        super().__init__(data)
        self._at = at
        today = at.astimezone(LONDON).date()
        self.fields["done_day"] = DateField(
            label="On what day was it done?", latest=today, earliest=today - timedelta(days=7), initial=today
        )
        self.add_time("done", "At what time?", initial=at, hint=HINT)

    def done_at(self) -> datetime | None:
        """Return when it was done; errors go to the boxes."""
        clock = self.clock("done")
        return None if clock is None else self.instant("done", datetime.combine(self.cleaned_data["done_day"], clock))
