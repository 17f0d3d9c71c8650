"""Forms for figures: a spreadsheet, typed boxes, and the keys they may be sent with."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from nhc.forms import DateField, FileField, MultipleChoiceField, SelectField, TextField
from partners.formats.grids import Grid, clean
from partners.models import ApiKey
from partners.queries.answers import Answered

LARGEST = 20_000_000
"""Bytes of an uploaded file, as over REST."""

NO_FIGURE = (
    ("", "There is a figure"),
    ("none_offered", "Not offered: we do not run it"),
    ("not_collected", "Not collected: we ran it and did not count"),
    ("withheld", "Withheld: we counted and may not share"),
)


class UploadForm(forms.Form):
    """One spreadsheet."""

    file = FileField(
        label="Upload your figures",
        hint="A spreadsheet (XLSX) or CSV made from the template, smaller than 20MB",
        accept=".xlsx,.csv,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        label_size="s",
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse what is larger than the REST API would take."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) >= LARGEST:
            raise ValidationError("The selected file must be smaller than 20MB", code="large")
        return file


class TypedForm(forms.Form):
    """Two boxes, or one, for each figure owed, and why there is none. The numbers are checked like any other upload."""

    def __init__(self, data: Mapping[str, object] | None, *, figures: Sequence[Answered]) -> None:
        super().__init__(data)
        self.figures = figures
        for place, each in enumerate(figures):
            current = each.current
            self._number(
                f"numerator-{place}", each.version.numerator_label, None if current is None else current.numerator
            )
            if each.version.has_denominator:
                self._number(
                    f"denominator-{place}",
                    each.version.denominator_label,
                    None if current is None else current.denominator,
                )
            state = current.state if current is not None and current.state != "reported" else ""
            self.fields[f"state-{place}"] = SelectField(
                label="If there is no figure, say why", choices=NO_FIGURE, required=False, initial=state
            )

    def _number(self, name: str, label: str, sent: Decimal | None) -> None:
        self.fields[name] = TextField(
            label=label, required=False, width=10, inputmode="numeric", max_length=40, initial=_plain(sent)
        )

    def grid(self) -> Grid:
        """Return what was typed as a sheet: row 0 names the columns, row n + 1 is figure n."""
        rows = [["measure", "period", "numerator", "denominator", "state"]]
        for place, each in enumerate(self.figures):
            typed = [clean(str(self.cleaned_data.get(f"{name}-{place}") or "")) for name in rows[0][2:]]
            rows.append([each.owed.measure, each.owed.period.name, *typed])
        return Grid(rows)

    def name_of(self, row: int, column: int) -> str | None:
        """Return the field that stands for a cell of `grid`; the figure's first box for what concerns the whole row."""
        name = f"{('numerator', 'numerator', 'numerator', 'denominator', 'state')[column]}-{row - 1}"
        return name if name in self.fields else None


class KeyForm(forms.Form):
    """A new API key."""

    label = TextField(
        label="What is the key for?",
        named="what the key is for",
        hint="For example, the night job of our records system",
        max_length=80,
    )
    scopes = MultipleChoiceField(
        label="What may it do?",
        choices=ApiKey.Scope.choices,
        hints={"submit": "Figures of your organisation", "read": "What your organisation sent, and shared totals"},
        error_messages={"required": "Select what the key may do"},
    )

    def __init__(self, data: Mapping[str, object] | None = None, *, today: date) -> None:
        super().__init__(data)
        self.fields["expires"] = DateField(
            label="When does it stop working?",
            named="the date when it stops working",
            hint="Leave empty for a key that works until it is revoked",
            required=False,
            earliest=today + timedelta(days=1),
        )


def _plain(sent: Decimal | None) -> str:
    """Return a stored figure as it would be typed: 41 and not 41.000000, without commas."""
    if sent is None:
        return ""
    return str(int(sent)) if sent == sent.to_integral_value() else f"{sent.normalize():f}"
