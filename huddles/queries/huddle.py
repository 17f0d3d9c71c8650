"""Huddles: the one that is under way, those of a day, who may chair, and the record of those that are over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from decisions.rotation import Candidate, Term, Wording, next_turn
from huddles.agenda import Kind
from huddles.lifecycle import HuddleState
from huddles.models import Attendance, Huddle, HuddleMove, HuddleRecord, HuddleSchedule, LaneVisit
from nhc.access import Permission
from nhc.formats import full_date
from partners.queries import crew, directory, organisations

if TYPE_CHECKING:
    from nhc.models import User
    from partners.models import Centre, Organisation, Shift

TERMS_OF = timedelta(days=90)
"""How far back turns in the chair count."""

OF_HUDDLES = Wording(
    never=f"has not chaired in the last {TERMS_OF.days} days",
    last="the last time on {day}",
    alone="no other {other} is on duty",
)


@dataclass(frozen=True, slots=True)
class Chair:
    """Whose turn it is to chair, and why, in a sentence."""

    user: "User"
    organisation: str
    why: str


def under_way(centre: "Centre", kind: str | None = None) -> Huddle | None:
    """Return the huddle that is under way at a centre: of a kind, or the one that started last."""
    found = Huddle.objects.filter(centre=centre, state=HuddleState.LIVE).select_related("chair", "centre")
    if kind is not None:
        found = found.filter(kind=kind)
    return found.order_by("-started_at").first()


def another_under_way(huddle: Huddle) -> bool:
    """Whether a huddle of another kind is under way at the same centre."""
    return Huddle.objects.filter(centre=huddle.centre_id, state=HuddleState.LIVE).exclude(pk=huddle.pk).exists()


def can_be_there(code: str, *, works: bool) -> bool:
    """Whether a partner can be at a huddle: a backbone that nobody works for only sends figures."""
    return works or not code.startswith(organisations.BACKBONE)


def partners_of(centre: "Centre", at: datetime) -> "list[Organisation]":
    """Return the partners who can be at a huddle, by name: those without a team too. Two queries."""
    working = {team.organisation_id for team in directory.teams_at(centre, at)}
    partners = directory.partners_at(centre, at)
    return [each for each in partners if can_be_there(each.code, works=each.pk in working)]


def huddle_by_id(centre: "Centre", huddle_id: int) -> Huddle | None:
    """Return one of a centre's huddles."""
    return Huddle.objects.filter(centre=centre, pk=huddle_id).select_related("chair", "centre").first()


def of_day(centre: "Centre", day: date) -> list[Huddle]:
    """Return the huddles of an operational day, by their time."""
    found = Huddle.objects.filter(centre=centre, operational_date=day).select_related("chair")
    return list(found.order_by("planned_at", "kind", "turn"))


def held_in(centre: "Centre", kind: str, start: datetime, until: datetime) -> bool:
    """Whether a huddle of a kind was held, or is, in some part of `[start, until)`."""
    held = Huddle.objects.filter(
        Q(closed_at__gt=start) | Q(closed_at__isnull=True),
        centre=centre,
        kind=kind,
        state__in=[HuddleState.LIVE, HuddleState.CLOSED],
        started_at__lt=until,
    )
    return held.exists()


def next_turn_of(centre: "Centre", kind: str, day: date) -> int:
    """Return which turn of a day an unplanned huddle of a kind would be."""
    last = Huddle.objects.filter(centre=centre, kind=kind, operational_date=day).order_by("-turn").first()
    return 1 if last is None else last.turn + 1


def schedules_between(first: date, until: date, centre: "Centre | None" = None) -> list[HuddleSchedule]:
    """Return the schedules in force on some operational day in `[first, until)`, of one centre or of all."""
    found = HuddleSchedule.objects.filter(
        Q(until_date__isnull=True) | Q(until_date__gt=first), from_date__lt=until
    ).select_related("centre")
    if centre is not None:
        found = found.filter(centre=centre)
    return list(found.order_by("centre_id", "kind", "turn", "from_date"))


def turns_between(first: date, until: date, centre: "Centre | None" = None) -> set[tuple[int, date, str, int]]:
    """Return which huddles there are in `[first, until)`, by centre, day, kind and turn; of one centre or of all."""
    found = Huddle.objects.filter(operational_date__gte=first, operational_date__lt=until)
    if centre is not None:
        found = found.filter(centre=centre)
    return set(found.values_list("centre_id", "operational_date", "kind", "turn"))


def planned(schedule: HuddleSchedule) -> QuerySet[Huddle]:
    """Return the huddles of a schedule's kind and turn that have not begun."""
    return Huddle.objects.filter(
        centre=schedule.centre_id, kind=schedule.kind, turn=schedule.turn, state=HuddleState.PLANNED
    )


def schedules_of(centre: "Centre", day: date) -> list[HuddleSchedule]:
    """Return a centre's schedules that hold on a day or begin later."""
    found = HuddleSchedule.objects.filter(Q(until_date__isnull=True) | Q(until_date__gt=day), centre=centre)
    return list(found.order_by("kind", "turn", "from_date"))


def last_schedule(centre: "Centre", kind: str, day: date) -> HuddleSchedule | None:
    """Return the schedule of a kind's first turn that holds on a day."""
    return next((each for each in schedules_of(centre, day) if each.kind == kind), None)


def moves_of(huddle: Huddle) -> QuerySet[HuddleMove]:
    """Return everything that happened to a huddle, oldest first."""
    return huddle.moves.select_related("user", "chair").order_by("moved_at", "pk")


def covered(huddle: Huddle) -> list[str]:
    """Return the lanes of its agenda that a huddle went through, in the agenda's order."""
    opened = set(LaneVisit.objects.filter(huddle=huddle).values_list("lane", flat=True))
    return [lane for lane in huddle.agenda if lane in opened]


def visits_of(huddle: Huddle) -> list[LaneVisit]:
    """Return which lanes were opened when, oldest first."""
    return list(LaneVisit.objects.filter(huddle=huddle).order_by("opened_at", "pk"))


def attendance_of(huddle: Huddle) -> list[Attendance]:
    """Return what was said about who is here, by the organisation's name."""
    found = Attendance.objects.filter(huddle=huddle).select_related("organisation")
    return list(found.order_by("organisation__name", "pk"))


def record_of(huddle: Huddle) -> HuddleRecord | None:
    """Return the record of a closed huddle."""
    return HuddleRecord.objects.filter(huddle=huddle).first()


def last_act_in(huddle: Huddle) -> datetime:
    """Return when something was last done in a huddle: a lane opened, somebody marked, a card or an action added."""
    times = [
        huddle.started_at,
        LaneVisit.objects.filter(huddle=huddle).order_by("-opened_at").values_list("opened_at", flat=True).first(),
        Attendance.objects.filter(huddle=huddle).order_by("-marked_at").values_list("marked_at", flat=True).first(),
        huddle.cards.order_by("-recorded_at").values_list("recorded_at", flat=True).first(),
        huddle.actions.order_by("-recorded_at").values_list("recorded_at", flat=True).first(),
    ]
    return max(time for time in times if time is not None)


def suggested_chair(centre: "Centre", at: datetime) -> Chair | None:
    """Return whose turn it is to chair among those on duty who take part in huddles; None where nobody is.

    Turns go round the employers first (`decisions.rotation`). Two queries.
    """
    on = crew.on_duty_with(centre, at, Permission.JOIN_HUDDLE)
    turn = next_turn(
        [_candidate(shift, at) for shift in on],
        _terms(centre, at),
        at,
        day=full_date,
        shortest=timedelta(),
        wording=OF_HUDDLES,
    )
    if turn is None:
        return None
    chosen = next(shift for shift in on if shift.user_id == turn.seat)
    return Chair(chosen.user, chosen.team.organisation.name, turn.why)


def _candidate(shift: "Shift", at: datetime) -> Candidate:
    # Nobody has waited longer than turns count, and all who have not chaired since then have waited as long.
    organisation, since = shift.team.organisation, at - TERMS_OF
    return Candidate(
        shift.user_id,
        shift.user_id,
        shift.user.name,
        organisation.pk,
        organisation.name,
        seated_at=since,
        party_since=since,
    )


def _terms(centre: "Centre", at: datetime) -> Sequence[Term]:
    chaired = Huddle.objects.filter(
        centre=centre, chair__isnull=False, started_at__gt=at - TERMS_OF, started_at__lte=at
    ).values_list("chair_id", "chair_organisation_id", "started_at", "closed_at")
    return [
        Term(user, organisation, started, closed or at)
        for user, organisation, started, closed in chaired
        if user and started
    ]


def history(
    centre: "Centre", *, kind: str = "", state: str = "", sought: str = "", until: date | None = None
) -> QuerySet[Huddle]:
    """Return huddles that are over or under way, the newest first.

    Each word of `sought` must be in the summary, or in a card's title or an action's words that came up in it.
    """
    found = Huddle.objects.filter(centre=centre).exclude(state=HuddleState.PLANNED).select_related("chair")
    if kind in {each.value for each in Kind}:
        found = found.filter(kind=kind)
    if state:
        found = found.filter(state=state)
    if until is not None:
        found = found.filter(operational_date__lte=until)
    for word in sought.split():
        cards = Huddle.objects.filter(Q(cards__title__icontains=word) | Q(cards__words__icontains=word), centre=centre)
        actions = Huddle.objects.filter(actions__words__icontains=word, centre=centre)
        found = found.filter(Q(summary__icontains=word) | Q(pk__in=cards.values("pk")) | Q(pk__in=actions.values("pk")))
    return found.order_by("-planned_at", "-pk")


def due_to_be_missed(at: datetime, *, after: timedelta) -> list[int]:
    """Return the keys of planned huddles whose time was longer ago than `after`."""
    late = Huddle.objects.filter(state=HuddleState.PLANNED, planned_at__lte=at - after)
    return list(late.order_by("planned_at").values_list("pk", flat=True))


def left_open(at: datetime, *, after: timedelta) -> list[int]:
    """Return the keys of huddles under way that started longer ago than `after`."""
    found = Huddle.objects.filter(state=HuddleState.LIVE, started_at__lte=at - after)
    return list(found.order_by("started_at").values_list("pk", flat=True))


def chairs_now(user_id: int, at: datetime) -> bool:
    """Whether a person chairs a huddle that is under way."""
    return Huddle.objects.filter(chair_id=user_id, state=HuddleState.LIVE, started_at__lte=at).exists()


def held_between(centres: Iterable[int], start: date, until: date) -> QuerySet[Huddle]:
    """Return the huddles of some centres whose operational day lies in `[start, until)` and that are over."""
    return Huddle.objects.filter(
        centre__in=list(centres),
        operational_date__gte=start,
        operational_date__lt=until,
        state__in=[HuddleState.CLOSED, HuddleState.MISSED],
    )
