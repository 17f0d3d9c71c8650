"""What changed between two versions of a grid, in words: what it said and what it says, field by field."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from decisions.contents import Content
from decisions.formats.grids import KINDS, Holder, cells_of
from decisions.models import GridVersion
from decisions.queries import grid_pages
from decisions.queries import scenarios as queries
from decisions.views.grid_wording import amount_words, minutes_words

_NONE = "Nothing"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a scenario says otherwise now."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """A scenario that was added, taken out or changed; `how` says which, in words."""

    title: str
    code: str
    how: str
    fields: tuple[Field, ...]


def changes(before: GridVersion, after: GridVersion, at: datetime) -> list[Change]:
    """Return what changed, in the order of the later version. Who was renamed in between has both names."""
    then, now = (
        {column.holder: column.name for column in grid_pages.sheet(version, at).columns} for version in (before, after)
    )
    both = {holder: f"{then[holder]}, later {now[holder]}" for holder in then.keys() & now.keys()}
    renamed = {holder: name for holder, name in both.items() if then[holder] != now[holder]}
    names: dict[Holder, str] = then | now | renamed
    found = []
    for each in queries.differences(before, after):
        if each.before is None and each.after is not None:
            found.append(Change(each.after.title, each.code, "Added", ()))
        elif each.after is None and each.before is not None:
            found.append(Change(each.before.title, each.code, "Taken out", ()))
        elif each.before is not None and each.after is not None:
            fields = tuple(fields_between(each.before, each.after, names))
            how = "Changed" if fields else "Moved to another place"
            found.append(Change(each.after.title, each.code, how, fields))
    return found


def fields_between(before: Content, after: Content, names: dict[Holder, str]) -> Iterable[Field]:
    """Yield what two contents of a scenario say otherwise: its words first, then its cells, then its ladder."""
    for name, then, now in zip(_WORDS, _said(before), _said(after), strict=True):
        if then != now:
            yield Field(name, then, now)
    for holder, name in names.items():
        then, now = _cell(before, holder), _cell(after, holder)
        if then != now:
            yield Field(name, then, now)
    then, now = _ladder(before, names), _ladder(after, names)
    if then != now:
        yield Field("Ladder", then, now)


_WORDS = ("What may come up", "Other words", "Guardrail", "Limit", "Time limit", "Acting first")


def _said(content: Content) -> tuple[str, ...]:
    limit = _NONE if content.limit is None else amount_words(content.limit, content.limit_unit)
    return (
        content.title,
        content.words or _NONE,
        content.guardrail or _NONE,
        limit,
        minutes_words(content.minutes),
        "Allowed" if content.act_first else "Not allowed",
    )


def _cell(content: Content, holder: Holder) -> str:
    said = [
        KINDS[cell.kind]
        if cell.limit is None
        else f"{KINDS[cell.kind]} up to {amount_words(cell.limit, content.limit_unit)}"
        for cell in cells_of(content, holder)
    ]
    return ", ".join(said) or "Not involved"


def _ladder(content: Content, names: dict[Holder, str]) -> str:
    rungs = []
    for step in content.ladder:
        who = step.telephone
        if step.duty_role is not None:
            who = names["duty_role", step.duty_role]
        elif step.team is not None:
            who = names["team", step.team]
        rungs.append(f"{who}, {minutes_words(step.minutes)}")
    return "; then ".join(rungs) or _NONE
