"""The measures that a centre collects, as pages of forums name them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from partners.queries import contract

if TYPE_CHECKING:
    from partners.models import Centre, Measure


@dataclass(frozen=True, slots=True)
class Shown:
    """A measure by its code and title. `charted` is whether the centre has a chart of it."""

    code: str
    title: str
    charted: bool


def measure_choices(centre: "Centre", today: date) -> list[tuple[str, str]]:
    """Return (code, title) pairs of what a centre collects, in its order."""
    return [(version.measure.code, version.title) for version in contract.collected_versions(centre, today).values()]


def shown(measures: Iterable["Measure"], centre: "Centre", today: date) -> list[Shown]:
    """Return measures with their titles; one that the centre collects no more has its code for a title."""
    titles = dict(measure_choices(centre, today))
    return [Shown(each.code, titles.get(each.code, each.code), each.code in titles) for each in measures]
