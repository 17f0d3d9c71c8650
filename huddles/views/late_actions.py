"""What was agreed on paper while the service was down, entered afterwards with its true time."""

from collections.abc import Mapping

from huddles.forms.actions import LateActionForm
from huddles.permissions import huddles as permissions
from huddles.services import actions
from huddles.views.acts import FaultyFormError
from huddles.views.huddle import back_to, owners_at
from huddles.views.parts import BoardAct
from nhc import identity


class EnterLateAction(BoardAct[LateActionForm]):
    """Enter an action that was agreed while the service was down."""

    title = "What was agreed while the service was down?"
    introduction = "It stands on the board with the time at which it was agreed. Then say when it was done, if it was."
    button = "Enter it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre."""
        self.access = permissions.get_huddle_for(self.seen.viewer, named["slug"], self.seen.at)
        self.centre, self.back = self.access.centre, back_to(self.access)

    def form(self, data: Mapping[str, object] | None = None) -> LateActionForm:
        """Return the form."""
        owners = owners_at(self.access, self.seen.at)
        return LateActionForm(data, owners=owners, at=self.seen.at, form_key=identity.uuid7())

    def act(self, form: LateActionForm) -> str:
        """Enter it."""
        entry = form.entry()
        if entry is None:
            raise FaultyFormError
        key = form.cleaned_data["form_key"]
        actions.add_action(centre=self.centre, entry=entry, by=self.seen.by, at=self.seen.at, form_key=key)
        return "The action is on the board"
