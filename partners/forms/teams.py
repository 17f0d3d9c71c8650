"""The forms of a team's entry in the directory."""

from collections.abc import Mapping, Sequence

from django import forms

from nhc.forms import EmailField, SelectField, TextAreaField, TextField
from nhc.models import User
from partners.models import Organisation
from partners.services.teams import Entry


class _EntryForm(forms.Form):
    """What the directory says of any team."""

    name = TextField(label="Name", max_length=120)
    purpose = TextAreaField(label="What the team does", max_length=300, rows=3, required=False)
    hours = TextField(
        label="Hours", hint="For example, Monday to Friday, 9:00 to 17:00", max_length=200, required=False
    )
    place = TextField(label="Where to find it", hint="For example, room 4, first floor", max_length=120, required=False)
    telephone = TextField(
        label="Telephone number", max_length=40, width=20, inputmode="tel", autocomplete="off", required=False
    )
    email = EmailField(
        label="Shared mailbox",
        hint="Read by the whole team, not one person's address",
        required=False,
        autocomplete="off",
    )


class TeamForm(_EntryForm):
    """What the directory says of a team, and who of its people runs it."""

    def __init__(
        self, data: Mapping[str, object] | None = None, *, entry: Entry | None = None, leads: Sequence[User]
    ) -> None:
        initial = {} if entry is None else {name: getattr(entry, name) for name in Entry.__slots__}
        super().__init__(data, initial=initial | {"lead": str(initial.get("lead") or "")})
        self.fields["lead"] = SelectField(
            label="Who runs it",
            choices=[("", "Nobody named"), *((str(user.pk), user.name) for user in leads)],
            required=False,
        )

    def entry(self) -> Entry:
        """Return what was typed."""
        cleaned = self.cleaned_data
        return Entry(
            name=cleaned["name"],
            purpose=cleaned["purpose"],
            hours=cleaned["hours"],
            place=cleaned["place"],
            telephone=cleaned["telephone"],
            email=cleaned["email"],
            lead=int(cleaned["lead"]) if cleaned["lead"] else None,
        )


class AddTeamForm(_EntryForm):
    """A new team, and whose it is."""

    field_order = ("organisation",)

    def __init__(self, data: Mapping[str, object] | None = None, *, organisations: Sequence[Organisation]) -> None:
        super().__init__(data)
        self._organisations = {str(each.pk): each for each in organisations}
        choices = [("", "Choose an organisation"), *((key, each.name) for key, each in self._organisations.items())]
        self.fields["organisation"] = SelectField(label="Organisation", choices=choices)
        self.order_fields(self.field_order)

    def organisation(self) -> Organisation:
        """Return the organisation that was chosen."""
        return self._organisations[self.cleaned_data["organisation"]]
