"""The shared data contract as it stands on a date."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from partners.models import Centre, Measure, MeasureVersion
from partners.queries.organisations import holds_on


def in_force(day: date) -> Q:
    """Return the condition that a version means periods which start on a day."""
    return Q(starts__lte=day) & (Q(ends__isnull=True) | Q(ends__gt=day))


def version_in_force(measure: Measure, day: date) -> MeasureVersion | None:
    """Return what the measure means for periods that start on a day."""
    return MeasureVersion.objects.filter(in_force(day), measure=measure).first()


def next_version_starts(measure: Measure, *, after: date) -> date | None:
    """Return when the first version that starts after a day does, or None."""
    return (
        MeasureVersion.objects.filter(measure=measure, starts__gt=after)
        .order_by("starts")
        .values_list("starts", flat=True)
        .first()
    )


def versions_of(measures: Iterable[int]) -> dict[int, list[MeasureVersion]]:
    """Return the versions of measures by measure, oldest first, in one query."""
    found: dict[int, list[MeasureVersion]] = {measure: [] for measure in measures}
    for version in MeasureVersion.objects.filter(measure_id__in=list(found)).order_by("starts"):
        found[version.measure_id].append(version)
    return found


def collected_versions(centre: Centre, day: date) -> dict[int, MeasureVersion]:
    """Return, by measure and in the centre's order, what it collects for periods that start on a day. One query."""
    collected = centre.collections.filter(holds_on(day), measure=OuterRef("measure"))
    versions = MeasureVersion.objects.filter(in_force(day)).annotate(
        place=Subquery(collected.values("position")), collection=Subquery(collected.values("pk"))
    )
    found = versions.filter(collection__isnull=False).select_related("measure").order_by("place", "collection")
    return {version.measure_id: version for version in found}


def measures(*, after: str = "") -> QuerySet[Measure]:
    """Return measures by code, each with its versions, oldest first."""
    return (
        Measure.objects.filter(Exists(MeasureVersion.objects.filter(measure=OuterRef("pk"))), code__gt=after)
        .prefetch_related(Prefetch("versions", MeasureVersion.objects.order_by("starts")))
        .order_by("code")
    )


def measure_by_code(code: str) -> Measure | None:
    """Return one measure with its versions, oldest first."""
    return measures().filter(code=code).first()
