"""The history of figures: what is open now, and what was at a revision."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Exists, Max, OuterRef, Q

from partners.models import Centre, DirtySlot, Measure, Observation, Revision


def latest_revision(centre: Centre, at: datetime) -> int:
    """Return the last revision of the centre that was visible at an instant; 0 before the first."""
    return Revision.objects.filter(centre=centre, visible_at__lte=at).aggregate(last=Max("seq"))["last"] or 0


def observations(
    centre: Centre,
    measure: Measure,
    period_start: date,
    *,
    dimension: str | None = None,
    category: str | None = None,
    revision: int | None = None,
) -> list[Observation]:
    """Return what organisations sent for a period, totals first, with organisation, submission and sender. One query.

    Without a revision it is what holds now; without a dimension every cell is returned.
    """
    found = Observation.objects.filter(_open_at(revision), centre=centre, measure=measure, period_start=period_start)
    if dimension is not None:
        found = found.filter(dimension=dimension)
    if category is not None:
        found = found.filter(category=category)
    found = found.select_related("organisation", "submission__user", "submission__api_key")
    return list(found.order_by("dimension", "category", "organisation__code"))


class Kept(NamedTuple):
    """One row of the history with figures, from the revision that opened it until the one that closed it."""

    organisation_id: int
    period_start: date
    dimension: str
    category: str
    numerator: Decimal | None
    denominator: Decimal | None
    opened: int
    closed: int | None


_KEPT = (
    "organisation_id",
    "period_start",
    "dimension",
    "category",
    "numerator",
    "denominator",
    "opened_seq",
    "closed_seq",
)


def history(
    centre: Centre, measure: Measure, *, first: date, last: date, revision: int | None = None
) -> Iterable[Kept]:
    """Return all that organisations sent for the periods that start from `first` to `last`, corrected rows too.

    With a revision as it was then. One query.
    """
    found = Observation.objects.filter(
        centre=centre, measure=measure, period_start__range=(first, last), numerator__isnull=False
    )
    if revision is not None:
        found = found.filter(opened_seq__lte=revision)
    return map(Kept._make, found.values_list(*_KEPT))


def totals_beside(
    centre: Centre, measures: Iterable[Measure], own: Collection[int], *, revision: int | None = None
) -> Iterable[tuple[int, Kept]]:
    """Return the totals of periods for which some organisations sent one, by measure key: theirs and all others'.

    `own` are keys of organisations. Corrected rows come too; with a revision as it was then. One query.
    """
    found = Observation.objects.filter(centre=centre, measure__in=measures, dimension="", numerator__isnull=False)
    if revision is not None:
        found = found.filter(opened_seq__lte=revision)
    mine = found.filter(organisation__in=own, measure=OuterRef("measure"), period_start=OuterRef("period_start"))
    rows = found.filter(Exists(mine)).values_list("measure_id", *_KEPT)
    return ((measure, Kept(*kept)) for measure, *kept in rows)


def _open_at(revision: int | None) -> Q:
    if revision is None:
        return Q(closed_seq__isnull=True)
    return Q(opened_seq__lte=revision) & (Q(closed_seq__isnull=True) | Q(closed_seq__gt=revision))


def slots_waiting() -> int:
    """Return how many slots changed, whole or in some cell, and were not rolled up yet."""
    return DirtySlot.objects.values("centre_id", "measure_id", "period_start").distinct().count()
