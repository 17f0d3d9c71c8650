"""What people type about a chart: shape and wording alone."""

from django import forms

from nhc.forms import DateField, SelectField, TextAreaField, TextField
from partners.periods import Period


class RebaseForm(forms.Form):
    """A new step of a chart."""

    period = SelectField(
        label="First period of the new step",
        named="the first period of the new step",
        hint="Limits are worked out again from here.",
        choices=[],
    )
    reason = TextAreaField(
        label="Why does the chart start a new step?",
        named="the reason for the new step",
        hint="A lasting change to how things work. Never because a run of points looks better or worse.",
        max_length=300,
        rows=3,
    )
    agreed_by = TextField(
        label="Who agreed?",
        named="who agreed",
        max_length=200,
        hint="A group and the date, like Partnership board, 3 February 2026.",
    )

    def __init__(self, *args: object, periods: list[Period], **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # Django's own arguments, passed on
        choices = [("", "Choose a period"), *((period.start.isoformat(), period.words) for period in reversed(periods))]
        self.fields["period"].choices = choices  # type: ignore[attr-defined]  # a choice field


class AnnotationForm(forms.Form):
    """Something that happened, marked on the chart."""

    date = DateField(label="When did it happen?", named="the date it happened", hint="For example, 3 2 2026.")
    text = TextAreaField(
        label="What happened?",
        named="what happened",
        hint="It explains the chart and changes none of its statistics.",
        max_length=300,
        rows=3,
    )
