"""Which organisations are expected to send which measures, and when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q

from partners.models import ReturnMeasure


@dataclass(frozen=True, slots=True)
class Owed:
    """An organisation owes a centre a measure for periods that start in `[starts, ends)`; `ends` may be open."""

    measure_id: int
    organisation_id: int
    starts: date
    ends: date | None

    def covers(self, day: date) -> bool:
        """Whether a period that starts on this day is owed."""
        return self.starts <= day and (self.ends is None or day < self.ends)


def owed(centre_id: int, measure_ids: Iterable[int]) -> list[Owed]:
    """Return what is owed to a centre for these measures, by returns while the organisation is a partner. One query."""
    partner = "owed_in__organisation__partnerships"
    rows = (
        ReturnMeasure.objects.filter(
            Q(**{f"{partner}__centre_id": centre_id}), owed_in__centre_id=centre_id, measure_id__in=list(measure_ids)
        )
        .values_list(
            "measure_id",
            "owed_in__organisation_id",
            F("owed_in__from_date"),
            F(f"{partner}__from_date"),
            F("owed_in__until_date"),
            F(f"{partner}__until_date"),
        )
        .order_by("pk")
    )
    found = [
        Owed(measure, organisation, max(due_from, partner_from), _earlier(due_until, partner_until))
        for measure, organisation, due_from, partner_from, due_until, partner_until in rows
    ]
    return [item for item in found if item.ends is None or item.starts < item.ends]


def organisations_expected(owed_items: Sequence[Owed], measure_id: int, day: date) -> int:
    """Return how many organisations owe the measure for a period that starts on a day."""
    return len({item.organisation_id for item in owed_items if item.measure_id == measure_id and item.covers(day)})


def _earlier(one: date | None, other: date | None) -> date | None:
    return min(one, other) if one is not None and other is not None else one or other
