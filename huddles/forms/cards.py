"""Forms of cards, actions and harms: a short one that stands on the board, and whole ones on pages of their own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django import forms

from huddles.agenda import CARD_LANES, LANES
from huddles.forms.times import TimesForm, clocks_of, wall
from huddles.forms.versions import VERSION_MOST
from huddles.models import Action, Card
from huddles.services.edits import Fields
from nhc.clock import LONDON
from nhc.forms import DateField, SelectField, TextAreaField, TextField

if TYPE_CHECKING:
    from decisions.models import Forum
    from nhc.models import User
    from partners.models import Team

FARTHEST = timedelta(days=366)
BACK = timedelta(days=7)
NO_PERSON = "Name nobody who is supported: use the reference on the board"


@dataclass(frozen=True, slots=True)
class Owners:
    """Who may own a card or an action: people of the centre and its teams, as a form offers them."""

    people: "Sequence[User]"
    teams: "Sequence[Team]"

    def choices(self, nobody: str) -> list[tuple[str, str]]:
        """Return the choices of a drop-down list; `nobody` is what none of them reads as."""
        people = [(f"person-{user.pk}", user.name) for user in self.people]
        teams = [(f"team-{team.pk}", f"{team.name} (team)") for team in self.teams]
        return [("", nobody), *people, *teams]

    def with_standing(self, thing: Card | Action | None) -> "Owners":
        """Return these and whoever owns something now: they may have left, and stay its owner until one is chosen."""
        people, teams = list(self.people), list(self.teams)
        if thing is not None and thing.owner is not None and thing.owner not in people:
            people.append(thing.owner)
        if thing is not None and thing.team is not None and thing.team not in teams:
            teams.append(thing.team)
        return Owners(people, teams)

    def person(self, chosen: str) -> "User | None":
        """Return the person that was chosen."""
        return next((user for user in self.people if chosen == f"person-{user.pk}"), None)

    def team(self, chosen: str) -> "Team | None":
        """Return the team that was chosen."""
        return next((team for team in self.teams if chosen == f"team-{team.pk}"), None)


def chosen_owner(user_id: int | None, team_id: int | None) -> str:
    """Return the choice that stands for an owner."""
    if user_id is not None:
        return f"person-{user_id}"
    return "" if team_id is None else f"team-{team_id}"


def as_typed(thing: Card | Action, names: Iterable[str]) -> dict[str, str]:
    """Return fields of a card or an action as their forms send them; "owner" is the person or the team."""
    found: dict[str, str] = {}
    for name in names:
        if name == "owner":
            found["owner"] = chosen_owner(thing.owner_id, thing.team_id)
        elif name == "due_at":
            found |= _due_as_typed(thing.due_at)
        else:
            found[name] = str(getattr(thing, name))
    return found


def _due_as_typed(due_at: datetime | None) -> dict[str, str]:
    if due_at is None:
        return dict.fromkeys(("due", "due_clocks", "due_day-day", "due_day-month", "due_day-year"), "")
    day = due_at.astimezone(LONDON).date()
    boxes = {"due_day-day": str(day.day), "due_day-month": str(day.month), "due_day-year": str(day.year)}
    return {"due": wall(due_at), "due_clocks": clocks_of(due_at), **boxes}


class DueForm(TimesForm):
    """A form with a day and a time by which something is due; both or neither, unless it must be."""

    def add_due(
        self, *, at: datetime, due_at: datetime | None = None, required: bool = False, back: timedelta = timedelta()
    ) -> None:
        """Add the boxes. The day is today's unless another was chosen; `back` is how far it may lie behind."""
        self._at = at
        today = at.astimezone(LONDON).date()
        start = today if due_at is None else due_at.astimezone(LONDON).date()
        earliest = min(start, today - back)
        self.fields["due_day"] = DateField(
            label="By what day", named="the day", earliest=earliest, latest=today + FARTHEST, required=required
        )
        if required or due_at is not None:
            self.fields["due_day"].initial = start
        self.add_time("due", "By what time", initial=due_at)
        self.fields["due"].required = required
        self._was = due_at

    def due_at(self) -> datetime | None:
        """Return when it is due. Call it once the form is valid: errors go to its boxes."""
        clock, day = self.clock("due"), self.cleaned_data.get("due_day")
        if clock is None and day is None:
            return None
        if clock is None:
            if "due" not in self.errors:
                self.add_error("due", "Enter a time too, like 14:30")
            return None
        wall = datetime.combine(day or self._at.astimezone(LONDON).date(), clock)
        found = self.instant("due", wall)
        # A time that nobody touched is the same to the second.
        same = found is not None and self._was is not None and found == self._was.replace(second=0, microsecond=0)
        return self._was if same else found


class QuickForm(TimesForm):
    """One line for the board: what, in which lane, by when and whose. A time that is past is tomorrow's."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        owners: Owners,
        at: datetime,
        form_key: UUID | None = None,
        lane: str = "",
        about: bool = False,
    ) -> None:
        # It stands on the page behind the dialog, whose forms have fields of the same names.
        super().__init__(data, initial={"form_key": form_key, "lane": lane or "actions"}, auto_id="quick_%s")
        self._owners, self._at = owners, at
        lanes = [("actions", "Actions"), *((code, LANES[code].name) for code in CARD_LANES)]
        self.fields["what"] = TextField(label="What is it?", named="what it is", hint=NO_PERSON, max_length=120)
        self.fields["lane"] = SelectField(label="Lane", choices=lanes)
        self.add_time("due", "By what time", hint="Like 09:30")
        self.fields["due"].required = False
        self.fields["owner"] = SelectField(
            label="Who owns it", named="who owns it", choices=owners.choices("Nobody yet"), required=False
        )
        if about:
            self.fields["about"] = TextField(
                label="About whom, by the reference on the board", required=False, max_length=5, width=5, code=True
            )

    @property
    def is_action(self) -> bool:
        """Whether it is an action rather than a card."""
        return bool(self.cleaned_data["lane"] == "actions")

    def clean(self) -> dict[str, object]:
        """Ask for what an action needs, and turn the time into the next instant at which clocks show it."""
        typed: dict[str, object] = super().clean() or self.cleaned_data
        clock = self.clock("due")
        typed["due_at"] = None
        if clock is not None:
            today = self._at.astimezone(LONDON).date()
            for day in (today, today + timedelta(days=1)):
                found = self.instant("due", datetime.combine(day, clock))
                if found is None or found > self._at:
                    typed["due_at"] = found
                    break
        if typed.get("lane") == "actions" and not self.errors:
            if clock is None:
                self.add_error("due", "Enter by what time, so that everyone knows when it is late")
            if not typed.get("owner"):
                self.add_error("owner", "Select who owns it: a person or a team")
        return typed

    def owner(self) -> "tuple[User | None, Team | None]":
        """Return the person or the team that was chosen."""
        chosen = str(self.cleaned_data["owner"])
        return self._owners.person(chosen), self._owners.team(chosen)


class LateCardForm(TimesForm):
    """What came up while the service was down, with the time at which it did."""

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
        self.fields["title"] = TextField(label="What was it?", named="what it was", hint=NO_PERSON, max_length=120)
        self.fields["words"] = TextAreaField(label="More about it", required=False, max_length=2000, rows=4)
        self.fields["lane"] = SelectField(label="Lane", choices=[(code, LANES[code].name) for code in CARD_LANES])
        self.fields["owner"] = SelectField(
            label="Who owns it", named="who owns it", choices=owners.choices("Nobody yet"), required=False
        )
        self.fields["came_day"] = DateField(
            label="On what day did it come up?", named="the day", earliest=today - timedelta(days=7), latest=today,
            initial=today,
        )  # fmt: skip
        self.add_time("came", "At what time?", initial=at)

    def came_at(self) -> datetime | None:
        """Return when it came up; errors go to the boxes."""
        clock = self.clock("came")
        return None if clock is None else self.instant("came", datetime.combine(self.cleaned_data["came_day"], clock))

    def owner(self) -> "tuple[User | None, Team | None]":
        """Return the person or the team that was chosen."""
        chosen = str(self.cleaned_data["owner"])
        return self._owners.person(chosen), self._owners.team(chosen)


class CardForm(DueForm):
    """A card whole. `version` is of the card that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=VERSION_MOST)

    def __init__(self, data: Mapping[str, object] | None = None, *, card: Card, owners: Owners, at: datetime) -> None:
        start = {
            "version": card.version,
            "title": card.title,
            "words": card.words,
            "lane": card.lane,
            "owner": chosen_owner(card.owner_id, card.team_id),
        }
        super().__init__(data, initial=start)
        owners = self._owners = owners.with_standing(card)
        self.fields["title"] = TextField(label="What is it?", named="what it is", hint=NO_PERSON, max_length=120)
        self.fields["words"] = TextAreaField(label="More about it", required=False, max_length=2000, rows=4)
        lanes = [(code, LANES[code].name) for code in CARD_LANES]
        self.fields["lane"] = SelectField(label="Lane", choices=lanes)
        self.fields["owner"] = SelectField(
            label="Who owns it", named="who owns it", choices=owners.choices("Nobody yet"), required=False
        )
        self.add_due(at=at, due_at=card.due_at)

    def changed_fields(self) -> Fields:
        """Return what was typed, as `edit_card` takes it. Errors of the time go to its boxes."""
        typed, chosen = self.cleaned_data, str(self.cleaned_data["owner"])
        return {
            "title": typed["title"],
            "words": typed["words"],
            "lane": typed["lane"],
            "owner": self._owners.person(chosen),
            "team": self._owners.team(chosen),
            "due_at": self.due_at(),
        }


class RaiseForm(forms.Form):
    """What a forum is asked about a card."""

    def __init__(self, data: Mapping[str, object] | None = None, *, forums: "Sequence[Forum]", words: str = "") -> None:
        super().__init__(data, initial={"words": words})
        self._forums = {forum.code: forum for forum in forums}
        self.fields["forum"] = SelectField(
            label="Which forum?",
            named="a forum",
            choices=[("", "Choose a forum"), *((forum.code, forum.name) for forum in forums)],
        )
        self.fields["words"] = TextAreaField(
            label="What should they look at, and why them?",
            named="what they should look at",
            hint=NO_PERSON,
            max_length=5000,
            rows=5,
        )

    def forum(self) -> "Forum":
        """Return the chosen forum."""
        return self._forums[self.cleaned_data["forum"]]


class HarmForm(forms.Form):
    """Somebody came to harm."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, object] | None = None, *, at: datetime, form_key: UUID | None = None) -> None:
        today = at.astimezone(LONDON).date()
        super().__init__(data, initial={"form_key": form_key, "happened_on": today})
        self.fields["happened_on"] = DateField(
            label="On what day", named="the day", latest=today, earliest=today - timedelta(days=366)
        )
        self.fields["words"] = TextAreaField(
            label="What happened, in a sentence", named="what happened", hint=NO_PERSON, max_length=500, rows=3
        )


class ReasonForm(forms.Form):
    """Why."""

    reason = TextField(label="Why?", named="why", max_length=300)
