"""What people type into the fields of a form, and the words they get back."""

import re
from collections.abc import Mapping
from datetime import date

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.template import engines
from django.utils.datastructures import MultiValueDict

from nhc.forms import (
    CheckboxField,
    ChoiceField,
    DateField,
    EmailField,
    FileField,
    IntegerField,
    MultipleChoiceField,
    SelectField,
    TextAreaField,
    TextField,
)

REASONS = [("none", "None to report"), ("not_collected", "Not collected")]


class Everything(forms.Form):
    name = TextField(label="Name of the group", max_length=20, hint="As people say it.")
    email = EmailField(label="Email address")
    visits = IntegerField(label="Visits", min_value=0, max_value=1_000_000, suffix="visits")
    reason = ChoiceField(
        label="Why is it empty?", named="why it is empty", choices=REASONS, hints={"none": "You had 0"}
    )
    period = SelectField(label="Period", choices=[("", "Choose a period"), ("2026-10", "October 2026")])
    seen_by = MultipleChoiceField(label="Who has seen it", choices=REASONS)
    held = DateField(label="When was it?", named="the date", earliest=date(2026, 1, 1), latest=date(2026, 11, 22))
    notes = TextAreaField(label="Notes", max_length=10)
    agreed = CheckboxField(label="The figures are right")
    file = FileField(label="Figures", accept=".csv", largest=10)


GOOD = {
    "name": "Open Door",
    "email": "bill@lantern.example",
    "visits": "1,204",
    "reason": "none",
    "period": "2026-10",
    "seen_by": ["none"],
    "held-day": "6",
    "held-month": "8",
    "held-year": "2026",
    "notes": "a\r\nb",
    "agreed": "on",
}


def filled(typed: Mapping[str, str] | None = None, upload: bytes = b"a,b\n") -> Everything:
    """Return the form as sent: all in order but for what is `typed`."""
    file: UploadedFile[bytes] = SimpleUploadedFile("figures.csv", upload)
    return Everything({**GOOD, **(typed or {})}, MultiValueDict({"file": [file]}))


def empty() -> Everything:
    return Everything({}, MultiValueDict())


def shown(form: forms.Form) -> str:
    """Return the form as the page of a form holds it."""
    return engines["jinja2"].get_template("layouts/form.jinja").render({"form": form})


def complaints(form: forms.Form) -> list[str]:
    return [str(message) for messages in form.errors.values() for message in messages]


def test_what_was_typed_becomes_what_was_meant() -> None:
    form = filled()
    assert complaints(form) == []
    assert form.cleaned_data["visits"] == 1204
    assert form.cleaned_data["held"] == date(2026, 8, 6)
    assert form.cleaned_data["notes"] == "a\nb"


def test_an_empty_form_says_at_each_field_what_to_do() -> None:
    assert complaints(empty()) == [
        "Enter name of the group",
        "Enter email address",
        "Enter visits",
        "Select why it is empty",
        "Select period",
        "Select who has seen it",
        "Enter the date",
        "Enter notes",
        "Confirm: the figures are right",
        "Select a file",
    ]


@pytest.mark.parametrize(
    ("field", "typed", "complaint"),
    [
        ("name", "x" * 21, "Name of the group must be 20 characters or fewer"),
        ("email", "bill", "Enter an email address in the correct format, like name@example.com"),
        ("visits", "fourteen", "Visits must be a whole number, like 14"),
        ("visits", "1.5", "Visits must be a whole number, like 14"),
        ("visits", "9" * 5000, "Visits must be a whole number, like 14"),
        ("visits", "-1", "Visits must be 0 or more"),
        ("visits", "1000001", "Visits must be 1000000 or fewer"),
        ("reason", "other", "Select why it is empty from the list"),
        ("notes", "x" * 11, "Notes must be 10 characters or fewer"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(field: str, typed: str, complaint: str) -> None:
    assert complaints(filled({field: typed})) == [complaint]


@pytest.mark.parametrize(
    ("day", "month", "year", "complaint"),
    [
        ("", "8", "2026", "The date must include a day"),
        ("6", "", "", "The date must include a month and year"),
        ("31", "2", "2026", "The date must be a real date"),
        ("6", "8", "26", "The date must be a real date"),
        ("six", "8", "2026", "The date must be a real date"),
        ("6", "9" * 30, "2026", "The date must be a real date"),
        ("6", "8", "0000", "The date must be a real date"),
        ("31", "12", "2025", "The date must be 1 January 2026 or later"),
        ("23", "November", "2026", "The date must be 22 November 2026 or earlier"),
    ],
)
def test_a_date_that_is_none_says_why(day: str, month: str, year: str, complaint: str) -> None:
    assert complaints(filled({"held-day": day, "held-month": month, "held-year": year})) == [complaint]


def test_the_summary_leads_to_the_part_of_a_date_that_is_missing() -> None:
    page = shown(filled({"held-month": ""}))
    assert re.search(r'<a href="#id_held-month">\s*The date must include a month', page)
    assert re.search(r'id="id_held-month"[^>]*nhsuk-input--error|nhsuk-input--error[^>]*id="id_held-month"', page)
    assert not re.search(r'nhsuk-input--error[^>]*id="id_held-day"', page)


def test_every_line_of_the_summary_leads_to_something_on_the_page() -> None:
    page = shown(empty())
    targets = re.findall(r'<a href="#(id_[\w-]+)">', page)
    assert len(targets) == 10
    assert [target for target in targets if f'id="{target}"' not in page] == []


def test_what_was_typed_stays_when_something_else_is_wrong() -> None:
    page = shown(filled({"name": "Open & shut", "visits": "x", "notes": "<b>"}))
    assert 'value="Open &amp; shut"' in page
    assert 'value="x"' in page
    assert "&lt;b&gt;</textarea>" in page
    assert re.search(r'value="none"[^>]* checked', page)
    assert re.search(r'value="2026-10"[^>]* selected', page)
    assert 'value="6"' in page


def test_fields_carry_their_hints_and_what_browsers_need() -> None:
    page = shown(Everything())
    assert re.search(r'id="id_name-hint">\s*As people say it\.', page)
    assert re.search(r'id="id_name"[^>]*aria-describedby="id_name-hint"', page)
    assert 'autocomplete="email"' in page
    assert "You can enter up to 10 characters" in page
    assert 'enctype="multipart/form-data"' in page
    assert 'accept=".csv"' in page


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"", "The selected file is empty"), (b"x" * 11, "The selected file must be smaller than 10 bytes")],
)
def test_a_file_that_cannot_be_taken_says_why(content: bytes, complaint: str) -> None:
    assert complaints(filled(upload=content)) == [complaint]
