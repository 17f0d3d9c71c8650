"""The form of the weekly review of an act outside a guardrail."""

from django import forms

from nhc.forms import TextAreaField


class ReviewOverrideForm(forms.Form):
    """What the review made of an act."""

    words = TextAreaField(
        label="What does the review make of it?",
        named="what the review makes of it",
        hint="What can be learnt; nobody is blamed",
        max_length=1000,
        rows=4,
    )
