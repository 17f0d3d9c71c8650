"""Forms of agreed outcomes and priorities."""

from collections.abc import Mapping, Sequence

from django import forms

from decisions.models import Outcome, Priority
from nhc.forms import MultipleChoiceField, TextAreaField, TextField


class OutcomeForm(forms.Form):
    """An outcome in plain words. `version` is of the one that is changed."""

    def __init__(self, data: Mapping[str, object] | None = None, *, outcome: Outcome | Priority | None = None) -> None:
        start: dict[str, object] = {}
        if outcome is not None:
            start = {"title": outcome.title, "words": outcome.words, "version": outcome.version}
        super().__init__(data, initial=start)
        if outcome is not None:
            self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
        self.fields["title"] = TextField(
            label="In a few words", named="what it is", hint="As people who live here would say it", max_length=120
        )
        self.fields["words"] = TextAreaField(label="What it means", max_length=2000, rows=4, required=False)


class PriorityForm(OutcomeForm):
    """A priority and the measures that show it. `measures` are (code, title) pairs."""

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        measures: Sequence[tuple[str, str]],
        priority: Priority | None = None,
        shown_by: Sequence[str] = (),
    ) -> None:
        super().__init__(data, outcome=priority)
        self.initial["measures"] = list(shown_by)
        if measures:
            self.fields["measures"] = MultipleChoiceField(
                label="Which measures show whether it works?", choices=measures, small=True, required=False
            )
