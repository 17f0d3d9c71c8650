"""Forms of a round of consent: it is opened, answered, taken back, and its version published."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django import forms

from decisions.lifecycle import ConsentAnswerKind, RoundOutcome
from decisions.services.rounds import LONGEST, TIME_TO_ANSWER
from nhc.clock import LONDON
from nhc.forms import ChoiceField, DateField, SelectField, TextAreaField, TextField

if TYPE_CHECKING:
    from decisions.models import Decision
    from partners.models import Organisation

_HINTS = {
    ConsentAnswerKind.AGREE.value: "It is right as it is",
    ConsentAnswerKind.CAN_LIVE_WITH_IT.value: "It is not all we would wish, and good enough and safe enough to try",
    ConsentAnswerKind.OBJECT.value: "It would do harm or cannot work. Say why, and the partnership group decides",
}
ANSWERS = {
    ConsentAnswerKind.AGREE.value: "We agree",
    ConsentAnswerKind.CAN_LIVE_WITH_IT.value: "We can live with it",
    ConsentAnswerKind.OBJECT.value: "We object",
}

SAID = ANSWERS | {ConsentAnswerKind.NO_ANSWER.value: "No answer"}
"""What the record says of each partner."""

OUTCOMES = {
    RoundOutcome.CONSENT.value: "closed without an objection",
    RoundOutcome.OBJECTION.value: "closed on an objection",
    RoundOutcome.WITHDRAWN.value: "taken back",
}
"""How a round ended."""


class OpenRoundForm(forms.Form):
    """What is new, and until when partners answer."""

    edition = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    summary = TextField(label="What is new, in a sentence", named="what is new", max_length=500)

    def __init__(self, data: Mapping[str, object] | None = None, *, edition: int, today: date) -> None:
        super().__init__(data, initial={"edition": edition})
        earliest = today + TIME_TO_ANSWER
        self.fields["last_day"] = DateField(
            label="Last day for answers",
            named="last day for answers",
            hint=f"At least {TIME_TO_ANSWER.days} days from now. Whoever is silent is reminded before",
            earliest=earliest,
            latest=today + LONGEST - timedelta(days=1),
            initial=today + timedelta(days=14),
        )

    def deadline(self) -> datetime:
        """Return the end of the last day in London."""
        return datetime.combine(self.cleaned_data["last_day"] + timedelta(days=1), time(), tzinfo=LONDON)


class ConsentForm(forms.Form):
    """What an organisation says."""

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        organisations: Sequence["Organisation"],
        lifting: bool = False,
    ) -> None:
        offered = {kind: words for kind, words in ANSWERS.items() if not lifting or kind != ConsentAnswerKind.OBJECT}
        first = organisations[0].code if organisations else ""
        super().__init__(data, initial={"organisation": first})
        self.fields["organisation"] = SelectField(
            label="You answer for",
            named="an organisation",
            choices=[(each.code, each.name) for each in organisations],
        )
        self.fields["answer"] = ChoiceField(
            label="What does your organisation say?",
            named="what your organisation says",
            choices=list(offered.items()),
            hints={kind: _HINTS[kind] for kind in offered},
        )
        self.fields["reason"] = TextAreaField(
            label="Why", hint="" if lifting else "Needed to object", max_length=1000, rows=3, required=False
        )

    def clean(self) -> dict[str, object]:
        """Ask an objection for its reason."""
        typed = super().clean() or {}
        if typed.get("answer") == ConsentAnswerKind.OBJECT and not typed.get("reason"):
            self.add_error("reason", "Say why, so that the partnership group can decide")
        return typed


class TakeBackForm(forms.Form):
    """Why a version goes back to being a draft."""

    reason = TextField(label="Why", hint="Partners read it", named="why", max_length=500)


class PublishForm(forms.Form):
    """Which decision of the partnership group answers the objections, where there are any."""

    def __init__(
        self, data: Mapping[str, object] | None = None, *, decisions: Sequence["Decision"], objected: bool
    ) -> None:
        super().__init__(data)
        if objected:
            self.fields["decision"] = SelectField(
                label="The partnership group's decision about the objections",
                named="a decision",
                hint="The grid will cite it",
                choices=[("", "Choose a decision"), *((str(each.pk), each.title) for each in decisions)],
            )
