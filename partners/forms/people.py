"""Forms for an organisation's people: invite, place, end, and accept."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from nhc.access import employers_role_choices
from nhc.clock import LONDON
from nhc.forms import DateField, EmailField, PasswordField, SelectField, TextField
from partners.models import Team

_UNTIL = {
    "label": "Last day",
    "named": "last day",
    "hint": "Leave empty where no end is agreed. Access ends by itself at midnight after this day.",
}
_ROLES = "Roles that reach beyond your organisation are given by the centre. Ask the centre manager"


def start_of(day: date, at: datetime) -> datetime:
    """Return when a first day begins in London; the present instant for today, so that access begins at once."""
    return max(datetime.combine(day, time(), LONDON), at)


def end_of(day: date | None) -> datetime | None:
    """Return the midnight in London after a last day; None for none."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), LONDON)


def refuse(form: forms.Form, error: ValidationError) -> None:
    """Show what a service refused: at the field it names where the form has it, else above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, messages in error.message_dict.items():
        form.add_error(name if name in form.fields and name != NON_FIELD_ERRORS else None, messages)


def _teams(teams: Sequence[Team]) -> list[tuple[str, str]]:
    return [(str(team.pk), f"{team.name}, {team.centre.name}") for team in teams]


class InviteForm(forms.Form):
    """Who joins, when, and perhaps where they work."""

    name = TextField(label="Name", max_length=150, autocomplete="off")
    email = EmailField(
        label="Email address", hint="The invitation goes there, and it will be their sign-in name", autocomplete="off"
    )
    line_manager = EmailField(
        label="Home line manager's email address",
        hint="One of your own people. Leave empty if you do not know yet",
        required=False,
        autocomplete="off",
    )

    def __init__(self, data: Mapping[str, object] | None = None, *, teams: Sequence[Team], today: date) -> None:
        super().__init__(data)
        self.fields["starts"] = DateField(
            label="First day", named="first day", hint="When they may start", earliest=today, initial=today
        )
        self.fields["team"] = SelectField(
            label="Team", choices=[("", "Decide later"), *_teams(teams)], required=False, hint="Where they will work"
        )
        self.fields["role"] = SelectField(
            label="Role", choices=[("", "Decide later"), *employers_role_choices()], required=False, hint=_ROLES
        )
        self.fields["until"] = DateField(required=False, earliest=today, **_UNTIL)  # type: ignore[arg-type]  # words

    def clean(self) -> dict[str, object]:
        """A team without a role says nothing, nor does a role without a team."""
        cleaned = super().clean() or self.cleaned_data
        team, role = cleaned.get("team"), cleaned.get("role")
        if team and not role and "role" not in self.errors:
            self.add_error("role", "Select what they will do in the team")
        if role and not team and "team" not in self.errors:
            self.add_error("team", "Select the team where they will have the role")
        _ends_after_start(self)
        return cleaned


class PlaceForm(forms.Form):
    """Where someone works, as what, and from when until when."""

    def __init__(self, data: Mapping[str, object] | None = None, *, teams: Sequence[Team], today: date) -> None:
        super().__init__(data)
        self.fields["team"] = SelectField(label="Team", choices=[("", "Select a team"), *_teams(teams)])
        self.fields["role"] = SelectField(
            label="Role", choices=[("", "Select a role"), *employers_role_choices()], hint=_ROLES
        )
        self.fields["starts"] = DateField(label="First day", named="first day", earliest=today, initial=today)
        self.fields["until"] = DateField(required=False, earliest=today, **_UNTIL)  # type: ignore[arg-type]  # words
        self.fields["line_manager"] = EmailField(
            label="Home line manager's email address",
            hint="Leave empty where it is the line manager of their employment",
            required=False,
            autocomplete="off",
        )

    def clean(self) -> dict[str, object]:
        """The last day is not before the first."""
        cleaned = super().clean() or self.cleaned_data
        _ends_after_start(self)
        return cleaned


class EndForm(forms.Form):
    """When a placement or an employment ends."""

    def __init__(self, data: Mapping[str, object] | None = None, *, today: date) -> None:
        super().__init__(data)
        self.fields["last_day"] = DateField(
            label="Last day", named="last day", hint="Leave empty to end it now", required=False, earliest=today
        )


class LineManagerForm(forms.Form):
    """Who somebody's home line manager is."""

    line_manager = EmailField(
        label="Email address",
        hint="One of your own people. Leave empty for nobody",
        required=False,
        autocomplete="off",
    )


class AcceptForm(forms.Form):
    """Someone invited makes their account."""

    name = TextField(label="Your name", max_length=150, autocomplete="name")
    password = PasswordField(
        label="Choose a password",
        named="a password",
        autocomplete="new-password",
        hint="At least 12 characters. Three words that do not belong together are easy to keep in mind",
    )


def _ends_after_start(form: forms.Form) -> None:
    starts, until = form.cleaned_data.get("starts"), form.cleaned_data.get("until")
    if isinstance(starts, date) and isinstance(until, date) and until < starts:
        form.add_error("until", "Last day must not be before the first day")
