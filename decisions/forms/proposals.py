"""Forms of proposals and decisions: what is proposed, what people answer, what was decided, what came of it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django import forms

from decisions.counting import ASKING, Template
from decisions.forms.meetings import MARKDOWN
from decisions.models import DecisionReview, Issue
from decisions.services.decisions import Statement
from nhc.forms import ChoiceField, DateField, MultipleChoiceField, SelectField, TextAreaField, TextField

TIME_TO_ANSWER = timedelta(days=14)
REVIEWED_AFTER = timedelta(days=91)


class ProposeForm(forms.Form):
    """What is proposed, how it is decided, and by when people answer."""

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        issues: Sequence[Issue],
        chosen: str = "",
        today: date,
    ) -> None:
        super().__init__(data, initial={"issue": chosen, "deadline": today + TIME_TO_ANSWER, "template": "consent"})
        self._issues = {str(issue.pk): issue for issue in issues}
        self.fields["title"] = TextField(label="Proposal, in a few words", named="the proposal", max_length=120)
        self.fields["words"] = TextAreaField(
            label="What should happen, and why", named="what should happen", hint=MARKDOWN, max_length=20_000, rows=8
        )
        self.fields["template"] = ChoiceField(
            label="How is it decided?",
            named="how it is decided",
            choices=[(template.value, ASKING[template].name) for template in Template],
            hints={template.value: ASKING[template].means for template in Template},
        )
        self.fields["deadline"] = DateField(
            label="Last day to answer",
            named="last day to answer",
            hint="Those who have not answered are reminded 14, 7 and 1 days before",
            earliest=today + timedelta(days=1),
        )
        if issues:
            self.fields["issue"] = self._choice()

    def _choice(self) -> SelectField:
        choices = [("", "None"), *((key, issue.title) for key, issue in self._issues.items())]
        return SelectField(label="Which issue does it answer?", choices=choices, required=False)

    def issue(self) -> Issue | None:
        """Return the issue that was chosen."""
        return self._issues.get(self.cleaned_data.get("issue", ""))


class AnswerForm(forms.Form):
    """One of the template's answers, and why."""

    def __init__(self, data: Mapping[str, object] | None = None, *, template: Template) -> None:
        super().__init__(data)
        options = ASKING[template].options
        self.fields["answer"] = ChoiceField(
            label="Your answer",
            named="an answer",
            choices=[(option.answer.value, option.words) for option in options],
            hints={option.answer.value: option.means for option in options},
        )
        self.fields["reason"] = TextAreaField(
            label="Why", hint="Needed where you are against it", max_length=2000, rows=3, required=False
        )


class StatementForm(forms.Form):
    """What was decided; `titled` asks what about, too. `measures` are (code, title) pairs."""

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        measures: Sequence[tuple[str, str]],
        today: date,
        titled: bool = False,
    ) -> None:
        super().__init__(data, initial={"adopted": "yes", "review_on": today + REVIEWED_AFTER})
        if titled:
            self.fields["title"] = TextField(label="Decision, in a few words", named="the decision", max_length=120)
        self.fields["adopted"] = ChoiceField(
            label="Is it adopted?",
            named="whether it is adopted",
            choices=[("yes", "Yes"), ("no", "No")],
            inline=True,
        )
        self.fields["outcome"] = TextAreaField(
            label="Outcome",
            hint="What changes, who does it, and from when. Where it is not adopted, why",
            max_length=5000,
            rows=5,
        )
        self.fields["review_on"] = DateField(
            label="Day on which you look whether it worked",
            named="day of the review",
            hint="Those who sit here are reminded. Leave empty where it is not adopted",
            earliest=today + timedelta(days=1),
            required=False,
        )
        if measures:
            self.fields["measures"] = MultipleChoiceField(
                label="Which measures should it move?",
                hint="The decision is marked on their charts",
                choices=measures,
                small=True,
                required=False,
            )
        self.fields["cites"] = TextField(
            label="What it rests on",
            hint="For example, an agreement or a row of the grid",
            max_length=300,
            required=False,
        )

    def statement(self) -> Statement:
        """Return what was typed."""
        typed = self.cleaned_data
        adopted = typed["adopted"] == "yes"
        return Statement(
            outcome=typed["outcome"],
            adopted=adopted,
            review_on=typed["review_on"] if adopted else None,
            cites=typed["cites"],
            measures=tuple(typed.get("measures") or ()),
        )


class ReviewForm(forms.Form):
    """What came of a decision, and when it is looked at again."""

    def __init__(self, data: Mapping[str, object] | None = None, *, today: date) -> None:
        super().__init__(data)
        self.fields["verdict"] = ChoiceField(
            label="Did it do what it was for?",
            named="whether it did",
            choices=[(each.value, str(each.label)) for each in DecisionReview.Verdict],
        )
        self.fields["words"] = TextAreaField(label="What you saw", named="what you saw", max_length=5000, rows=4)
        self.fields["next_on"] = DateField(
            label="Day of the next review",
            named="day of the next review",
            hint="Leave empty where there is none",
            earliest=today + timedelta(days=1),
            required=False,
        )
