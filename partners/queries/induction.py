"""Inductions: what a centre offers, how far somebody has come, and who is inducted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import TruncDate

from nhc.clock import LONDON, london_date
from partners.models import (
    Agreement,
    AgreementVersion,
    Centre,
    Induction,
    InductionPack,
    InductionPackVersion,
    InductionStep,
    Membership,
    NormsConfirmation,
    Organisation,
)
from partners.queries.binding import in_force
from partners.queries.people import current

SOON = timedelta(days=14)


class State(StrEnum):
    """Where somebody stands with a centre's induction, in words."""

    INDUCTED = "inducted"
    ENDS_SOON = "ends soon"
    NORMS = "norms to confirm"
    ENDED = "ended"
    NEVER = "not inducted"


@dataclass(frozen=True, slots=True)
class StepSeen:
    """A step and whether somebody has done it."""

    step: InductionStep
    done: bool


def draft_of(pack: InductionPack) -> InductionPackVersion | None:
    """Return the version that is being written."""
    return _versions().filter(pack=pack, opened_at__isnull=True).first()


def version_open(pack: InductionPack) -> InductionPackVersion | None:
    """Return the version that people go through now."""
    return _versions().filter(pack=pack, opened_at__isnull=False, superseded_at__isnull=True).first()


def _versions() -> QuerySet[InductionPackVersion]:
    return InductionPackVersion.objects.select_related("pack__centre")


def pack_by_kind(centre: Centre, kind: str) -> InductionPack | None:
    """Return a centre's pack of a kind."""
    return InductionPack.objects.select_related("centre").filter(centre=centre, kind=kind).first()


def open_versions(centre: Centre) -> list[InductionPackVersion]:
    """Return what people can go through at a centre, the full one first, with steps."""
    steps = Prefetch("steps", InductionStep.objects.order_by("position"))
    found = _versions().filter(pack__centre=centre, opened_at__isnull=False, superseded_at__isnull=True)
    return sorted(found.prefetch_related(steps), key=lambda version: version.pack.kind != InductionPack.Kind.FULL)


def steps_of(version: InductionPackVersion) -> list[InductionStep]:
    """Return a version's steps in order."""
    return list(version.steps.order_by("position"))


def step_by_id(step_id: int) -> InductionStep | None:
    """Return a step with its version and pack."""
    return InductionStep.objects.select_related("version__pack__centre").filter(pk=step_id).first()


def by_id(induction_id: int) -> Induction | None:
    """Return an induction with its person, version and centre."""
    return Induction.objects.select_related("user", "version__pack__centre").filter(pk=induction_id).first()


def under_way(user_id: int, version: InductionPackVersion) -> Induction | None:
    """Return the induction by this version that somebody has begun and not completed."""
    return (
        Induction.objects.select_related("user", "version__pack__centre")
        .filter(user_id=user_id, version=version, completed_at__isnull=True)
        .first()
    )


def inductions_of(user_id: int, centre: Centre) -> list[Induction]:
    """Return somebody's inductions at a centre, newest first."""
    return list(
        Induction.objects.select_related("version__pack")
        .filter(user_id=user_id, centre=centre)
        .order_by("-started_at", "-pk")
    )


def steps_seen(induction: Induction) -> list[StepSeen]:
    """Return the steps of somebody's induction in order."""
    done = set(induction.done.values_list("step_id", flat=True))
    return [StepSeen(step, step.pk in done) for step in steps_of(induction.version)]


def has_confirmed(user_id: int, version: AgreementVersion) -> bool:
    """Whether somebody has confirmed a version of the norms charter."""
    return NormsConfirmation.objects.filter(user_id=user_id, version=version).exists()


def people(
    centre: Centre, at: datetime, *, organisation: Organisation | None = None, state: str = ""
) -> QuerySet[Membership]:
    """Return who works at a centre, once for each organisation they work for, with where they stand, by name.

    Rows have `state` (`State`), `last_day` (on which the induction holds or held), the person and the organisation.
    """
    placed = Membership.objects.filter(current(at), team__centre=centre)
    if organisation is not None:
        placed = placed.filter(team__organisation=organisation)
    first = placed.order_by("user_id", "team__organisation_id", "pk").distinct("user_id", "team__organisation_id")
    until = (
        Induction.objects.filter(user_id=OuterRef("user_id"), centre=centre, completed_at__lte=at)
        .values("user_id")
        .annotate(last=Max("expires_at"))
        .values("last")
    )
    found = (
        Membership.objects.filter(pk__in=first.values("pk"))
        .select_related("user", "team__organisation")
        .annotate(until=Subquery(until, output_field=DateTimeField()), norms_due=Exists(norms_lacking(at, centre)))
        .annotate(last_day=TruncDate(F("until") - timedelta(microseconds=1), tzinfo=LONDON))
        .annotate(
            state=Case(
                When(until__isnull=True, then=Value(State.NEVER.value)),
                When(until__lte=at, then=Value(State.ENDED.value)),
                When(norms_due=True, then=Value(State.NORMS.value)),
                When(until__lte=at + SOON, then=Value(State.ENDS_SOON.value)),
                default=Value(State.INDUCTED.value),
                output_field=CharField(),
            )
        )
    )
    if state in set(State):
        found = found.filter(Q(state=state))
    return found.order_by("user__name", "user_id", "team__organisation__name")


def rows(
    centre: Centre, at: datetime, *, organisation: Organisation | None = None, state: str = ""
) -> Iterator[tuple[str, str, str, date | None]]:
    """Return name, organisation, state and last day of each of `people`, without loading them all at once."""
    columns: list[str] = ["user__name", "team__organisation__name", "state", "last_day"]
    yield from people(centre, at, organisation=organisation, state=state).values_list(*columns).iterator(2000)


def organisations_at(centre: Centre, at: datetime) -> list[Organisation]:
    """Return the organisations that have people at a centre, by name."""
    placed = Membership.objects.filter(current(at), team__centre=centre)
    return list(Organisation.objects.filter(pk__in=placed.values("team__organisation_id")).order_by("name", "code"))


def norms_lacking(at: datetime, centre: Centre | OuterRef) -> QuerySet[AgreementVersion]:
    """Return the norms charter in force at a centre, where the person of the row around it has not confirmed it."""
    confirmed = NormsConfirmation.objects.filter(version=OuterRef("pk"), user_id=OuterRef(OuterRef("user_id")))
    return AgreementVersion.objects.filter(
        in_force(at), ~Q(Exists(confirmed)), agreement__centre=centre, agreement__kind=Agreement.Kind.NORMS
    )


def tally(centre: Centre, at: datetime) -> list[tuple[str, int, int]]:
    """Return, by organisation, its name, how many of its people work at a centre and how many are inducted."""
    grouped = people(centre, at).order_by("team__organisation__name").values("team__organisation__name")
    good = Count("pk", filter=Q(state__in=[State.INDUCTED.value, State.ENDS_SOON.value]))
    return list(grouped.annotate(of=Count("pk"), good=good).values_list("team__organisation__name", "of", "good"))


def ending(at: datetime) -> list[tuple[int, Induction]]:
    """Return inductions that end within two weeks and are the last of their person, with the days left.

    Only of people who still work at the centre.
    """
    later = Induction.objects.filter(
        user_id=OuterRef("user_id"), centre_id=OuterRef("centre_id"), expires_at__gt=OuterRef("expires_at")
    )
    placed = Membership.objects.filter(current(at), user_id=OuterRef("user_id"), team__centre_id=OuterRef("centre_id"))
    found = (
        Induction.objects.filter(
            Q(Exists(placed)), ~Q(Exists(later)), expires_at__gt=at, expires_at__lte=at + SOON + timedelta(days=1)
        )
        .select_related("centre", "user")
        .order_by("pk")
    )
    return [(_days_left(each.expires_at, at), each) for each in found if each.expires_at is not None]


def _days_left(ends: datetime, at: datetime) -> int:
    """Return how many days are left after today: what ends at midnight tonight has none."""
    return (london_date(ends - timedelta(microseconds=1)) - london_date(at)).days
