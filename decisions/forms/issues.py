"""Forms of issues: raised, answered, passed on, raised again."""

from collections.abc import Mapping, Sequence

from django import forms

from decisions.forms.forums import NO_PERSON
from decisions.models import Forum
from nhc.forms import ChoiceField, TextAreaField, TextField


class RaiseForm(forms.Form):
    """What it is, and which forum should look at it."""

    def __init__(self, data: Mapping[str, object] | None = None, *, forums: Sequence[Forum], chosen: str = "") -> None:
        super().__init__(data, initial={"forum": chosen})
        self._forums = {forum.code: forum for forum in forums}
        self.fields["title"] = TextField(label="What is it, in a few words?", named="what it is", max_length=120)
        self.fields["words"] = TextAreaField(
            label="What happens, and what would help?", named="what happens", hint=NO_PERSON, max_length=5000, rows=6
        )
        self.fields["forum"] = ChoiceField(
            label="Who should look at it?",
            named="who should look at it",
            choices=[(forum.code, forum.name) for forum in forums],
            hints={forum.code: forum.purpose for forum in forums if forum.purpose},
        )

    def forum(self) -> Forum:
        """Return the forum that was chosen."""
        return self._forums[self.cleaned_data["forum"]]


class AnswerForm(forms.Form):
    """The answer. `version` is of the issue that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    answer = TextAreaField(
        label="Your answer",
        named="an answer",
        hint=f"Whoever raised this is told and reads it. {NO_PERSON}",
        max_length=5000,
        rows=5,
    )


class PassOnForm(forms.Form):
    """Where an issue goes and why. `version` is of the issue that was read."""

    def __init__(self, data: Mapping[str, object] | None = None, *, forums: Sequence[Forum], version: int) -> None:
        super().__init__(data, initial={"version": version})
        self._forums = {forum.code: forum for forum in forums}
        self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
        self.fields["forum"] = ChoiceField(
            label="Which forum should look at it instead?",
            hint="Issues go up, or back to where they lay",
            named="a forum",
            choices=[(forum.code, forum.name) for forum in forums],
        )
        self.fields["reason"] = TextAreaField(label="Why?", named="why", max_length=5000, rows=4)

    def forum(self) -> Forum:
        """Return the forum that was chosen."""
        return self._forums[self.cleaned_data["forum"]]


class AgainForm(forms.Form):
    """What the answer leaves open."""

    reason = TextAreaField(label="What is missing?", named="what is missing", hint=NO_PERSON, max_length=5000, rows=4)
