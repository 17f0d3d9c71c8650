"""The three questions of the norms pulse."""

from collections.abc import Mapping

from django import forms

from nhc.forms import ChoiceField

QUESTIONS = (
    "In the last month, we kept to our norms charter with each other",
    "I could say so when something was not right",
    "Every organisation here was treated as an equal",
)
CHOICES = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")


class PulseForm(forms.Form):
    """Three statements, from strongly disagree to strongly agree."""

    def __init__(self, data: Mapping[str, object] | None = None) -> None:
        super().__init__(data)
        for place, question in enumerate(QUESTIONS):
            self.fields[f"question{place}"] = ChoiceField(
                label=question,
                named="how far you agree",
                choices=[(str(choice), words) for choice, words in enumerate(CHOICES)],
            )

    def choices(self) -> list[int]:
        """Return the choices, from 0."""
        return [int(self.cleaned_data[f"question{place}"]) for place in range(len(QUESTIONS))]
