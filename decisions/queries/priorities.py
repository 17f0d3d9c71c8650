"""What the partners want for people here: outcomes, priorities under each, and the measures that show them."""

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from decisions.models import Outcome, Priority, PriorityMeasure

if TYPE_CHECKING:
    from partners.models import Centre, Measure


def outcomes_of(centre: "Centre") -> QuerySet[Outcome]:
    """Return the outcomes in force in their order, each with priorities (`under`) and their measures (`shown_by`).

    Three queries.
    """
    measures = PriorityMeasure.objects.select_related("measure").order_by("measure__code")
    under = (
        Priority.objects.filter(retired_at__isnull=True)
        .prefetch_related(Prefetch("measures", measures, to_attr="shown_by"))
        .order_by("position", "pk")
    )
    return (
        Outcome.objects.filter(forum__centre=centre, retired_at__isnull=True)
        .prefetch_related(Prefetch("priorities", under, to_attr="under"))
        .order_by("position", "pk")
    )


def outcome_by_id(outcome_id: int) -> Outcome | None:
    """Return an outcome that is in force, with forum and centre."""
    return Outcome.objects.select_related("forum__centre").filter(pk=outcome_id, retired_at__isnull=True).first()


def priority_by_id(priority_id: int) -> Priority | None:
    """Return a priority that is in force, with outcome, forum and centre."""
    return (
        Priority.objects.select_related("outcome__forum__centre")
        .filter(pk=priority_id, retired_at__isnull=True, outcome__retired_at__isnull=True)
        .first()
    )


def measures_of(priority: Priority) -> list["Measure"]:
    """Return the measures that show a priority, by code."""
    return [each.measure for each in priority.measures.select_related("measure").order_by("measure__code")]


def of_measure(centre: "Centre", measure: "Measure") -> list[Priority]:
    """Return the priorities at a centre that a measure shows, with their outcomes."""
    shows = PriorityMeasure.objects.filter(priority=OuterRef("pk"), measure=measure)
    found = Priority.objects.filter(
        Exists(shows), outcome__forum__centre=centre, retired_at__isnull=True, outcome__retired_at__isnull=True
    )
    return list(found.select_related("outcome").order_by("outcome__position", "position", "pk"))
