"""Centres and the organisations that work there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet

from nhc.clock import london_date
from nhc.compositions import ANY_SLUG, ANY_TIME, composed
from partners.models import Agreement, Centre, Organisation, Partnership
from partners.queries import binding

BACKBONE = "LBACK"
"""How the code of a backbone begins: the system organisation of a centre, which sends what the work itself counts."""


@dataclass(frozen=True, slots=True)
class CentrePartners:
    """A centre and the keys of its partners on one day.

    `bound` are those that its information-sharing agreement binds (`binding.bound`), where that was asked for.
    """

    centre: Centre
    partners: frozenset[int]
    bound: frozenset[int] = frozenset()


def holds_on(day: date, through: str = "") -> Q:
    """Return the condition that a row with `from_date` and `until_date`, reached `through` a path, holds on a day."""
    starts, ends = f"{through}from_date", f"{through}until_date"
    return Q(**{f"{starts}__lte": day}) & (Q(**{f"{ends}__isnull": True}) | Q(**{f"{ends}__gt": day}))


def centre_with_partners(slug: str, day: date) -> CentrePartners | None:
    """Return the centre and its partners on a day, in one query; None where no centre has that name."""
    return next(_read(_with_partners(Centre.objects.filter(slug=slug), day)), None)


def centre_at(slug: str, at: datetime) -> CentrePartners | None:
    """Return the centre, its partners and which of them are bound at an instant; None where none has that name.

    One query, composed once: nearly every page asks it.
    """
    query = composed(_centre_at)
    values = query.filled({ANY_SLUG: slug, ANY_TIME: at, london_date(ANY_TIME): london_date(at)})
    return next(_read(Centre.objects.raw(query.text, values)), None)


def _centre_at() -> QuerySet[Centre]:
    return _with_bound(Centre.objects.filter(slug=ANY_SLUG), ANY_TIME)


def all_centres() -> list[Centre]:
    """Return every centre by slug: for work that concerns them all and shows nothing of them to anyone."""
    return list(Centre.objects.order_by("slug"))


def centres_of(organisations: Iterable[int], at: datetime, *, others: Iterable[int] = ()) -> list[CentrePartners]:
    """Return the centres where any of these organisations is a partner at an instant, and the `others`, by name.

    One query. They come with those who are bound.
    """
    partnerships = Partnership.objects.filter(holds_on(london_date(at)), organisation_id__in=list(organisations))
    centres = Centre.objects.filter(Q(pk__in=partnerships.values("centre_id")) | Q(pk__in=list(others)))
    return list(_read(_with_bound(centres.order_by("name", "pk"), at)))


def _with_partners(centres: QuerySet[Centre], day: date) -> QuerySet[Centre]:
    return centres.annotate(partners_then=ArraySubquery(_partnerships(day).values("organisation_id")))


def _with_bound(centres: QuerySet[Centre], at: datetime) -> QuerySet[Centre]:
    day = london_date(at)
    bound = _partnerships(day).filter(binding.bound([Agreement.Kind.INFORMATION_SHARING], at))
    return _with_partners(centres, day).annotate(bound_then=ArraySubquery(bound.values("organisation_id")))


def _partnerships(day: date) -> QuerySet[Partnership]:
    return Partnership.objects.filter(holds_on(day), centre_id=OuterRef("pk"))


def _read(centres: Iterable[Centre]) -> Iterator[CentrePartners]:
    for centre in centres:
        annotated = vars(centre)
        partners, bound = annotated["partners_then"], annotated.get("bound_then", ())
        yield CentrePartners(centre, frozenset(partners), frozenset(bound))


def organisations_by_id(ids: Iterable[int]) -> list[Organisation]:
    """Return organisations by code."""
    return list(Organisation.objects.filter(pk__in=list(ids)).order_by("code"))


def organisation_by_code(code: str) -> Organisation | None:
    """Return the organisation with a code, or None."""
    return Organisation.objects.filter(code=code).first()


def backbone_of(centre: Centre, day: date) -> Organisation | None:
    """Return the backbone of a centre on a day, or None."""
    partnerships = Partnership.objects.filter(
        holds_on(day), centre=centre, organisation__code__startswith=BACKBONE
    ).select_related("organisation")
    found = partnerships.order_by("organisation__code").first()
    return None if found is None else found.organisation


def organisation_outside_demonstration() -> Organisation | None:
    """Return the first organisation that is not part of the demonstration, or None."""
    return Organisation.objects.filter(demonstration=False).order_by("pk").first()


def of_partner(at: datetime, centre: str) -> Q:
    """Return the condition that a row's `organisation` is a partner today of the centre that a path names."""
    return partnership(at, organisation=OuterRef("organisation"), centre=OuterRef(centre))


def is_partner(organisation: Organisation, centre: Centre, day: date) -> bool:
    """Whether the organisation is a partner of the centre on a day."""
    return Partnership.objects.filter(holds_on(day), organisation=organisation, centre=centre).exists()


def partnership(at: datetime, *, organisation: Organisation | OuterRef, centre: Centre | OuterRef) -> Q:
    """Return the condition that an organisation, or a row's, is a partner of a centre at an instant."""
    return Q(Exists(Partnership.objects.filter(holds_on(london_date(at)), organisation=organisation, centre=centre)))
