"""Storing what changed of a row without holding up those who point to it.

Foreign keys are checked at the commit, after the last act of a transaction, and wait for whoever may be changing a key.
Where a table has triggers PostgreSQL takes every unique column that an UPDATE names for a change of key, whatever its
value: two who wait for each other that way are ended as a deadlock. So an UPDATE names none of them.
"""

from functools import cache

from django.db.models import Model


def store(row: Model) -> None:
    """Store a row that is there already, but for its keys and what is unique, which stay as they are."""
    row.save(update_fields=_changeable(type(row)))


@cache
def _changeable(model: type[Model]) -> tuple[str, ...]:
    keyed = {name for constraint in model._meta.total_unique_constraints for name in constraint.fields} | {"centre"}
    fields = (field for field in model._meta.concrete_fields if not field.unique and field.name not in keyed)
    return tuple(field.name for field in fields)
