"""What people type about somebody's record: who they are, with whom it is shared, who is around them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django import forms

from huddles import nhs_number
from huddles.forms.versions import VERSION_MOST
from huddles.lifecycle import OUTCOME_NAMES, EpisodeOutcome
from huddles.models import BreakGlass, Person
from huddles.nhs_number import NotAnNhsNumberError
from huddles.services.grants import LONGEST
from huddles.services.people import Details, details_of
from nhc.formats import full_date
from nhc.forms import CheckboxField, ChoiceField, DateField, EmailField, SelectField, TextAreaField, TextField

if TYPE_CHECKING:
    from nhc.models import User
    from partners.models import Organisation, Team

_NAME = 100
_BY_THEMSELVES = {EpisodeOutcome.HANDED_BACK, EpisodeOutcome.JOINED}
"""Outcomes that come from handing a referral back and from joining records."""


class _Versioned(forms.Form):
    """A form that says which version it was made from."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=VERSION_MOST)


class PersonForm(_Versioned):
    """What a record says about somebody. `version` is of the record that was read."""

    def __init__(self, data: Mapping[str, object] | None = None, *, person: Person, today: date) -> None:
        initial: dict[str, object] = {**asdict(details_of(person)), "version": person.version}
        super().__init__(data, initial=initial | {"nhs_number": nhs_number.shown(person.nhs_number)})
        for name, label, hint in (
            ("given_name", "First name", ""),
            ("family_name", "Last name", ""),
            ("preferred_name", "What they want to be called", ""),
            ("alias", "Also known as", "Where the name is not known, what they are called here"),
        ):
            self.fields[name] = TextField(label=label, hint=hint, required=False, max_length=_NAME, width=20)
        self.fields["nhs_number"] = TextField(
            label="NHS number",
            hint="10 digits, like 485 777 3456. Leave it empty where it is not known",
            required=False,
            max_length=20,
            width=10,
            inputmode="numeric",
        )
        self.fields["born_on"] = DateField(label="Date of birth", required=False, latest=today)
        self.fields["born_about"] = TextField(
            label="Roughly when they were born", hint="Only where the date is not known", required=False, max_length=60
        )
        self.fields["telephone"] = TextField(
            label="Telephone number", required=False, max_length=40, width=20, inputmode="tel"
        )
        self.fields["address"] = TextAreaField(label="Address", required=False, max_length=500, rows=3)
        self.fields["access_needs"] = TextAreaField(
            label="What makes it easier for them to come and to talk",
            hint="For example an interpreter, a quiet room, step-free access",
            required=False,
            max_length=2000,
            rows=3,
        )
        self.fields["what_matters"] = TextAreaField(
            label="What matters to them", hint="In their own words", required=False, max_length=5000, rows=5
        )
        self.fields["sensitive"] = CheckboxField(
            label="This record is sensitive",
            hint="No search finds it and no board shows initials. Those around the person still open it",
            required=False,
        )

    def clean_nhs_number(self) -> str:
        """Return the ten digits, or refuse what is no NHS number without repeating it."""
        try:
            return nhs_number.parse(self.cleaned_data["nhs_number"])
        except NotAnNhsNumberError as error:
            raise forms.ValidationError(str(error)) from error

    def details(self) -> Details:
        """Return what was said."""
        said = dict(self.cleaned_data)
        said.pop("version")
        return Details(**said)


class SharingForm(forms.Form):
    """With whom somebody shares their record, and what they said."""

    def __init__(self, data: Mapping[str, object] | None = None, *, organisations: "Iterable[Organisation]") -> None:
        super().__init__(data)
        self._organisations = {each.code: each for each in organisations}
        self.fields["organisation"] = SelectField(
            label="Organisation",
            named="an organisation",
            choices=[("", "Choose"), *((code, each.name) for code, each in self._organisations.items())],
        )
        self.fields["shares"] = ChoiceField(
            label="Do they share their record with it?",
            named="whether they share it",
            choices=[("yes", "Yes"), ("no", "No")],
            hints={"no": "Its people see the board's row alone, whatever team they work in here"},
        )
        self.fields["reason"] = TextField(label="What they said", required=False, max_length=500)

    def organisation(self) -> "Organisation":
        """Return the organisation that was chosen."""
        return self._organisations[self.cleaned_data["organisation"]]

    def shares(self) -> bool:
        """Return whether they share with it."""
        return bool(self.cleaned_data["shares"] == "yes")


class KeyWorkerForm(_Versioned):
    """Who somebody turns to. `version` is of the episode that was read."""

    def __init__(
        self, data: Mapping[str, object] | None = None, *, users: "Iterable[User]", initial: dict[str, object]
    ) -> None:
        super().__init__(data, initial=initial)
        self._users = {str(each.pk): each for each in users}
        self.fields["user"] = SelectField(
            label="Who is the key worker?",
            named="a key worker",
            required=False,
            choices=[("", "Nobody yet"), *((key, each.name) for key, each in self._users.items())],
        )

    def user(self) -> "User | None":
        """Return who was chosen."""
        return self._users.get(self.cleaned_data["user"])


class CircleForm(forms.Form):
    """Who comes around somebody beside the responsible team, and as what."""

    def __init__(
        self, data: Mapping[str, object] | None = None, *, teams: "Iterable[Team]", users: "Iterable[User]"
    ) -> None:
        super().__init__(data)
        self._teams = {f"team-{each.pk}": each for each in teams}
        self._users = {f"user-{each.pk}": each for each in users}
        choices = [
            ("", "Choose"),
            *((key, f"{each.name} (the whole team)") for key, each in self._teams.items()),
            *((key, each.name) for key, each in self._users.items()),
        ]
        self.fields["who"] = SelectField(label="Who supports them too?", named="a team or a person", choices=choices)
        self.fields["role"] = TextField(
            label="As what?", named="as what", hint="For example: housing support, lead for medicines", max_length=120
        )

    def team(self) -> "Team | None":
        """Return the team that was chosen, if it was one."""
        return self._teams.get(self.cleaned_data["who"])

    def user(self) -> "User | None":
        """Return the person who was chosen, if it was one."""
        return self._users.get(self.cleaned_data["who"])


class CloseForm(forms.Form):
    """How an episode ended."""

    outcome = ChoiceField(
        label="How did it end?",
        named="how it ended",
        choices=[(code.value, OUTCOME_NAMES[code]) for code in EpisodeOutcome if code not in _BY_THEMSELVES],
    )


class BreakGlassForm(forms.Form):
    """Why somebody needs a record in an emergency."""

    reason = TextAreaField(
        label="What is the emergency?",
        named="what the emergency is",
        hint="A privacy officer reads this. Do not name the person",
        max_length=1000,
        rows=4,
    )


class ReviewForm(forms.Form):
    """What a privacy officer found."""

    finding = ChoiceField(label="What did you find?", named="what you found", choices=BreakGlass.Finding.choices)
    words = TextAreaField(label="In your words", named="your words", required=False, max_length=1000, rows=4)


class GrantForm(forms.Form):
    """Who reads one record, why and until when."""

    def __init__(self, data: Mapping[str, object] | None = None, *, today: date) -> None:
        super().__init__(data)
        self.fields["reference"] = TextField(
            label="Reference of the record",
            hint="10 letters and digits. Whoever supports the person reads it out to you",
            max_length=10,
            width=10,
            code=True,
        )
        self.fields["email"] = EmailField(label="Email address of who may read it", autocomplete="off")
        self.fields["reason"] = TextField(label="Why do they need it?", named="why they need it", max_length=300)
        # The grant ends at the midnight after, which must not be more than 90 days away.
        latest = today + LONGEST - timedelta(days=1)
        self.fields["last_day"] = DateField(
            label="Last day", hint=f"{full_date(latest)} at the latest", earliest=today, latest=latest
        )


class JoinForm(forms.Form):
    """Which record is the same person's, and how one knows."""

    reference = TextField(
        label="Reference of the other record",
        hint="10 letters and digits, from its page. That record is the one that is kept",
        max_length=10,
        width=10,
        code=True,
    )
    reason = TextField(label="How do you know that both are the same person?", named="how you know", max_length=500)


class ReasonForm(forms.Form):
    """Why."""

    reason = TextField(label="Why?", named="why", max_length=500)
