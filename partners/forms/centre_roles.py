"""Roles of the whole centre, as its manager gives them."""

from collections.abc import Mapping
from datetime import date

from django import forms

from nhc.access import centres_role_choices
from nhc.forms import DateField, EmailField, SelectField
from partners.models import Team


class CentreRoleForm(forms.Form):
    """Who gets which role, for which of their teams, and until when."""

    email = EmailField(
        label="Email address",
        named="their email address",
        hint="The address with which they sign in. They work at the centre already",
        autocomplete="off",
    )
    role = SelectField(label="Role", choices=[("", "Select a role"), *centres_role_choices()])

    def __init__(self, data: Mapping[str, object] | None = None, *, teams: list[Team], today: date) -> None:
        super().__init__(data)
        self.fields["team"] = SelectField(
            label="Team",
            choices=[("", "The team they work in"), *((str(team.pk), team.name) for team in teams)],
            required=False,
            hint="Needed only for those who work in more than one",
        )
        self.fields["until"] = DateField(
            label="Last day",
            named="last day",
            hint="Leave empty where no end is agreed. Access ends by itself at midnight after this day.",
            required=False,
            earliest=today,
        )
