"""Forms of agreements: a text, a proposal, a comment, the dates of signing, and who signs."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django import forms

from nhc.forms import CheckboxField, DateField, EmailField, SelectField, TextAreaField, TextField
from partners.models import Signatory
from partners.models.agreements import LONGEST_TEXT
from partners.services.agreements import TIME_TO_SIGN

_MARKDOWN = "Markdown: # begins a heading, - an entry of a list, **words** are strong. An empty line begins a paragraph"


class _Text(TextAreaField):
    """A long text whose own line ends and spaces are kept; browsers send each line end as two characters."""

    def __init__(self) -> None:
        super().__init__(label="Text", hint=_MARKDOWN, max_length=LONGEST_TEXT, rows=20)


class BeginForm(forms.Form):
    """The first draft of an agreement."""

    text = _Text()


class ProposalForm(forms.Form):
    """A whole new text and why. `base` is the text that it was made from."""

    base = forms.CharField(widget=forms.HiddenInput, max_length=2 * LONGEST_TEXT, strip=False)
    text = _Text()
    reason = TextField(label="Why", hint="For those who will comment and decide", max_length=500)


class RevisionForm(forms.Form):
    """The text of a proposal anew. `version` is that of the proposal which it was made from."""

    base = forms.CharField(widget=forms.HiddenInput, max_length=2 * LONGEST_TEXT, strip=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    text = _Text()


class CommentForm(forms.Form):
    """What somebody says about a proposal."""

    text = TextAreaField(label="Your comment", named="a comment", max_length=2000, rows=4)


class AnswerForm(forms.Form):
    """What whoever adopts or declines has to say."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    answer = TextField(label="Why", hint="Needed to decline it", max_length=500, required=False)


class OpenForm(forms.Form):
    """From when a text is in force: who reads it signs until a day, and it is looked at again on another."""

    text = forms.CharField(widget=forms.HiddenInput, max_length=2 * LONGEST_TEXT, strip=False)
    summary = TextField(label="What is new, in a sentence", named="what is new", max_length=500)

    def __init__(self, data: Mapping[str, object] | None = None, *, text: str, today: date) -> None:
        super().__init__(data, initial={"text": text})
        least = today + TIME_TO_SIGN
        self.fields["sign_by"] = DateField(
            label="Last day for signing",
            named="last day for signing",
            hint=f"At least {TIME_TO_SIGN.days} days from now, so that everybody can be warned in time",
            earliest=least,
            initial=today + timedelta(days=30),
        )
        self.fields["review_on"] = DateField(
            label="Day of the review",
            named="day of the review",
            hint="Those who open agreements are reminded 14, 7 and 1 days before",
            earliest=least,
            initial=today + timedelta(days=365),
        )


class SignForm(forms.Form):
    """For which organisation somebody signs, and that they have read it."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, data: Mapping[str, object] | None = None, *, version: int, powers: Sequence[Signatory]) -> None:
        super().__init__(data, initial={"version": version, "organisation": powers[0].organisation.code})
        self.fields["organisation"] = SelectField(
            label="You sign for",
            named="an organisation",
            choices=[(each.organisation.code, f"{each.organisation.name}, as {each.capacity}") for each in powers],
        )
        self.fields["read"] = CheckboxField(
            label="I have read this version and sign it for the organisation", named="you have read it"
        )


class SignatoryForm(forms.Form):
    """Who signs for an organisation, and in which capacity."""

    email = EmailField(label="Email address", hint="Of somebody who works for you", autocomplete="off")
    capacity = TextField(
        label="Their office", hint="For example, chief executive", named="their office", max_length=120
    )
