"""Exceptions for named people, as a privacy officer makes them."""

from collections.abc import Mapping
from datetime import date, timedelta

from django import forms

from nhc.forms import DateField, EmailField, TextAreaField

LONGEST_DAYS = 89
"""The last day is included, so that the exception ends within 90 days whatever the time of day."""


class ExceptionForm(forms.Form):
    """Who may read the centre's dashboard, why, and until when."""

    email = EmailField(
        label="Whose exception is it?",
        named="their email address",
        hint="The address with which this person signs in",
        autocomplete="off",
    )
    reason = TextAreaField(
        label="Why do they need it?",
        named="why they need it",
        hint="For example: reviews the crisis service in April. No details about people who are supported",
        rows=3,
        max_length=300,
    )

    def __init__(self, data: Mapping[str, object] | None = None, *, today: date) -> None:
        super().__init__(data)
        self.fields["last_day"] = DateField(
            label="What is their last day?",
            named="their last day",
            hint="At most 90 days from now",
            earliest=today,
            latest=today + timedelta(days=LONGEST_DAYS),
        )
