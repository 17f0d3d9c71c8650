"""Forms of inductions: doing a step, and writing the steps of a draft."""

from collections.abc import Mapping

from django import forms

from nhc.forms import CheckboxField, ChoiceField, IntegerField, TextAreaField, TextField
from partners.models import AgreementVersion, InductionStep
from partners.services.induction_packs import Step

_WHOLE = 2**31 - 1


class StepForm(forms.Form):
    """What one step asks: a tick, an answer, or nothing but that it is done."""

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        step: InductionStep,
        norms: AgreementVersion | None = None,
    ) -> None:
        super().__init__(data, initial={"norms": None if norms is None else norms.pk})
        if norms is not None:
            self.fields["norms"] = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)
        if step.kind == InductionStep.Kind.CONFIRM:
            self.fields["confirmed"] = CheckboxField(label=step.question, named="tick the box")
        if step.kind == InductionStep.Kind.CHECK:
            options = [(str(place), text) for place, text in enumerate(step.options)]
            self.fields["choice"] = ChoiceField(label=step.question, named="an answer", choices=options)


class NormsForm(forms.Form):
    """Confirming the norms charter as it is now."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)
    confirmed = CheckboxField(label="I have read the norms charter and keep to it", named="tick the box")


class WriteStepForm(forms.Form):
    """A step of a draft. Which boxes are needed follows from its kind; the database says so too."""

    edition = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=_WHOLE)
    kind = ChoiceField(
        label="Kind of step",
        named="a kind of step",
        choices=InductionStep.Kind.choices,
        hints={
            "read": "A text",
            "watch": "The address of a film",
            "confirm": "A box to tick",
            "check": "A question with one right answer",
        },
    )
    title = TextField(label="Title", max_length=120)
    body = TextAreaField(label="Text", hint="Markdown", max_length=20_000, rows=8, required=False)
    address = TextField(label="Address of the film", hint="Starts with https://", max_length=300, required=False)
    question = TextField(label="What is confirmed or asked", max_length=300, required=False)
    options = TextAreaField(
        label="Answers", hint="For a short check: one on each line, 2 to 6", max_length=1300, rows=4, required=False
    )
    answer = IntegerField(
        label="Which answer is right", hint="The line it is on, from 1", min_value=1, max_value=6, required=False
    )
    feedback = TextField(label="Why it is right", max_length=500, required=False)
    norms = CheckboxField(label="This step shows the norms charter", required=False)

    @classmethod
    def of(cls, row: InductionStep) -> "WriteStepForm":
        """Return the form with a step in it."""
        names = ("kind", "title", "body", "address", "question", "feedback", "norms")
        initial: dict[str, object] = {name: getattr(row, name) for name in names}
        initial |= {"options": "\n".join(row.options), "edition": row.version.edition}
        initial["answer"] = None if row.answer is None else row.answer + 1
        return cls(initial=initial)

    def step(self) -> Step:
        """Return what was typed; what the kind of step has no use for is left out."""
        typed = self.cleaned_data
        check = typed["kind"] == InductionStep.Kind.CHECK
        asks = check or typed["kind"] == InductionStep.Kind.CONFIRM
        lines = [line.strip() for line in typed["options"].splitlines() if line.strip()]
        return Step(
            kind=typed["kind"],
            title=typed["title"],
            body=typed["body"],
            address=typed["address"] if typed["kind"] == InductionStep.Kind.WATCH else "",
            question=typed["question"] if asks else "",
            options=tuple(lines) if check else (),
            answer=typed["answer"] - 1 if check and typed["answer"] else None,
            feedback=typed["feedback"] if check else "",
            norms=typed["norms"],
        )


class OpenPackForm(forms.Form):
    """How long an induction by this draft holds."""

    edition = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=_WHOLE)
    valid_for_days = IntegerField(
        label="How many days it holds", named="how many days it holds", min_value=1, max_value=1096, suffix="days"
    )


class EditionForm(forms.Form):
    """The edition of a draft that a button was pressed on."""

    edition = forms.IntegerField(min_value=1, max_value=_WHOLE)
