"""Forms for figures: a spreadsheet, typed boxes, and the keys they may be sent with."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from nhc.forms import DateField, FileField, MultipleChoiceField, SelectField, TextField
from partners.formats.grids import Grid, clean
from partners.models import ApiKey, Observation
from partners.queries.answers import Answered

LARGEST = 20_000_000
"""Bytes of an uploaded file, as over REST."""

_BOXES = ("numerator", "denominator", "state")
_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)

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
    """Two boxes, or one, for each figure owed, and why there is none. The numbers are checked like any other upload.

    The form carries which observation each box showed, so that only what a person changed is sent. `shown` holds those
    observations by id, however they were corrected since.
    """

    def __init__(
        self,
        data: Mapping[str, object] | None,
        *,
        figures: Sequence[Answered],
        shown: Mapping[int, Observation] | None = None,
    ) -> None:
        super().__init__(data)
        self.figures = figures
        self.shown = shown or {}
        for place, each in enumerate(figures):
            numerator, denominator, state = _boxes(each.current)
            self._number(f"numerator-{place}", each.version.numerator_label, numerator)
            if each.version.has_denominator:
                self._number(f"denominator-{place}", each.version.denominator_label, denominator)
            self.fields[f"state-{place}"] = SelectField(
                label="If there is no figure, say why", choices=NO_FIGURE, required=False, initial=state
            )
            self.fields[f"shown-{place}"] = forms.CharField(
                required=False, widget=forms.HiddenInput, initial="" if each.current is None else each.current.pk
            )

    def _number(self, name: str, label: str, sent: str) -> None:
        self.fields[name] = TextField(
            label=label, required=False, width=10, inputmode="numeric", max_length=40, initial=sent
        )

    def was(self, place: int) -> Observation | None:
        """Return what the boxes of a figure showed before anyone typed."""
        text = str(self.data.get(f"shown-{place}") or "")
        found = self.shown.get(int(text)) if _ID.fullmatch(text) else None
        owed = self.figures[place].owed
        same = found is not None and (found.measure_id, found.period_start) == (owed.measure_id, owed.period.start)
        return found if same else None

    def typed(self, place: int) -> tuple[str, str, str]:
        """Return what stands in the boxes of a figure: numerator, denominator, state."""
        numerator, denominator, state = (clean(str(self.cleaned_data.get(f"{name}-{place}") or "")) for name in _BOXES)
        return numerator, denominator, state

    @cached_property
    def changed(self) -> list[int]:
        """The figures whose boxes someone changed, to something else than what stands there by now.

        Looked at before errors are added, which take what was typed away.
        """
        return [
            place
            for place, each in enumerate(self.figures)
            if self.typed(place) not in (_boxes(self.was(place)), _boxes(each.current))
        ]

    def clashes(self) -> list[int]:
        """Return the changed figures that were changed by someone else too since the page was opened."""
        return [place for place in self.changed if self.was(place) != self.figures[place].current]

    def catch_up(self) -> None:
        """Show what stands there by now, and keep what was typed: sent again, it answers what is shown now."""
        kept = set(self.changed)
        data = {name: self.data.get(name) for name in self.fields}
        for place, each in enumerate(self.figures):
            data[f"shown-{place}"] = "" if each.current is None else each.current.pk
            if place not in kept:
                data |= {f"{name}-{place}": text for name, text in zip(_BOXES, _boxes(each.current), strict=True)}
        self.data = data

    def grid(self) -> Grid:
        """Return what was changed as a sheet: row 0 names the columns, row n + 1 is figure n."""
        rows = [["measure", "period", *_BOXES]]
        rows.extend(
            [each.owed.measure, each.owed.period.name, *self.typed(place)] for place, each in enumerate(self.figures)
        )
        return Grid(rows, left_out=[place + 1 for place in range(len(self.figures)) if place not in self.changed])

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
        hints={
            "submit": "Figures of your organisation",
            "read": "What your organisation sent, and shared totals",
            "refer": "People to a centre, and what became of each referral that a key of yours sent",
        },
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


def _boxes(sent: Observation | None) -> tuple[str, str, str]:
    """Return a figure as the boxes show it: numerator, denominator, state."""
    if sent is None:
        return "", "", ""
    return _plain(sent.numerator), _plain(sent.denominator), "" if sent.state == "reported" else sent.state


def _plain(sent: Decimal | None) -> str:
    """Return a stored figure as it would be typed: 41 and not 41.000000, without commas."""
    if sent is None:
        return ""
    return str(int(sent)) if sent == sent.to_integral_value() else f"{sent.normalize():f}"
