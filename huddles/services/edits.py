"""Edits of what several people change at once: nothing that anybody typed is lost, and nobody overwrites unseen.

Whoever saves says which version they had before them. Fields that nobody else has changed since are taken; where two
changed the same field to different things, neither is thrown away: what was typed is kept as an edit that was not
applied, and its author is shown both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models

from huddles.models import Action, ActionEdit, Card, CardEdit
from nhc.actors import Actor

if TYPE_CHECKING:
    from nhc.models import User
    from partners.models import Team

type Value = "str | datetime | User | Team | None"
"""What a field can hold; people and teams as rows, so that a form's choice needs no second look."""

type Fields = Mapping[str, Value]


class Clash(ValidationError):
    """Others changed the same fields since: `thing` is how it stands now, `fields` are those that differ."""

    def __init__(self, thing: Card | Action, fields: tuple[str, ...]) -> None:
        super().__init__("Somebody else changed this while you had it open. Compare both, then save.")
        self.thing = thing
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an edit: the fields that were taken, and those where it met somebody else's change."""

    taken: tuple[str, ...]
    clashed: tuple[str, ...]


def text_of(value: object) -> str:
    """Return how history writes a value: people and teams by key, instants in ISO form."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value.pk) if isinstance(value, models.Model) else str(value)


def apply(thing: Card | Action, fields: Fields, *, version: int, by: Actor, at: datetime) -> Outcome:
    """Set fields of a locked row as somebody typed them who had `version` before them, and keep the history.

    Where any field clashes none is taken. The caller stores the row where fields were taken, and raises Clash after the
    transaction where some clashed, so that what was typed is kept.
    """
    base = _as_it_was(thing, version)
    wanted = {name: text_of(value) for name, value in fields.items()}
    now = {name: text_of(getattr(thing, name)) for name in fields}
    meant = [name for name in fields if wanted[name] != base.get(name, now[name]) and wanted[name] != now[name]]
    clashed = tuple(name for name in meant if base.get(name, now[name]) != now[name])
    for name in meant:
        _keep(thing, name, now[name], wanted[name], applied=not clashed, base=version, by=by, at=at)
    if not clashed:
        for name in meant:
            setattr(thing, name, fields[name])
    return Outcome(() if clashed else tuple(meant), clashed)


def _as_it_was(thing: Card | Action, version: int) -> dict[str, str]:
    """Return the fields that were changed since a version, as they stood at it."""
    since = _edits(thing).filter(applied=True, base__gte=version).order_by("base", "pk")
    found: dict[str, str] = {}
    for field, before in since.values_list("field", "before"):
        found.setdefault(field, before)
    return found


def _edits(thing: Card | Action) -> "models.QuerySet[CardEdit] | models.QuerySet[ActionEdit]":
    return CardEdit.objects.filter(card=thing) if isinstance(thing, Card) else ActionEdit.objects.filter(action=thing)


def _keep(
    thing: Card | Action, field: str, before: str, after: str, *, applied: bool, base: int, by: Actor, at: datetime
) -> None:
    # What is applied changed the version that stands; what clashed was typed over an older one.
    kept = {"field": field, "before": before, "after": after, "applied": applied, "at": at, "user_id": by.user_id}
    kept |= {"base": thing.version if applied else base, "by_name": by.name if by.kind == "system" else ""}
    if isinstance(thing, Card):
        CardEdit.objects.create(card=thing, **kept)
    else:
        ActionEdit.objects.create(action=thing, **kept)
