"""Edits of what several people change at once: nothing that anybody typed is lost, and nobody overwrites unseen.

Whoever saves says which version they had before them. Fields that nobody else has changed since are taken; where two
changed the same field to different things, neither is thrown away: what was typed is kept as an edit that was not
applied, and its author is shown both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
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


OWNERSHIP = ("owner", "team")
"""A person or a team owns something, never both: one choice on a form, so one field where edits meet."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an edit: the fields that were taken, those where it met somebody else's change, those not meant.

    Both parts of `OWNERSHIP` go by the name "owner" here.
    """

    taken: tuple[str, ...]
    clashed: tuple[str, ...]
    untouched: tuple[str, ...]


class Clash(ValidationError):
    """Others changed the same fields since: `thing` is how it stands now, `fields` are those that differ.

    `untouched` has the fields that were sent as they had been read, with how they stand now: a form that is shown again
    for the standing version holds these, or it would take back what others did. "owner" is a person, a team or None.
    """

    def __init__(self, thing: Card | Action, outcome: Outcome) -> None:
        super().__init__("Somebody else changed this while you had it open. Compare both, then save.")
        self.thing = thing
        self.fields = outcome.clashed
        self.untouched: Fields = {name: standing(thing, name) for name in outcome.untouched}


def standing(thing: Card | Action, name: str) -> Value:
    """Return how a field stands: for "owner" the person or the team that owns it."""
    if name in OWNERSHIP:
        return thing.owner or thing.team
    value: Value = getattr(thing, name)
    return value


def text_of(value: object) -> str:
    """Return how history writes a value: people and teams by key, instants in UTC to the minute.

    Boxes of a form hold no seconds, so a time that nobody touched comes back without them.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(second=0, microsecond=0).isoformat()
    return str(value.pk) if isinstance(value, models.Model) else str(value)


def apply(thing: Card | Action, fields: Fields, *, version: int, editor: Actor, at: datetime) -> Outcome:
    """Set fields of a locked row as somebody typed them who had `version` before them, and keep the history.

    Where any field clashes none is taken. The caller stores the row where fields were taken, and raises Clash after the
    transaction where some clashed, so that what was typed is kept. A person as the owner replaces a team, and a team a
    person: who says only one of the two says that the other is nobody.
    """
    if any(name in fields for name in OWNERSHIP):
        fields = {**dict.fromkeys(OWNERSHIP), **fields}
    wanted = {name: text_of(value) for name, value in fields.items()}
    now = {name: text_of(getattr(thing, name)) for name in fields}
    base = now | {name: text for name, text in _as_it_was(thing, version).items() if name in now}
    meant, clashed, untouched = [], [], []
    for name, parts in _units(fields).items():
        mine, theirs, read = ([each[part] for part in parts] for each in (wanted, now, base))
        if mine == read:
            untouched.append(name)
        elif mine != theirs:
            meant += [part for part in parts if wanted[part] != now[part]]
            clashed += [name] if theirs != read else []
    for part in meant:
        _keep(thing, part, now[part], wanted[part], applied=not clashed, base=version, by=editor, at=at)
    if not clashed:
        for part in meant:
            setattr(thing, part, fields[part])
    return Outcome(() if clashed else tuple(meant), tuple(clashed), tuple(untouched))


def _units(fields: Fields) -> dict[str, tuple[str, ...]]:
    """Return what a form holds as one field each, with the columns of it."""
    return {"owner" if name in OWNERSHIP else name: OWNERSHIP if name in OWNERSHIP else (name,) for name in fields}


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
