"""Who owed a figure and has not reported it, and what they said instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from partners.models import Centre, Measure, Observation, Organisation
from partners.periods import Period
from partners.queries.expected import owed


@dataclass(frozen=True, slots=True)
class Missing:
    """An organisation without a reported figure. `answer` is `not_collected`, `withheld`, or empty (not sent)."""

    organisation: str
    answer: str


def not_reported(centre: Centre, measure: Measure, periods: Sequence[Period]) -> dict[date, list[Missing]]:
    """Return, by the period's first day, the organisations that owed the total and did not report it. Three queries."""
    items = owed(centre.pk, [measure.pk])
    starts = [period.start for period in periods]
    answers = {
        (organisation, start): state
        for organisation, start, state in Observation.objects.filter(
            centre=centre, measure=measure, period_start__in=starts, dimension="", closed_seq__isnull=True
        ).values_list("organisation_id", "period_start", "state")
    }
    names = dict(
        Organisation.objects.filter(pk__in={item.organisation_id for item in items})
        .order_by("name")
        .values_list("pk", "name")
    )
    reported = {Observation.State.REPORTED, Observation.State.NONE_OFFERED}
    return {
        start: [
            Missing(name, answers.get((identity, start), ""))
            for identity, name in names.items()
            if any(item.organisation_id == identity and item.covers(start) for item in items)
            and answers.get((identity, start)) not in reported
        ]
        for start in starts
    }
