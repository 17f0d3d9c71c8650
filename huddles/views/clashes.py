"""Changes of what several people change at once: where two changed the same, whoever came second chooses by field."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import QueryDict

from huddles.agenda import LANES
from huddles.forms.actions import ActionForm
from huddles.forms.cards import CardForm, as_typed
from huddles.models import Action, Card
from huddles.queries.cards import FIELD_NAMES, Change
from huddles.services import edits
from huddles.services.edits import OWNERSHIP, Clash, Fields, Value
from huddles.views.acts import Theirs, must_be_right
from huddles.views.parts import BoardAct
from nhc import formats
from nhc.forms import ChoiceField

KEEP = "keep_"
"""How the choice between two texts of a field is named in the form."""
_BESIDE = {"due": "due_clocks", "due_clocks": f"{KEEP}due_at"}
"""A time has several boxes: its choice comes after the last of them."""


class SharedEdit[Form: CardForm | ActionForm](BoardAct[Form]):
    """A form of something that others change too.

    After a clash it holds what was typed where the person meant to change something, how things stand now everywhere
    else, and a choice between mine and theirs for each field that both changed.
    """

    clash: Clash

    def thing(self) -> Card | Action:
        """Return what is changed."""
        raise NotImplementedError

    def changes(self) -> Sequence[Change]:
        """Return how it came to read as it does, the newest first."""
        raise NotImplementedError

    def change(self, fields: Fields, version: int) -> str:
        """Store what was typed over a version, and return what was done."""
        raise NotImplementedError

    def typed(self) -> QueryDict:
        """Return what was sent, with how things stand now where the person took theirs."""
        data = self.request.POST.copy()
        theirs = [name for name in FIELD_NAMES if name != "team" and data.get(f"{KEEP}{name}") == "theirs"]
        for key, text in as_typed(self.thing(), theirs).items():
            data[key] = text
        return data

    def act(self, form: Form) -> str:
        """Store it."""
        self.wanted = form.changed_fields()
        must_be_right(form)
        return self.change(self.wanted, form.cleaned_data["version"])

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Return that somebody else changed it, where that is what is in the way."""
        if not isinstance(error, Clash):
            return None
        self.clash = error
        return Theirs(error.thing.version, ())

    def form_again(self, theirs: Theirs) -> Form:
        """Return the form for how things stand now."""
        thing, changes = self.clash.thing, self.changes()
        data = self.typed()
        data["version"] = str(theirs.version)
        for key, text in as_typed(thing, self.clash.untouched).items():
            data[key] = text
        for name in self.clash.fields:
            data[f"{KEEP}{name}"] = "mine"
        form = self.form(data)
        for name in self.clash.fields:
            mine = self.wanted["owner"] or self.wanted["team"] if name == "owner" else self.wanted[name]
            form.fields[f"{KEEP}{name}"] = ChoiceField(
                label=f"{FIELD_NAMES[name]}: which?",
                hint=_who(name, changes),
                choices=[
                    ("mine", f"Keep mine: {_words(name, mine)}"),
                    ("theirs", f"Use theirs: {_words(name, edits.standing(thing, name))}"),
                ],
                required=False,
                small=True,
            )
        form.order_fields([part for name in form.fields for part in (name, _BESIDE.get(name, f"{KEEP}{name}"))])
        return form


def _who(name: str, changes: Sequence[Change]) -> str:
    """Return who changed a field last, and when."""
    parts = {FIELD_NAMES[part] for part in (OWNERSHIP if name == "owner" else (name,))}
    last = next((each for each in changes if each.applied and each.field in parts), None)
    return "" if last is None else f"{last.who} changed it, {formats.day_and_time(last.at)}"


def _words(name: str, value: Value) -> str:
    if isinstance(value, datetime):
        return formats.day_and_time(value)
    if name == "lane":
        return LANES[str(value)].name
    return str(value or "Nothing")
