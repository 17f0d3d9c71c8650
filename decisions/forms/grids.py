"""Forms of the grid: one scenario whole, what is said about a cell, a file, and a review."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundField

from decisions.contents import Cell, Content, Step
from decisions.formats.grids import KINDS, LARGEST, cell_of, cells_of, step_of
from decisions.forms.may_i import AmountField
from decisions.queries.grid_pages import Column
from nhc.forms import CheckboxField, FileField, IntegerField, SelectField, TextAreaField, TextField

MOST_RUNGS = 12
_SPARE = 2
"""Empty rungs that the form offers beyond those there are; the design asks for two or more."""

NOT_INVOLVED = "Not involved"


def kinds_value(kinds: Sequence[str]) -> str:
    """Return the words of a cell as one value of a list: `decides+carries_out`."""
    return "+".join(kind for kind in KINDS if kind in kinds)


def kinds_of(value: str) -> tuple[str, ...] | None:
    """Return the words that such a value stands for; None for a value that is none."""
    kinds = tuple(value.split("+")) if value else ()
    return kinds if all(kind in KINDS for kind in kinds) and len(set(kinds)) == len(kinds) else None


def cell_choices(*, besides: str = "") -> list[tuple[str, str]]:
    """Return what a cell may say; `besides` is a value of several words, which is offered where it stands already."""
    choices = [("", NOT_INVOLVED), *KINDS.items()]
    if besides and besides not in dict(choices):
        labels = [KINDS[kind] for kind in kinds_of(besides) or ()]
        choices.append((besides, ", ".join([*labels[:1], *(label.lower() for label in labels[1:])])))
    both = "decides+carries_out"
    return choices if both in dict(choices) else [*choices, (both, "Decides, carries out")]


@dataclass(frozen=True, slots=True)
class CellFields:
    """The list of one duty role or team, and the box for a limit of their own."""

    kinds: BoundField
    limit: BoundField


@dataclass(frozen=True, slots=True)
class RungFields:
    """The three boxes of one rung."""

    who: BoundField
    telephone: BoundField
    minutes: BoundField


class ScenarioForm(forms.Form):
    """A scenario: what may come up, how far people may go, what each has to do with it, and who is called."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    title = TextField(label="What may come up", named="what may come up", max_length=160)
    words = TextField(label="Other words that people use for it", hint="For the search", max_length=500, required=False)
    guardrail = TextAreaField(
        label="Guardrail", hint="How far whoever decides may go", max_length=1000, rows=3, required=False
    )
    limit = AmountField(label="Limit, where it can be measured", named="a limit", width=10, required=False)
    limit_unit = TextField(
        label="What the limit counts", hint="£, hours, people", width=10, max_length=40, required=False
    )
    minutes = IntegerField(
        label="Time limit",
        named="time limit",
        hint="How long there is to get an answer",
        min_value=1,
        max_value=40_320,
        suffix="minutes",
    )
    act_first = CheckboxField(label="Whoever carries it out may act first, then tell", required=False)

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        columns: Sequence[Column],
        content: Content | None = None,
        version: int = 0,
        place: int = 0,
        places: int = 0,
    ) -> None:
        super().__init__(data, initial=_initial(content) | {"version": version, "place": place})
        self.columns = columns
        self.code = "" if content is None else content.code
        if places:
            self.fields["place"] = IntegerField(
                label="Place in the grid", named="place", min_value=1, max_value=places, width=3
            )
        for column in columns:
            said = [] if content is None else cells_of(content, column.holder)
            value = kinds_value([cell.kind for cell in said])
            self.fields[f"right-{column.key}"] = SelectField(
                label=column.name, choices=cell_choices(besides=value), initial=value, required=False
            )
            self.fields[f"limit-{column.key}"] = AmountField(
                label=f"{column.name}: own limit",
                named=f"a limit for {column.name}",
                initial=next((_figure(cell.limit) for cell in said if cell.limit is not None), ""),
                width=10,
                max_length=20,
                required=False,
            )
        ladder = () if content is None else content.ladder
        self.rungs = min(MOST_RUNGS, len(ladder) + _SPARE)
        who = [("", "Nobody"), *((column.key, column.name) for column in columns), ("telephone", "A telephone number")]
        for number in range(1, self.rungs + 1):
            step = ladder[number - 1] if number <= len(ladder) else None
            self._add_rung(number, step, who)

    def _add_rung(self, number: int, step: Step | None, who: list[tuple[str, str]]) -> None:
        self.fields[f"who-{number}"] = SelectField(
            label=f"Rung {number}: who is called", choices=who, initial=_called(step), required=False
        )
        self.fields[f"telephone-{number}"] = TextField(
            label=f"Rung {number}: number, if a telephone",
            named="the number",
            initial="" if step is None else step.telephone,
            max_length=40,
            required=False,
        )
        self.fields[f"minutes-{number}"] = IntegerField(
            label=f"Rung {number}: to answer",
            named="the minutes",
            initial=None if step is None else step.minutes,
            min_value=1,
            max_value=1440,
            suffix="minutes",
            required=False,
        )

    def cells(self) -> list[CellFields]:
        """Return what each duty role and team has to do with it, and up to what they decide."""
        return [CellFields(self[f"right-{column.key}"], self[f"limit-{column.key}"]) for column in self.columns]

    def ladder(self) -> list[RungFields]:
        """Return the boxes of each rung."""
        return [
            RungFields(self[f"who-{number}"], self[f"telephone-{number}"], self[f"minutes-{number}"])
            for number in range(1, self.rungs + 1)
        ]

    def clean(self) -> dict[str, object]:
        """Refuse a limit without a unit, and rungs that call nobody or give no time."""
        typed = super().clean() or {}
        self._check_limits(typed)
        for number in range(1, self.rungs + 1):
            who, telephone = typed.get(f"who-{number}"), typed.get(f"telephone-{number}")
            if who == "telephone" and not telephone:
                self.add_error(f"telephone-{number}", "Enter the number that is called")
            if who and typed.get(f"minutes-{number}") is None and f"minutes-{number}" not in self.errors:
                self.add_error(f"minutes-{number}", "Enter how many minutes there are to answer")
        return typed

    def _check_limits(self, typed: Mapping[str, object]) -> None:
        """Refuse a limit without a unit, a unit without a limit, and a limit of somebody who does not decide."""
        limits = ["limit", *(f"limit-{column.key}" for column in self.columns)]
        given = any(typed.get(name) is not None for name in limits)
        if given and not typed.get("limit_unit"):
            self.add_error("limit_unit", "Say what the limit counts, like £ or hours")
        if typed.get("limit_unit") and not given and not any(name in self.errors for name in limits):
            self.add_error("limit", "Give the limit that this counts, or leave both empty")
        for column in self.columns:
            decides = "decides" in str(typed.get(f"right-{column.key}", "")).split("+")
            if typed.get(f"limit-{column.key}") is not None and not decides:
                self.add_error(f"limit-{column.key}", f"{column.name} does not decide. Leave the limit empty")

    def content(self, code: str) -> Content:
        """Return what was typed as a scenario with a code."""
        typed = self.cleaned_data
        by_key = {column.key: column for column in self.columns}
        rights: set[Cell] = set()
        for column in self.columns:
            kinds = kinds_of(typed[f"right-{column.key}"]) or ()
            own = cast("Decimal | None", typed[f"limit-{column.key}"])
            rights |= {cell_of(column.holder, kind, own if kind == "decides" else None) for kind in kinds}
        steps = []
        for number in range(1, self.rungs + 1):
            who = typed[f"who-{number}"]
            if who:
                holder = by_key[who].holder if who in by_key else None
                steps.append(step_of(holder, typed[f"minutes-{number}"], typed[f"telephone-{number}"]))
        return Content(
            code=code,
            title=typed["title"],
            words=typed["words"],
            guardrail=typed["guardrail"],
            limit=cast("Decimal | None", typed["limit"]),
            limit_unit=typed["limit_unit"],
            minutes=typed["minutes"],
            act_first=typed["act_first"],
            rights=frozenset(rights),
            ladder=tuple(steps),
        )


def _initial(content: Content | None) -> dict[str, object]:
    if content is None:
        return {"minutes": 60}
    return {
        "title": content.title,
        "words": content.words,
        "guardrail": content.guardrail,
        "limit": _figure(content.limit),
        "limit_unit": content.limit_unit,
        "minutes": content.minutes,
        "act_first": content.act_first,
    }


def _figure(limit: Decimal | None) -> str:
    return "" if limit is None else f"{limit.normalize():f}"


def _called(step: Step | None) -> str:
    if step is None:
        return ""
    if step.duty_role is not None:
        return f"duty_role-{step.duty_role}"
    return "telephone" if step.team is None else f"team-{step.team}"


class CellCommentForm(forms.Form):
    """What somebody says about a scenario, or one of its cells."""

    def __init__(self, data: Mapping[str, object] | None = None, *, columns: Sequence[Column], about: str = "") -> None:
        super().__init__(data, initial={"about": about})
        self.fields["about"] = SelectField(
            label="About",
            named="what it is about",
            choices=[("", "The whole scenario"), *((column.key, column.name) for column in columns)],
            required=False,
        )
        self.fields["text"] = TextAreaField(label="Your comment", named="a comment", max_length=2000, rows=4)


class GridFileForm(forms.Form):
    """A grid as a spreadsheet or CSV."""

    file = FileField(label="Grid file", accept=".csv,.xlsx", largest=LARGEST)

    def body(self) -> bytes:
        """Return the bytes of the chosen file."""
        chosen: UploadedFile[bytes] = self.cleaned_data["file"]
        return bytes(chosen.read())


class ReviewForm(forms.Form):
    """What was learnt from going by the grid."""

    learnt = TextAreaField(
        label="What did you learn?",
        named="what was learnt",
        hint="Which rows worked, which did not, and what should change",
        max_length=4000,
        rows=8,
    )
