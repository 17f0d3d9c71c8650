"""Who is on duty and who is next, and where the rota has gaps or asks for somebody twice.

A shift counts while it is not cancelled and while the person still works in its team: a placement that ends in the
middle of a shift leaves a gap from that instant on. No function reads the clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db import connection
from django.db.models import DateField, DateTimeField, Exists, F, Func, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast

from nhc.clock import LONDON, london_date
from nhc.compositions import ANY_TIME, ANYBODY, ANYWHERE, Given, composed
from partners import hours
from partners.hours import Hours, Interval
from partners.models import Centre, Cover, DoubleBooking, DutyRole, Membership, Partnership, Shift, Team
from partners.models.rota import LONGEST_SHIFT
from partners.queries.people import current

AHEAD = timedelta(days=14)
"""How far ahead "next" looks."""
INSTANT = timedelta(microseconds=1)
"""The shortest time there is: what reaches into it is on at its start."""


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A person on duty. `until` is when the shift ends, or before it their place in the team or the duty itself."""

    shift: Shift
    until: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """Time in which somebody must be on for a duty, and nobody is."""

    duty_role: DutyRole
    starts_at: datetime
    ends_at: datetime


def live() -> QuerySet[Shift]:
    """Return shifts that are not cancelled, with person, team and its organisation."""
    return Shift.objects.filter(cancelled_at__isnull=True).select_related("user", "team__organisation")


def duty_roles(centre: Centre, at: datetime | None = None) -> list[DutyRole]:
    """Return the centre's duty roles in its order, with deputies and hours; at an instant, those not retired then."""
    found = DutyRole.objects.filter(centre=centre).select_related("deputy")
    if at is not None:
        found = found.filter(Q(retired_at__isnull=True) | Q(retired_at__gt=at))
    cover = Prefetch("cover", Cover.objects.order_by("weekday", "starts"))
    return list(found.prefetch_related(cover).order_by("position", "name", "pk"))


def duty_role_by_code(centre: Centre, code: str) -> DutyRole | None:
    """Return the centre's duty role with a code, retired or not."""
    return DutyRole.objects.filter(centre=centre, code=code).select_related("deputy").prefetch_related("cover").first()


def overlapping(start: datetime, end: datetime) -> Q:
    """Return the condition that a shift and the time between two instants have an instant in common.

    A shift is a day at most, which lets an index on its start answer.
    """
    return Q(starts_at__gt=start - LONGEST_SHIFT, starts_at__lt=end, ends_at__gt=start)


def on_duty(centre: Centre, at: datetime) -> dict[DutyRole, list[OnDuty]]:
    """Return who is on for every duty role of a centre, in the centre's order; an empty list where nobody is."""
    roles = duty_roles(centre, at)
    found: dict[DutyRole, list[OnDuty]] = {role: [] for role in roles}
    by_id = {role.pk: role for role in roles}
    for each in on_now(centre, at):
        role = by_id[each.shift.duty_role_id]
        found[role].append(each)
    return found


def on_now(centre: Centre, at: datetime) -> list[OnDuty]:
    """Return who is on at a centre: shifts with person, duty role, team and its organisation. One query."""
    memberships, partnerships = _places(at)
    now = live().filter(overlapping(at, at + INSTANT), _placed(at), duty_role__centre=centre)
    not_retired = Q(duty_role__retired_at__isnull=True) | Q(duty_role__retired_at__gt=at)
    found = (
        now.filter(not_retired)
        .select_related("duty_role")
        .annotate(
            placed_until=Subquery(memberships.order_by(F("ends_at").desc(nulls_first=True)).values("ends_at")[:1]),
            partner_until=Subquery(
                partnerships.order_by(F("until_date").desc(nulls_first=True)).values("until_date")[:1]
            ),
        )
    )
    return [
        OnDuty(shift, _until(shift, shift.placed_until, shift.partner_until))
        for shift in found.order_by("starts_at", "pk")
    ]


def _until(shift: Shift, placed_until: datetime | None, partner_until: date | None) -> datetime:
    partnership = None if partner_until is None else hours.midnight(partner_until)
    ends = (shift.ends_at, placed_until, partnership, shift.duty_role.retired_at)
    return min(end for end in ends if end is not None)


def next_on(roles: Sequence[DutyRole], at: datetime) -> dict[DutyRole, Shift]:
    """Return the next shift to start for each duty role within two weeks, where there is one."""
    ahead = Shift.objects.filter(_placed(OuterRef("starts_at")), cancelled_at__isnull=True, duty_role=OuterRef("pk"))
    ahead = ahead.filter(starts_at__gt=at, starts_at__lte=at + AHEAD).order_by("starts_at", "pk")
    by_id = {role.pk: role for role in roles}
    # One look into the index for each duty, rather than two weeks of shifts of which the first is kept.
    first = DutyRole.objects.filter(pk__in=by_id).values_list(Subquery(ahead.values("pk")[:1]))
    return {by_id[shift.duty_role_id]: shift for shift in live().filter(pk__in=first)}


def shift_of(user_id: int, centre_id: int, at: datetime) -> Shift | None:
    """Return the shift on which a person is at a centre at an instant, with its duty role and team; None off duty."""
    return _shifts_of(user_id, centre_id, at).select_related("duty_role").first()


def on_since(user_id: int, centre_id: int, at: datetime) -> datetime | None:
    """Return when the shift began on which a person is at a centre at an instant (`shift_of`); None off duty.

    Composed once: who sees episodes on the board is asked with every look at it.
    """
    query = composed(_on_since)
    blanks, values = _reckoned(ANYBODY, ANYWHERE, ANY_TIME), _reckoned(user_id, centre_id, at)
    with connection.cursor() as cursor:
        cursor.execute(query.text, query.filled(dict(zip(blanks, values, strict=True))))
        row: tuple[datetime] | None = cursor.fetchone()
    return None if row is None else row[0]


def _on_since() -> QuerySet[Shift, datetime]:
    return _shifts_of(ANYBODY, ANYWHERE, ANY_TIME).values_list("starts_at", flat=True)[:1]


def _reckoned(user_id: int, centre_id: int, at: datetime) -> tuple[Given, ...]:
    """Return every value of `_shifts_of`."""
    return user_id, centre_id, at, at + INSTANT, at - LONGEST_SHIFT, london_date(at)


def _shifts_of(user_id: int, centre_id: int, at: datetime) -> QuerySet[Shift]:
    found = live().filter(overlapping(at, at + INSTANT), _placed(at), user_id=user_id, duty_role__centre_id=centre_id)
    return found.order_by("pk")


def came_on(shift: Shift) -> datetime:
    """Return when a shift's person came on: what somebody else covers of it in between begins no new shift.

    What is left of a covered shift goes back to the start of the first of its parts that the person had.
    """
    return came_on_each([shift])[shift.pk]


def came_on_each(shifts: Sequence[Shift]) -> dict[int, datetime]:
    """Return when the person of each shift came on (`came_on`), by shift. One query at most."""
    found: dict[int, datetime] = {}
    parts = _parts_of([shift for shift in shifts if shift.covers_id is not None])
    for shift in shifts:
        began, covers_id = shift.began_at, shift.covers_id
        while covers_id is not None:
            whole = parts[covers_id]
            if whole.user_id != shift.user_id:
                break
            had = [part for part in parts.values() if part.covers_id == covers_id and part.user_id == shift.user_id]
            began = min([began, *(part.began_at for part in [*had, whole] if _was_worked(part))])
            covers_id = whole.covers_id
        found[shift.pk] = began
    return found


_PARTS = """
WITH RECURSIVE whole (id) AS (
  SELECT unnest(%s::bigint[])
  UNION
  SELECT shift.covers_id FROM partners_shift shift JOIN whole ON whole.id = shift.id WHERE shift.covers_id IS NOT NULL
)
SELECT * FROM partners_shift WHERE id IN (SELECT id FROM whole) OR covers_id IN (SELECT id FROM whole)
"""


def _parts_of(covering: list[Shift]) -> dict[int, Shift]:
    """Return every shift that some shifts were made from, however often covered, and all that is in its place."""
    if not covering:
        return {}
    return {part.pk: part for part in Shift.objects.raw(_PARTS, [[shift.covers_id for shift in covering]])}


def _was_worked(shift: Shift) -> bool:
    """Whether a shift stands, or had begun when it was taken off the rota."""
    return shift.cancelled_at is None or shift.began_at < shift.cancelled_at


def _placed(at: datetime | OuterRef) -> Q:
    """Return the condition that a shift's person works in its team at an instant, or at the shift's own start.

    The team's organisation must be a partner of the centre on that day in London.
    """
    memberships, partnerships = _places(at)
    return Q(Exists(memberships), Exists(partnerships))


def _places(at: datetime | OuterRef) -> tuple[QuerySet[Membership], QuerySet[Partnership]]:
    """Return the memberships of a shift's person and the partnerships of its team that hold at an instant."""
    memberships = Membership.objects.filter(user_id=OuterRef("user_id"), team_id=OuterRef("team_id"))
    ongoing = Q(ends_at__isnull=True) | Q(ends_at__gt=at)
    day = _london_day(at) if isinstance(at, OuterRef) else london_date(at)
    partnerships = Partnership.objects.filter(
        Q(until_date__isnull=True) | Q(until_date__gt=day),
        from_date__lte=day,
        organisation_id=OuterRef("team__organisation_id"),
        centre_id=OuterRef("team__centre_id"),
    )
    return memberships.filter(ongoing, starts_at__lte=at), partnerships


def _london_day(instant: OuterRef) -> Cast:
    """Return the day in London of an instant of the outer query: TruncDate wants to know its type, which is not yet."""
    return Cast(Func(Value(LONDON.key), instant, function="timezone", output_field=DateTimeField()), DateField())


def shifts_between(centre: Centre, start: datetime, end: datetime) -> list[Shift]:
    """Return a centre's shifts that lie in or reach into the time between two instants, by start."""
    return shifts_among(DutyRole.objects.filter(centre=centre), start, end)


def shifts_among(roles: Iterable[DutyRole], start: datetime, end: datetime) -> list[Shift]:
    """Return the shifts of some duty roles that reach into the time between two instants, by start. Three queries.

    A month has over a thousand: those that share a person, team or duty share the object, which is made once.
    """
    by_id = {role.pk: role for role in roles}
    found = Shift.objects.filter(overlapping(start, end), cancelled_at__isnull=True, duty_role__in=by_id)
    shifts = list(found.prefetch_related("user", "team").order_by("starts_at", "team__name", "pk"))
    for shift in shifts:
        shift.duty_role = by_id[shift.duty_role_id]
    return shifts


def shift_at(centre: Centre, shift_id: int) -> Shift | None:
    """Return a shift of a centre, cancelled or not, with all that a page about it shows."""
    found = Shift.objects.select_related("user", "team__organisation", "duty_role__centre", "feed")
    return found.filter(pk=shift_id, duty_role__centre=centre).first()


def gaps(centre: Centre, start: datetime, end: datetime) -> list[Gap]:
    """Return every stretch between two instants in which somebody must be on for a duty and nobody is.

    By start and in the centre's order of duties. A duty is wanted from when it was added until it is retired.
    """
    roles = duty_roles(centre, start)
    return gaps_among(roles, shifts_among(roles, start, end), start, end)


def gaps_among(roles: Iterable[DutyRole], shifts: Sequence[Shift], start: datetime, end: datetime) -> list[Gap]:
    """Return the gaps of some duty roles, given every shift of theirs that reaches into the time. One query."""
    return gaps_from(roles, worked(shifts), start, end)


def gaps_from(
    roles: Iterable[DutyRole],
    done: Iterable[tuple[Shift, list[Interval]]],
    start: datetime,
    end: datetime,
    *,
    cover: Mapping[int, Sequence[Hours]] | None = None,
) -> list[Gap]:
    """Return the gaps of some duty roles, given what of every shift of theirs counts (`worked`). No query.

    `cover` are the hours of each role, by key, where the roles do not bring them.
    """
    had: dict[int, list[Interval]] = {}
    for shift, pieces in done:
        had.setdefault(shift.duty_role_id, []).extend(pieces)
    found = [
        Gap(role, *stretch)
        for role in roles
        for stretch in hours.without(
            wanted(role, start, end, None if cover is None else cover.get(role.pk, ())), had.get(role.pk, [])
        )
    ]
    # Sorting keeps the centre's order of duties among gaps that start together.
    return sorted(found, key=lambda gap: gap.starts_at)


def wanted(role: DutyRole, start: datetime, end: datetime, cover: Iterable[Hours] | None = None) -> list[Interval]:
    """Return when somebody must be on for a duty between two instants: in `cover`, or the role's prefetched hours."""
    start, end = max(start, role.created_at), min(end, role.retired_at or end)
    if start >= end:
        return []
    if role.round_the_clock:
        return [(start, end)]
    if cover is None:
        cover = (Hours(each.weekday, each.starts, each.ends) for each in role.cover.all())
    return hours.required(cover, start, end)


def worked(shifts: Sequence[Shift]) -> Iterable[tuple[Shift, list[Interval]]]:
    """Return each shift with the parts of it in which the person works in its team, for a partner of the centre."""
    memberships = Membership.objects.filter(
        user_id__in={shift.user_id for shift in shifts},
        team_id__in={shift.team_id for shift in shifts},
        team__organisation__partnerships__centre=F("team__centre"),
    )
    placed: dict[tuple[int, int], list[tuple[datetime, datetime | None]]] = {}
    for user, team, starts, ends, first, until in memberships.values_list(
        "user_id",
        "team_id",
        "starts_at",
        "ends_at",
        "team__organisation__partnerships__from_date",
        "team__organisation__partnerships__until_date",
    ):
        over = [end for end in (ends, None if until is None else hours.midnight(until)) if end is not None]
        placed.setdefault((user, team), []).append((max(starts, hours.midnight(first)), min(over, default=None)))
    for shift in shifts:
        pieces = (
            (max(shift.starts_at, starts), min(shift.ends_at, ends or shift.ends_at))
            for starts, ends in placed.get((shift.user_id, shift.team_id), ())
        )
        yield shift, [(starts, ends) for starts, ends in pieces if starts < ends]


def double_bookings(centre: Centre, start: datetime, end: datetime) -> list[DoubleBooking]:
    """Return what calendars asked for and could not have, because the person is on another shift then, by start."""
    return list(
        DoubleBooking.objects.filter(feed__duty_role__centre=centre, starts_at__lt=end, ends_at__gt=start)
        .select_related(
            "user", "feed__team", "feed__duty_role", "clashes_with__duty_role__centre", "clashes_with__team"
        )
        .order_by("starts_at", "pk")
    )


def clashing(user_id: int, start: datetime, end: datetime, *, besides: Iterable[int] = ()) -> Shift | None:
    """Return a shift that the person is on at some instant between two, at whatever centre."""
    found = Shift.objects.filter(overlapping(start, end), user_id=user_id, cancelled_at__isnull=True)
    return found.exclude(pk__in=list(besides)).select_related("duty_role__centre", "team").order_by("starts_at").first()


def works_in(user_id: int, team_id: int, start: datetime, end: datetime) -> bool:
    """Whether a person works in a team for the whole of the time between two instants."""
    memberships = Membership.objects.filter(user_id=user_id, team_id=team_id).values_list("starts_at", "ends_at")
    return not hours.without([(start, end)], ((starts, ends or end) for starts, ends in memberships if starts < end))


def works_at(user_id: int, team_id: int, at: datetime) -> bool:
    """Whether a person works in a team at an instant."""
    return Membership.objects.filter(current(at), user_id=user_id, team_id=team_id).exists()


def teams_of(user_id: int, centre: Centre, at: datetime) -> list[Team]:
    """Return the teams of a centre in which a person works at an instant, by name."""
    placed = Membership.objects.filter(current(at), user_id=user_id, team__centre=centre)
    return list(Team.objects.filter(pk__in=placed.values("team_id")).order_by("name", "pk"))


def teams_since(user_id: int, centre: Centre, since: datetime, at: datetime) -> list[Team]:
    """Return the teams of a centre in which a person works at an instant or did at any since another, by name."""
    placed = Membership.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=since), user_id=user_id, team__centre=centre, starts_at__lte=at
    )
    return list(Team.objects.filter(pk__in=placed.values("team_id")).order_by("name", "pk"))


def by_operational_date(shifts: Iterable[Shift]) -> dict[date, list[Shift]]:
    """Return shifts by the centre's day on which they start."""
    ordered = sorted(shifts, key=lambda shift: (shift.operational_date, shift.starts_at, shift.pk))
    return {day: list(each) for day, each in groupby(ordered, key=lambda shift: shift.operational_date)}
