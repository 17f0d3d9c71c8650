"""Queries that are composed once a process and asked with other values each time.

Django takes several times as long to compose a query of many conditions as PostgreSQL to answer it, and a few such
queries are asked at every request. They are composed for values that nothing else in them has, the blanks, which
are replaced by what is asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from django.db.models import QuerySet

type Given = str | int | date | None

ANYBODY = -1
"""The blank of a person."""
ANYWHERE = -2
"""The blank of a centre's key."""
ANY_SLUG = "\N{LOW LINE}"
"""The blank of a centre's name in addresses, which has letters, digits and hyphens."""
ANY_TIME = datetime(1900, 1, 1, tzinfo=UTC)
"""The blank of an instant. Whatever a query reckons from it, such as its date, is a blank of its own."""
_RECKONED = (1899, 1900)
"""The years of what is reckoned from it."""


@dataclass(frozen=True, slots=True)
class Composition:
    """A query's text and its values in order, blanks among them."""

    text: str
    values: tuple[Given, ...]

    def filled(self, given: Mapping[Given, Given]) -> list[Given]:
        """Return the values with every blank replaced.

        Raises LookupError where one is given that the query has not, or an instant of it would stay blank.
        """
        unknown = given.keys() - set(self.values)
        filled = [given.get(value, value) for value in self.values]
        if unknown or any(isinstance(value, date) and value.year in _RECKONED for value in filled):
            raise LookupError(f"The query has other blanks: {unknown}, {filled}")
        return filled


@cache
def composed(compose: Callable[[], QuerySet[Any]]) -> Composition:
    """Return what a function composes, which is called once a process."""
    text, values = compose().query.sql_with_params()
    return Composition(text, values)
