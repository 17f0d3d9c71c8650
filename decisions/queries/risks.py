"""The shared risk register: who holds what, what is done about it, and where it is going."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from decisions.models import Forum, Risk, RiskControl, RiskHolder, RiskReview
from nhc.clock import london_date
from partners.queries.organisations import holds_on

if TYPE_CHECKING:
    from partners.models import Centre

CHARITY = "vcfse"
"""The sector of charities, community groups and social enterprises."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Where a risk is going: `rising`, `falling`, `steady` or `new`, from the score before to the score now."""

    word: str
    before: int | None
    now: int


def _current_holders() -> QuerySet[RiskHolder]:
    return (
        RiskHolder.objects.filter(until_at__isnull=True)
        .select_related("organisation")
        .order_by("organisation__name", "pk")
    )


def risks_of(
    centre: "Centre", *, forum: Forum | None = None, state: str = "open", by_charities: bool = False
) -> QuerySet[Risk]:
    """Return a centre's risks, the highest score first, each with its holders and its reviews. Three queries.

    `by_charities` leaves those that a charity holds.
    """
    chosen = Q(forum__centre=centre)
    if forum is not None:
        chosen &= Q(forum=forum)
    if state:
        chosen &= Q(state=state)
    if by_charities:
        chosen &= Q(Exists(_held_by_charity()))
    return (
        Risk.objects.filter(chosen)
        .select_related("forum")
        .annotate(by_charity=Exists(_held_by_charity()))
        .prefetch_related(
            Prefetch("holders", _current_holders(), to_attr="held_by"),
            Prefetch("reviews", RiskReview.objects.order_by("reviewed_at", "pk"), to_attr="history"),
        )
        .order_by((F("likelihood") * F("impact")).desc(), "review_on", "pk")
    )


def _held_by_charity() -> QuerySet[RiskHolder]:
    return RiskHolder.objects.filter(risk=OuterRef("pk"), until_at__isnull=True, organisation__sector=CHARITY)


def carried_by_charities(centre: "Centre") -> int:
    """Return how many open risks of a centre a charity holds."""
    return Risk.objects.filter(Exists(_held_by_charity()), forum__centre=centre, state="open").count()


def risk_by_id(risk_id: int) -> Risk | None:
    """Return one risk with its forum and centre."""
    return Risk.objects.select_related("forum__centre", "opened_by").filter(pk=risk_id).first()


def holders_of(risk: Risk) -> list[RiskHolder]:
    """Return who holds a risk, those that did so first."""
    return list(risk.holders.select_related("organisation").order_by(F("until_at").asc(nulls_first=True), "since_at"))


def held_by_partners(risk: Risk, at: datetime) -> bool:
    """Whether an organisation that holds a risk is a partner of its centre now."""
    partners = risk.forum.centre.partnerships.filter(holds_on(london_date(at)))
    return risk.holders.filter(until_at__isnull=True, organisation__in=partners.values("organisation")).exists()


def controls_of(risk: Risk) -> list[RiskControl]:
    """Return what is done about a risk, what has ended last."""
    found = risk.controls.select_related("organisation").order_by(F("ended_at").asc(nulls_first=True), "added_at", "pk")
    return list(found)


def control_by_id(risk: Risk, control_id: int) -> RiskControl | None:
    """Return a control of a risk that has not ended."""
    return risk.controls.select_related("organisation").filter(pk=control_id, ended_at__isnull=True).first()


def reviews_of(risk: Risk) -> list[RiskReview]:
    """Return how a risk stood whenever it was looked at, oldest first."""
    return list(risk.reviews.select_related("user").order_by("reviewed_at", "pk"))


def trend(history: list[RiskReview]) -> Trend:
    """Return where a risk is going, from its reviews, oldest first, of which there is one at least."""
    now = history[-1].score
    if len(history) == 1:
        return Trend("new", None, now)
    before = history[-2].score
    word = "rising" if now > before else "falling" if now < before else "steady"
    return Trend(word, before, now)


def due_for_review(at: datetime) -> list[Risk]:
    """Return every open risk that is reviewed within two weeks, and those whose day has come and gone by a week."""
    today: date = london_date(at)
    found = Risk.objects.filter(
        state="open", review_on__gte=today - timedelta(days=7), review_on__lte=today + timedelta(days=14)
    )
    return list(found.select_related("forum__centre").order_by("pk"))
