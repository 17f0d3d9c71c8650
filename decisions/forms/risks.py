"""Forms of shared risks: opened, reviewed, held, controlled, closed."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django import forms

from decisions.forms.forums import NO_PERSON
from decisions.models import Forum, Risk
from decisions.services.risks import Holding, Judgement
from nhc.forms import CheckboxField, ChoiceField, DateField, MultipleChoiceField, SelectField, TextAreaField, TextField

if TYPE_CHECKING:
    from partners.models import Organisation

REVIEWED_AFTER = timedelta(days=28)
LIKELIHOODS = ("Rare", "Unlikely", "Possible", "Likely", "Almost certain")
IMPACTS = ("Negligible", "Minor", "Moderate", "Major", "Severe")


def _scale(words: Sequence[str]) -> list[tuple[str, str]]:
    return [(str(number), f"{number}: {word}") for number, word in enumerate(words, start=1)]


class JudgementForm(forms.Form):
    """How a risk stands. `version` is of the risk that was read."""

    def __init__(self, data: Mapping[str, object] | None = None, *, today: date, risk: Risk | None = None) -> None:
        start: dict[str, object] = {"review_on": today + REVIEWED_AFTER}
        if risk is not None:
            start |= {"likelihood": str(risk.likelihood), "impact": str(risk.impact), "version": risk.version}
        super().__init__(data, initial=start)
        if risk is not None:
            self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
        self.fields["likelihood"] = ChoiceField(
            label="How likely is it?", named="how likely it is", choices=_scale(LIKELIHOODS), small=True
        )
        self.fields["impact"] = ChoiceField(
            label="How much would it matter?", named="how much it would matter", choices=_scale(IMPACTS), small=True
        )
        self.fields["words"] = TextAreaField(
            label="What has changed, and why you judge so", named="why you judge so", max_length=5000, rows=4
        )
        self.fields["review_on"] = DateField(
            label="Day of the next review",
            named="day of the next review",
            hint="Those who sit in the forum are reminded",
            earliest=today + timedelta(days=1),
        )

    def judgement(self) -> Judgement:
        """Return what was typed."""
        typed = self.cleaned_data
        return Judgement(int(typed["likelihood"]), int(typed["impact"]), typed["words"], typed["review_on"])


class OpenRiskForm(JudgementForm):
    """A risk that is new to the register, the forum that owns it, and who holds it with them."""

    field_order = ("title", "words", "forum", "organisations", "likelihood", "impact", "review_on")

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        today: date,
        forums: Sequence[Forum],
        organisations: "Sequence[Organisation]",
    ) -> None:
        super().__init__(data, today=today)
        self._forums = {forum.code: forum for forum in forums}
        self._organisations = {each.code: each for each in organisations}
        self.fields["title"] = TextField(label="Risk, in a few words", named="the risk", max_length=120)
        self.fields["words"] = TextAreaField(
            label="What could happen, and to whom", named="what could happen", hint=NO_PERSON, max_length=5000, rows=5
        )
        self.fields["forum"] = ChoiceField(
            label="Which forum owns it?", named="a forum", choices=[(forum.code, forum.name) for forum in forums]
        )
        self.fields["organisations"] = MultipleChoiceField(
            label="Which organisations hold it together?",
            named="which organisations hold it",
            hint="Everyone on whom it lands, charities included. What each carries is added afterwards",
            choices=[(each.code, each.name) for each in organisations],
            small=True,
        )
        self.order_fields(self.field_order)

    def forum(self) -> Forum:
        """Return the forum that was chosen."""
        return self._forums[self.cleaned_data["forum"]]

    def holdings(self) -> list[Holding]:
        """Return who holds it."""
        return [Holding(self._organisations[code]) for code in self.cleaned_data["organisations"]]


class HolderForm(forms.Form):
    """Who else holds a risk, and what of it lands on them."""

    def __init__(self, data: Mapping[str, object] | None = None, *, organisations: "Sequence[Organisation]") -> None:
        super().__init__(data)
        self._organisations = {each.code: each for each in organisations}
        self.fields["organisation"] = SelectField(
            label="Organisation",
            choices=[("", "Choose an organisation"), *((each.code, each.name) for each in organisations)],
        )
        self.fields["carries"] = TextField(
            label="What it carries",
            hint="What of the risk lands on its people or its money",
            max_length=500,
            required=False,
        )

    def holding(self) -> Holding:
        """Return who holds it and what they carry."""
        return Holding(self._organisations[self.cleaned_data["organisation"]], self.cleaned_data["carries"])


class ControlForm(forms.Form):
    """What is done about a risk, by whom, and whether it is done already."""

    def __init__(
        self, data: Mapping[str, object] | None = None, *, organisations: "Sequence[Organisation]", today: date
    ) -> None:
        super().__init__(data)
        self._organisations = {each.code: each for each in organisations}
        self.fields["words"] = TextField(label="What is done", named="what is done", max_length=500)
        self.fields["organisation"] = SelectField(
            label="Who does it",
            named="who does it",
            choices=[("", "Choose an organisation"), *((each.code, each.name) for each in organisations)],
        )
        self.fields["in_place"] = CheckboxField(label="It is in place already", required=False)
        self.fields["due_on"] = DateField(
            label="Or by when", named="by when", earliest=today + timedelta(days=1), required=False
        )

    def organisation(self) -> "Organisation":
        """Return the organisation that was chosen."""
        return self._organisations[self.cleaned_data["organisation"]]


class CloseForm(forms.Form):
    """Why a risk is none any more."""

    reason = TextAreaField(label="Why is it a risk no longer?", named="why", max_length=5000, rows=4)


class ReopenForm(forms.Form):
    """Why a risk is one again, and when it is looked at."""

    def __init__(self, data: Mapping[str, object] | None = None, *, today: date) -> None:
        super().__init__(data, initial={"review_on": today + REVIEWED_AFTER})
        self.fields["reason"] = TextAreaField(label="Why is it a risk again?", named="why", max_length=5000, rows=4)
        self.fields["review_on"] = DateField(
            label="Day of the next review", named="day of the next review", earliest=today + timedelta(days=1)
        )
