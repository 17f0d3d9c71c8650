"""What benchmarks work on: a centre, organisations and measures, made through the services."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice

from nhc.actors import Actor
from partners.dimensions import DIMENSIONS
from partners.models import Centre, Measure, Organisation
from partners.services import contract, keys, organisations
from partners.services.contract import Definition

BY = Actor.system("bench")
AT = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)
FIRST = date(2010, 1, 1)

MEASURES = 40
BREAKDOWNS = ("ethnic_group", "deprivation_quintile")


def centre(slug: str) -> Centre:
    """Make a centre."""
    return organisations.add_centre(slug=slug, name=f"Bench {slug}", by=BY, at=AT)


def measures(*centres: Centre) -> list[Measure]:
    """Make 40 proportions, collected by each centre."""
    return measures_named("bench", *centres)


def measures_named(prefix: str, *centres: Centre) -> list[Measure]:
    """Make 40 proportions whose codes begin alike, collected by each centre."""
    made = []
    for number in range(MEASURES):
        definition = Definition(
            starts=FIRST,
            title=f"{prefix.capitalize()} measure {number}",
            definition="Made up for a benchmark.",
            numerator_label="Seen in time",
            denominator_label="Seen",
            unit="proportion",
            multiplier=100,
            aggregation="ratio_of_sums",
            period_type="month",
            improvement="increase",
            breakdowns=BREAKDOWNS,
            target=0.9,
            imd_version="2025",
        )
        measure = contract.add_measure(code=f"{prefix}-{number:02}", definition=definition, by=BY, at=AT)
        for place in centres:
            contract.collect_measure(centre=place, measure=measure, from_date=FIRST, by=BY, at=AT)
        made.append(measure)
    return made


def partner(code: str, *centres: Centre, owes: list[Measure] | None = None) -> Organisation:
    """Make an organisation that is a partner of each centre and owes the measures."""
    organisation = organisations.add_organisation(code=code, name=f"Bench {code}", sector="other", by=BY, at=AT)
    for place in centres:
        organisations.add_partnership(organisation=organisation, centre=place, from_date=FIRST, by=BY, at=AT)
        if owes:
            contract.add_return(organisation=organisation, centre=place, measures=owes, from_date=FIRST, by=BY, at=AT)
    return organisation


def key(organisation: Organisation) -> str:
    """Make a key for both scopes."""
    return keys.create_key(organisation=organisation, scopes=("submit", "read"), by=BY, at=AT).text


def cells() -> list[tuple[str, str]]:
    """Return the total and every category of the two breakdowns: 25 cells."""
    broken = [(name, category.code) for name in BREAKDOWNS for category in DIMENSIONS[name].categories]
    return [("", ""), *broken]


def observations(count: int) -> list[dict[str, object]]:
    """Return distinct observations, whole (measure, month) slots first, plain numbers that depend on their place."""
    return list(islice(_endless(), count))


def _endless() -> Iterator[dict[str, object]]:
    place = 0
    for year in range(2025, 2009, -1):
        for month in range(12, 0, -1):
            for number in range(MEASURES):
                for dimension, category in cells():
                    place += 1
                    below = 50 + place * 7919 % 400
                    sent: dict[str, object] = {"measure": f"bench-{number:02}", "period": f"{year}-{month:02}"}
                    if dimension:
                        sent["breakdown"] = {dimension: category}
                    yield sent | {"numerator": place * 104729 % below, "denominator": below}


def message(slug: str, sent: list[dict[str, object]]) -> bytes:
    """Return the JSON body of a submission."""
    return json.dumps({"centre": slug, "observations": sent}, separators=(",", ":")).encode()
