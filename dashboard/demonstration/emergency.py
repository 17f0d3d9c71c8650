"""Real figures: accident and emergency departments of England, April 2016 to March 2019, as NHS England published them.

One centre for each trust that reports a type 1 department in all 36 months; the trust is its only partner and sends its
figures as any partner would. `data/ae_attendances.LICENCE.txt` holds source, licence and checksum.
"""

import csv
import gzip
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.demonstration.sending import Sent, send
from dashboard.services import charts
from nhc.actors import Actor
from nhc.clock import LONDON
from nhc.models import User
from partners.services import contract, organisations, people
from partners.services.contract import Definition

if TYPE_CHECKING:
    from partners.models import Measure

FIRST = date(2016, 4, 1)
END = date(2019, 4, 1)
"""The day after the last month: nothing is owed from then on."""
MONTHS = 36

SOURCE = (
    "NHS England, A&E Waiting Times and Activity, April 2016 to March 2019, as in NHSRdatasets 0.3.3. "
    "Contains public sector information licensed under the Open Government Licence v3.0."
)
NOTE = f"Real, published figures of the trust with the code {{code}}. {SOURCE}"

MAJOR = "1"
_DEPARTMENTS = {
    MAJOR: "major departments (type 1)",
    "2": "single-specialty departments (type 2)",
    "other": "other departments (urgent treatment, minor injuries and walk-in centres)",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """A month of departments: attendances, those of them over four hours, and emergency admissions by this way in."""

    attendances: int
    breaches: int
    admissions: int


type Months = Mapping[date, Mapping[str, Counts]]
"""By month, what a trust reported for each type of department."""

_ALL_TYPES = "all types of accident and emergency department"
_SEEN = "Attendances that ended, by admission, transfer or discharge, within 4 hours of arrival, at"


def _definition(title: str, definition: str, numerator: str, improvement: str = "neutral") -> Definition:
    return Definition(
        starts=FIRST,
        title=title,
        definition=definition,
        numerator_label=numerator,
        unit="count",
        unit_label=numerator.lower(),
        aggregation="sum",
        period_type="month",
        improvement=improvement,
        disclosure="none",
        source=SOURCE,
    )


def _seen(title: str, departments: str) -> Definition:
    return Definition(
        starts=FIRST,
        title=title,
        definition=f"{_SEEN} {departments}, out of all attendances there.",
        numerator_label="Attendances of 4 hours or less",
        denominator_label="Attendances",
        unit="proportion",
        multiplier=100,
        aggregation="ratio_of_sums",
        period_type="month",
        improvement="increase",
        breakdowns=("ethnic_group",),
        target=0.95,
        disclosure="none",
        source=SOURCE,
    )


MEASURES = {
    "ae-seen-in-4h": _seen("A&E: seen in 4 hours, all types", _ALL_TYPES),
    "ae-type1-seen-in-4h": _seen("A&E: seen in 4 hours, type 1", "major (type 1) departments"),
    "ae-attendances": _definition("A&E: attendances, all types", f"Attendances at {_ALL_TYPES}.", "Attendances"),
    "ae-emergency-admissions": _definition(
        "A&E: emergency admissions", f"Emergency admissions through {_ALL_TYPES}.", "Admissions"
    ),
}
ALL_TYPES = ("ae-seen-in-4h", "ae-attendances", "ae-emergency-admissions")
"""The measures that a change in the mix of departments moves."""


@lru_cache(maxsize=1)
def trusts() -> Mapping[str, Months]:
    """Return, by ODS code, the months of every trust with a type 1 department in all 36."""
    path = Path(__file__).parent / "data" / "ae_attendances.csv.gz"
    found: dict[str, dict[date, dict[str, Counts]]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            month = found.setdefault(row["org_code"], {}).setdefault(date.fromisoformat(row["period"]), {})
            month[row["type"]] = Counts(int(row["attendances"]), int(row["breaches"]), int(row["admissions"]))
    return {
        code: months for code, months in found.items() if sum(MAJOR in types for types in months.values()) == MONTHS
    }


def figures(months: Months) -> list[Sent]:
    """Return what a trust sends: four measures a month."""
    return [sent for month in sorted(months) for sent in _month(month, months[month])]


def _month(month: date, types: Mapping[str, Counts]) -> Iterable[Sent]:
    period = f"{month:%Y-%m}"
    major, all_types = types[MAJOR], types.values()
    attendances = sum(counts.attendances for counts in all_types)
    breaches = sum(counts.breaches for counts in all_types)
    yield Sent("ae-seen-in-4h", period, attendances - breaches, attendances)
    yield Sent("ae-type1-seen-in-4h", period, major.attendances - major.breaches, major.attendances)
    yield Sent("ae-attendances", period, attendances)
    yield Sent("ae-emergency-admissions", period, sum(counts.admissions for counts in all_types))


def changes(months: Months) -> list[tuple[date, str]]:
    """Return each month from which a trust reports other types of department than before, and a sentence for it."""
    found = []
    ordered = sorted(months)
    for before, month in pairwise(ordered):
        begun = [words for kind, words in _DEPARTMENTS.items() if kind in months[month].keys() - months[before].keys()]
        ended = [words for kind, words in _DEPARTMENTS.items() if kind in months[before].keys() - months[month].keys()]
        said = [f"begins to report {' and '.join(begun)}"] if begun else []
        said += [f"no longer reports {' and '.join(ended)}"] if ended else []
        if said:
            found.append((month, f"From this month the trust {' and '.join(said)}."))
    return found


def add_measures(*, by: Actor, at: datetime) -> dict[str, "Measure"]:
    """Store the four measures and return them by code."""
    return {
        code: contract.add_measure(code=code, definition=definition, by=by, at=at)
        for code, definition in MEASURES.items()
    }


def add_trust(
    code: str,
    months: Months,
    *,
    measures: Mapping[str, "Measure"],
    analysts: Collection[tuple[User, str]],
    by: Actor,
    at: datetime,
) -> None:
    """Store a trust and its centre, give the analysts (with their roles) a team there, and send the trust's figures."""
    name = f"Trust {code}"
    trust = organisations.add_organisation(
        code=code, ods_code=code, name=name, sector="nhs_trust", demonstration=True, by=by, at=at
    )
    centre = organisations.add_centre(
        slug=code.lower(),
        name=f"{name}, accident and emergency",
        kind="comparison",
        figures="published",
        figures_note=NOTE.format(code=code),
        by=by,
        at=at,
    )
    organisations.add_partnership(organisation=trust, centre=centre, from_date=FIRST, by=by, at=at)
    team = organisations.add_team(organisation=trust, centre=centre, name="Analysts", by=by, at=at)
    starts_at = datetime.combine(FIRST, time(), tzinfo=LONDON)
    for user, role in analysts:
        people.add_membership(user=user, team=team, role=role, starts_at=starts_at, by=by, at=at)
    for position, measure in enumerate(measures.values()):
        contract.collect_measure(centre=centre, measure=measure, from_date=FIRST, position=position, by=by, at=at)
    contract.add_return(
        organisation=trust,
        centre=centre,
        measures=list(measures.values()),
        from_date=FIRST,
        until_date=END,
        by=by,
        at=at,
    )
    send(figures(months), organisation=trust, centre=centre, reason="As published by NHS England", by=by, at=at)
    for month, text in changes(months):
        for moved in ALL_TYPES:
            charts.annotate(centre=centre, measure=measures[moved], date=month, text=text, by=by, at=at)
