"""Forms of "May I?": how much it is about, and an act outside the guardrail."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django import forms
from django.core import signing

from decisions.queries.overrides import TOLD_LATE
from nhc.clock import LONDON
from nhc.forms import DateField, SelectField, TextAreaField, TextField
from partners.hours import NoSuchTimeError, TwoSuchTimesError, instant_of

if TYPE_CHECKING:
    from partners.models import Team

_AMOUNT = re.compile(r"£?\s*(\d{1,3}(?:,\d{3})*|\d{1,9})(\.\d{1,2})?", re.ASCII)
_SEAL = signing.Signer(salt="decisions.may-i.answer")
_TIME = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)", re.ASCII)


class AmountField(TextField):
    """An amount of 0 or more with two decimals at most, commas and a pound sign taken."""

    inputmode = "decimal"

    def clean(self, value: object) -> Decimal | None:
        """Return the amount; None where nothing was typed."""
        text = str(super().clean(value) or "").strip()
        if not text:
            return None
        match = _AMOUNT.fullmatch(text)
        if match is None:
            raise forms.ValidationError("Enter an amount as a number of 0 or more, like 80 or 12.50")
        return Decimal(match[1].replace(",", "") + (match[2] or ""))


def amount_field(unit: str, *, required: bool = False) -> AmountField:
    """Return the box for an amount in a unit."""
    label = "How much is it, in pounds?" if unit == "£" else f"How much is it, in {unit}?"
    return AmountField(
        label=label, named="an amount", width=10, max_length=20, required=required, suffix="" if unit == "£" else unit
    )


class AmountForm(forms.Form):
    """What the question is about, where the guardrail has a limit."""

    def __init__(self, data: Mapping[str, object] | None = None, *, unit: str) -> None:
        super().__init__(data)
        self.fields["amount"] = amount_field(unit)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of "May I?" that somebody was given: who asked what at which centre, how much, and when."""

    user_id: int
    centre: str
    scenario: str
    at: datetime
    amount: Decimal | None

    def sealed(self) -> str:
        """Return it as a page carries it: nobody can make one up, of an instant that would suit them."""
        amount = None if self.amount is None else str(self.amount)
        return _SEAL.sign_object([self.user_id, self.centre, self.scenario, self.at.isoformat(), amount])


class ActedForm(forms.Form):
    """Which answer somebody acted on, as the page of the answer sealed it."""

    answer = forms.CharField(widget=forms.HiddenInput, max_length=1000)

    def clean_answer(self) -> Answered:
        """Return the answer. ValidationError where it is none that a page gave."""
        try:
            user_id, centre, scenario, at, amount = _SEAL.unsign_object(self.cleaned_data["answer"])
        except signing.BadSignature as error:
            raise forms.ValidationError("The page did not say which answer you acted on. Ask again.") from error
        return Answered(
            user_id, centre, scenario, datetime.fromisoformat(at), None if amount is None else Decimal(amount)
        )


class OverrideForm(forms.Form):
    """What somebody did outside the guardrail, when, for which team, and why."""

    def __init__(
        self, data: Mapping[str, object] | None = None, *, unit: str, teams: Sequence["Team"], at: datetime
    ) -> None:
        local = at.astimezone(LONDON)
        super().__init__(data, initial={"day": local.date(), "time": f"{local:%H:%M}"})
        self.at = at
        self.fields["reason"] = TextAreaField(
            label="Why could it not wait?",
            named="why it could not wait",
            hint="Names of people supported do not belong here",
            max_length=1000,
            rows=4,
        )
        self.fields["day"] = DateField(
            label="The day on which you acted", earliest=local.date() - TOLD_LATE, latest=local.date()
        )
        self.fields["time"] = TextField(
            label="At what time?", named="the time", hint="24-hour clock, like 20:00", width=5
        )
        if unit:
            self.fields["amount"] = amount_field(unit)
        self.fields["team"] = SelectField(
            label="For which team?", named="a team", choices=[(str(team.pk), team.name) for team in teams]
        )

    def clean(self) -> dict[str, object]:
        """Make the typed day and time the instant `acted_at`."""
        typed = super().clean() or {}
        match = _TIME.fullmatch(str(typed.get("time", "")).strip())
        if typed.get("time") and match is None:
            self.add_error("time", "The time must be a time, like 20:00")
        day = typed.get("day")
        if match is None or day is None:
            return typed
        wall = datetime(day.year, day.month, day.day, int(match[1]), int(match[2]))  # noqa: DTZ001  (a wall time)
        try:
            acted_at = instant_of(wall)
        except NoSuchTimeError:
            self.add_error("time", "The clocks went forward over that time. Enter an hour later")
            return typed
        except TwoSuchTimesError:
            acted_at = instant_of(wall, later=False)
        return typed | {"acted_at": acted_at}
