"""What forums decided, when each decision is looked at again, and which measures' charts it is marked on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from decisions.models import ConsentRound, Decision, DecisionMeasure, DecisionReview, Forum
from nhc.clock import london_date

if TYPE_CHECKING:
    from partners.models import Centre, Measure


@dataclass(frozen=True, slots=True)
class Mark:
    """A decision on a measure's chart: the day on which it was taken and what it was, in words."""

    measure_id: int
    date: date
    text: str


def _with_review(*, since: date | None = None, until: date | None = None) -> QuerySet[Decision]:
    """Return decisions, those first that are looked at next, on `due_on`; none where that is never any more.

    With `since` and `until` those whose day lies there, both included.
    """
    last = DecisionReview.objects.filter(decision=OuterRef("pk")).order_by("-reviewed_at", "-pk")
    due = Case(When(Exists(last), then=Subquery(last.values("next_on")[:1])), default=F("review_on"))
    found = Decision.objects.select_related("forum", "decided_by")
    if since is not None:
        found = found.filter(GreaterThanOrEqual(due, since))
    if until is not None:
        found = found.filter(LessThanOrEqual(due, until))
    return found.annotate(due_on=due, found=Subquery(last.values("verdict")[:1])).order_by("due_on", "pk")


def decisions_of(forum: Forum, *, today: date, only: str = "") -> QuerySet[Decision]:
    """Return a forum's decisions, newest first. `only`: `adopted`, or `due` for those whose review is today or past."""
    if only == "due":
        return _with_review(until=today).filter(forum=forum)
    found = _with_review().filter(forum=forum).order_by("-decided_at", "-pk")
    return found.filter(adopted=True) if only == "adopted" else found


def decision_by_id(forum: Forum, decision_id: int) -> Decision | None:
    """Return one decision of a forum, with its centre, its proposal and when it is due for review."""
    return _with_review().select_related("forum__centre", "proposal").filter(forum=forum, pk=decision_id).first()


def reviews_of(decision: Decision) -> QuerySet[DecisionReview]:
    """Return what came of a decision, newest first."""
    return decision.reviews.select_related("user").order_by("-reviewed_at", "-pk")


def measures_of(decision: Decision) -> list["Measure"]:
    """Return the measures that a decision should move, by code."""
    return [each.measure for each in decision.measures.select_related("measure").order_by("measure__code")]


def citable(consent: ConsentRound) -> QuerySet[Decision]:
    """Return what the centre's partnership group adopted about the objections of a round, newest first.

    The grid cites one of these where an objection stands, and nothing else.
    """
    found = Decision.objects.filter(
        forum__centre=consent.version.grid.centre_id,
        forum__kind=Forum.Kind.GROUP,
        adopted=True,
        proposal__about_round=consent,
    )
    return found.order_by("-decided_at", "-pk")


def of_measure(centre: "Centre", measure: "Measure | None" = None) -> list[Mark]:
    """Return what was adopted at a centre to move a measure, or any measure, by day. One query."""
    chosen = Q(decision__forum__centre=centre, decision__adopted=True)
    if measure is not None:
        chosen &= Q(measure=measure)
    rows: Iterable[tuple[int, date, str, str]] = (
        DecisionMeasure.objects.filter(chosen)
        .order_by("decision__decided_on", "decision_id")
        .values_list("measure_id", "decision__decided_on", "decision__title", "decision__forum__name")
    )
    return [Mark(of, day, f"Decision of the {forum}: {title}") for of, day, title, forum in rows]


def due_for_review(at: datetime) -> list[Decision]:
    """Return every decision that is reviewed within two weeks, and those whose day has come and gone by a week."""
    today = london_date(at)
    found = _with_review(since=today - timedelta(days=7), until=today + timedelta(days=14))
    return list(found.select_related("forum__centre").order_by("pk"))


def due_on(decision: Decision) -> date | None:
    """Return the day on which a decision is next looked at: only of those that this module returned."""
    found: date | None = vars(decision)["due_on"]
    return found
