"""Random grids, rotas, cover, places, inductions, agreements and questions, and how they are stored.

They lie about the two changes of the clocks and an ordinary noon; the questions are at the edges of what they hold.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise, product

from django.core.exceptions import ValidationError
from hypothesis import strategies as st

from decisions.contents import Cell, Content, Step
from decisions.models import Right
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.models import User
from partners.models import (
    AgreementVersion,
    DutyRole,
    Induction,
    InductionPackVersion,
    Membership,
    Partnership,
    Team,
)
from partners.services import duty_roles, inductions, shifts
from partners.services.shifts import Duty, EndedShiftError
from tests.decisions.grids import MAKER, TELEPHONE, published
from tests.factories import MembershipFactory, UserFactory
from tests.partners import agreements as made
from tests.partners.rotas import Rota, make_rota

SPRING, AUTUMN = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)
MIDDLES = (SPRING, AUTUMN, datetime(2026, 6, 10, 12, tzinfo=UTC))
DAY, HALF_HOUR, TICK = timedelta(days=1), timedelta(minutes=30), timedelta(microseconds=1)
PEOPLE, ROLES, TEAMS = range(4), range(3), range(2)
"""Ana, Ben, Cai and Dee; shift lead, night nurse and doctor, each of whom deputises for the one before; two teams."""
KINDS = ("information-sharing", "norms")

type Holder = tuple[str, int]


@dataclass(frozen=True)
class OnRota:
    """A shift that somebody entered; `cover`: who takes a part of it, from when, until when, and when that was said."""

    who: int
    role: int
    team: int
    starts: datetime
    ends: datetime
    entered: datetime
    cancelled: bool
    cover: tuple[int, datetime, datetime, datetime] | None


@dataclass(frozen=True)
class Says:
    """What the grid says of the one scenario from an instant on."""

    since: datetime
    rights: frozenset[tuple[str, Holder, int | None]]
    limit: int | None
    act_first: bool


@dataclass(frozen=True)
class World:
    """Everything that was entered. `agreements` are (kind, opened, last day, who signed or confirmed and when)."""

    grids: list[Says]
    rota: list[OnRota]
    telephones: list[str]
    retired: list[datetime | None]
    partners_until: list[date | None]
    places: dict[tuple[int, int], tuple[datetime | None, datetime | None]]
    inducted: list[tuple[int, datetime, datetime]]
    agreements: list[tuple[str, datetime, date, dict[str, datetime]]]
    asked: list[tuple[int, datetime, int | None]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    middle = draw(st.sampled_from(MIDDLES))

    def around(hours: int) -> st.SearchStrategy[datetime]:
        return st.integers(-2 * hours, 2 * hours).map(lambda halves: middle + halves * HALF_HOUR)

    seldom = st.none() | st.none() | st.none() | around(12)
    limits = st.none() | st.integers(1, 3).map(lambda hundreds: hundreds * 100)
    holders = st.tuples(st.just("duty_role"), st.sampled_from(ROLES)) | st.tuples(
        st.just("team"), st.sampled_from(TEAMS)
    )
    kinds = st.sampled_from(["decides", "decides", "carries_out", *Right.Kind.values])
    rights = st.lists(st.tuples(kinds, holders), min_size=3, max_size=6, unique=True).flatmap(
        lambda cells: st.tuples(*[limits if kind == "decides" else st.none() for kind, _ in cells]).map(
            lambda owns: frozenset((kind, holder, own) for (kind, holder), own in zip(cells, owns, strict=True))
        )
    )
    grids = [Says(middle - 20 * DAY, draw(rights), draw(limits), draw(st.booleans()))]
    later = draw(seldom)
    if later is not None:
        grids.append(Says(later, draw(rights), draw(limits), draw(st.booleans())))
    rota = [entry for who in PEOPLE for entry in draw(_shifts_of(who, middle))]
    places = {
        (who, team): (draw(seldom), draw(seldom)) for who, team in product(PEOPLE, TEAMS) if draw(st.integers(0, 9)) < 9
    }
    inducted = []
    for who in PEOPLE:
        done = draw(st.just(middle - 3 * DAY) | st.just(middle - 3 * DAY) | st.none() | around(12))
        if done is not None:
            inducted.append((who, done, done + draw(st.just(30 * DAY) | st.integers(1, 200).map(HALF_HOUR.__mul__))))
    edges = {*(each.since for each in grids[1:]), *(at for _, at, _ in inducted), *(at for _, _, at in inducted)}
    edges |= {at for each in rota for at in (each.starts, each.ends, *(each.cover[1:] if each.cover else ()))}
    edges |= {at for place in places.values() for at in place if at is not None}
    near = st.sampled_from(sorted(at for at in edges | {middle} if abs(at - middle) < DAY)).flatmap(
        lambda edge: st.sampled_from([edge - TICK, edge, edge + HALF_HOUR])
    )
    moments = draw(st.lists(near | near | around(6), min_size=5, max_size=5))
    return World(
        grids=grids,
        rota=rota,
        telephones=[draw(st.sampled_from(["01632 960101", "01632 960101", ""])) for _ in TEAMS],
        retired=[draw(seldom) for _ in ROLES],
        partners_until=[None if (end := draw(seldom)) is None else london_date(end) for _ in TEAMS],
        places=places,
        inducted=inducted,
        agreements=[draw(_agreement(kind, middle)) for kind in KINDS if draw(st.integers(0, 2)) == 2],
        asked=[(who, at, draw(limits | st.integers(1, 400))) for at in moments for who in PEOPLE],
    )


@st.composite
def _shifts_of(draw: st.DrawFn, who: int, middle: datetime) -> list[OnRota]:
    """Shifts of one person, none at the same time as another, mostly about the middle."""
    found = []
    free = middle - draw(st.integers(0, 12)) * HALF_HOUR
    for _ in range(draw(st.integers(1, 3))):
        starts = free + draw(st.integers(0, 4)) * HALF_HOUR
        ends = starts + draw(st.integers(14, 40)) * HALF_HOUR
        entered = draw(st.just(middle - 10 * DAY) | st.just(middle - 10 * DAY) | st.just(starts + HALF_HOUR / 2))
        cover = None
        if draw(st.integers(0, 2)) == 2:
            begins, stops = sorted(draw(st.tuples(*[st.integers(0, (ends - starts) // HALF_HOUR)] * 2)))
            said = draw(st.just(entered) | st.integers(0, 40).map(HALF_HOUR.__mul__).map(starts.__add__))
            other = draw(st.sampled_from([each for each in PEOPLE if each != who]))
            cover = (other, starts + begins * HALF_HOUR, starts + stops * HALF_HOUR, max(said, entered))
        role, team = draw(st.sampled_from(ROLES)), draw(st.sampled_from(TEAMS))
        found.append(OnRota(who, role, team, starts, ends, entered, draw(st.integers(0, 5)) == 5, cover))
        free = ends
    return found


@st.composite
def _agreement(draw: st.DrawFn, kind: str, middle: datetime) -> tuple[str, datetime, date, dict[str, datetime]]:
    """A version whose last day to sign is about the middle, or that was opened a while before it."""
    opened = middle - draw(st.integers(14, 16)) * DAY - draw(st.integers(0, 48)) * HALF_HOUR
    last = london_date(opened) + timedelta(days=14)
    done = st.none() | st.just(opened + DAY) | st.integers(-24, 24).map(lambda halves: middle + halves * HALF_HOUR)
    who = [*(f"team {team}" for team in TEAMS), *(f"person {person}" for person in PEOPLE if kind == "norms")]
    signed = {each: at for each in who if (at := draw(done)) is not None}
    return kind, opened, last, signed


@dataclass(frozen=True)
class Ground:
    """What stands in every world."""

    rota: Rota
    people: list[User]
    roles: list[DutyRole]
    teams: list[Team]
    pack: InductionPackVersion


def lay() -> Ground:
    rota = make_rota()
    doctor = duty_roles.add_duty_role(
        centre=rota.centre, code="doctor", name="Doctor", round_the_clock=True, by=MAKER, at=SPRING - 90 * DAY
    )
    roles = [rota.lead, rota.nights, doctor]
    for role, deputy in pairwise(roles):
        DutyRole.objects.filter(pk=role.pk).update(deputy=deputy)
    people = [*rota.people, UserFactory.create(name="Dee")]
    pack = made.pack(rota.centre, at=SPRING - 80 * DAY)
    return Ground(rota, people, roles, [rota.crisis, rota.door], pack)


def build(ground: Ground, world: World) -> None:
    """Store a world; what the rota's services refuse, like cover by somebody who is busy, is left out of it."""
    Membership.objects.filter(team__in=ground.teams).delete()
    for person, team in product(ground.people, ground.teams):
        MembershipFactory.create(user=person, team=team)
    for team, telephone in zip(ground.teams, world.telephones, strict=True):
        Team.objects.filter(pk=team.pk).update(telephone=telephone)
    for says in world.grids:
        published(ground.rota.centre, [_content(ground, says)], at=says.since)
    for each in world.rota:
        _enter(ground, each)
    for kind, opened, last, signed in world.agreements:
        _sign(ground, made.opened(ground.rota.centre, kind, at=opened, sign_by=last), signed)
    for who, done, expires in world.inducted:
        Induction.objects.create(
            user=ground.people[who],
            centre=ground.rota.centre,
            version=ground.pack,
            started_at=done,
            completed_at=done,
            expires_at=expires,
        )
    _end(ground, world)


def _end(ground: Ground, world: World) -> None:
    """Let places, partnerships and duties begin and end, after the rota was made for people who had them."""
    for (who, team), (starts, ends) in world.places.items():
        dates = {"starts_at": starts} if starts is not None else {}
        if ends is not None and (starts is None or starts < ends):
            dates["ends_at"] = ends
        Membership.objects.filter(user=ground.people[who], team=ground.teams[team]).update(**dates)
    for who, team in product(PEOPLE, TEAMS):
        if (who, team) not in world.places:
            Membership.objects.filter(user=ground.people[who], team=ground.teams[team]).delete()
    for partner, until in zip(ground.teams, world.partners_until, strict=True):
        Partnership.objects.filter(organisation=partner.organisation, centre=partner.centre).update(until_date=until)
    for role, retired in zip(ground.roles, world.retired, strict=True):
        DutyRole.objects.filter(pk=role.pk).update(retired_at=retired)


def _content(ground: Ground, says: Says) -> Content:
    keys = {("duty_role", place): role.pk for place, role in enumerate(ground.roles)}
    keys |= {("team", place): team.pk for place, team in enumerate(ground.teams)}
    return Content(
        code="crisis-diversion",
        title="Crisis diversion",
        limit=None if says.limit is None else Decimal(says.limit),
        limit_unit="£" if says.limit is not None or any(own is not None for _, _, own in says.rights) else "",
        act_first=says.act_first,
        rights=frozenset(
            Cell(kind, limit=None if own is None else Decimal(own), **{holder[0]: keys[holder]})
            for kind, holder, own in says.rights
        ),
        ladder=(Step(5, telephone=TELEPHONE),),
    )


def _enter(ground: Ground, each: OnRota) -> None:
    duty = Duty(ground.teams[each.team], ground.people[each.who], ground.roles[each.role], each.starts, each.ends)
    try:
        shift = shifts.add_shift(duty=duty, by=MAKER, at=each.entered)
        if each.cover is not None:
            other, begins, ends, said = each.cover
            shifts.cover_shift(
                shift=shift,
                version=1,
                user=ground.people[other],
                team=ground.teams[each.team],
                starts_at=begins,
                ends_at=ends,
                reason="Cover",
                by=MAKER,
                at=said,
            )
        elif each.cancelled:
            shifts.cancel_shift(shift=shift, version=1, why="Not needed", by=MAKER, at=each.entered)
    except (ValidationError, EndedShiftError):
        return


def _sign(ground: Ground, version: AgreementVersion, signed: dict[str, datetime]) -> None:
    for who, at in signed.items():
        kind, _, place = who.partition(" ")
        if kind == "team":
            made.signed(version, ground.teams[int(place)].organisation, at=at)
        else:
            person = ground.people[int(place)]
            inductions.confirm_norms(user=person, version=version, by=Actor.user(person), at=at)
