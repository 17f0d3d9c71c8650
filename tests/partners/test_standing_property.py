"""Deciding alone in random worlds, against the rule written down as slowly and plainly as it reads.

The reference knows no query: it walks through lists of what was done. Whoever is on a shift is taken as they stood when
came on or stand now, for each thing that deciding alone needs.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from nhc.actors import Actor
from nhc.clock import LONDON, london_date
from partners.models import Agreement, AgreementVersion, InductionPackVersion, Membership, Team
from partners.queries.standing import deciding_alone
from partners.services import inductions, shifts
from partners.services.shifts import Duty
from tests.factories import MembershipFactory
from tests.partners import agreements as made
from tests.partners.rotas import MAKER, Rota, make_rota

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 3, 20, 9, tzinfo=UTC)
"""Nine days before the clocks go forward: the first days end at midnight UTC, later ones an hour before."""
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
SPAN = 24 * 70
KINDS = (Agreement.Kind.INFORMATION_SHARING.value, Agreement.Kind.NORMS.value)
VALID = {"full": 20, "fast-track": 3}
CRISIS, DOOR, ANA = "crisis", "door", "ana"


@dataclass(frozen=True)
class Version:
    """A version of an agreement, and when Ana (of norms) and the organisations signed it."""

    opened: datetime
    sign_by: date
    signed: dict[str, datetime]


@dataclass(frozen=True)
class World:
    """What was done: versions by kind, inductions as (completed, kind), shifts as (start, end, team, when it was
    entered), and until when Ana has a place in each of her teams, None where that has no end."""

    versions: dict[str, list[Version]]
    inducted: list[tuple[datetime, str]]
    shifts: list[tuple[datetime, datetime, str, datetime]]
    places: dict[str, datetime | None]

    def placed(self, team: str, at: datetime) -> bool:
        """Whether Ana works in a team."""
        end = self.places.get(team, BEGAN)
        return end is None or at < end

    def shift(self, at: datetime) -> tuple[datetime, datetime, str, datetime] | None:
        """Return the shift that Ana is on."""
        return next((each for each in self.shifts if each[0] <= at < each[1] and self.placed(each[2], at)), None)

    def is_inducted(self, at: datetime) -> bool:
        """Whether an induction holds: to the end of its last day in London."""
        return any(done <= at < midnight_after(london_date(done), VALID[kind]) for done, kind in self.inducted)

    def is_bound(self, kind: str, who: str, at: datetime) -> bool:
        """Whether somebody has signed what is in force, or still has time to."""
        opened = [each for each in self.versions[kind] if each.opened <= at]
        if not opened:
            return True
        now = opened[-1]
        if who in now.signed and now.signed[who] <= at:
            return True
        if at >= midnight_after(now.sign_by):
            return False
        if len(opened) == 1:
            return True
        before = opened[-2]
        return who in before.signed or before.sign_by >= london_date(now.opened)

    def allowed(self, at: datetime) -> bool:
        """Whether Ana decides alone."""
        shift = self.shift(at)
        teams = [team for team in (CRISIS, DOOR) if self.placed(team, at)] if shift is None else [shift[2]]
        moments = [at] if shift is None else [min(at, max(shift[0], shift[3])), at]
        return (
            bool(teams)
            and any(self.is_inducted(moment) for moment in moments)
            and any(self.is_bound("norms", ANA, moment) for moment in moments)
            and all(any(self.is_bound(kind, team, moment) for moment in moments) for kind in KINDS for team in teams)
        )

    def edges(self) -> list[datetime]:
        """Return every instant at which something changes."""
        found = {BEGAN, *(end for end in self.places.values() if end is not None)}
        for each in (version for versions in self.versions.values() for version in versions):
            found |= {each.opened, midnight_after(each.sign_by), *each.signed.values()}
        for done, kind in self.inducted:
            found |= {done, midnight_after(london_date(done), VALID[kind])}
        for start, end, _, entered in self.shifts:
            found |= {start, end, entered}
        return sorted(found)


def midnight_after(day: date, days: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=days + 1), time(), LONDON).astimezone(UTC)


def after(hours: int) -> datetime:
    return BEGAN + hours * HOUR


hours = st.integers(0, SPAN)


@st.composite
def _versions(draw: st.DrawFn) -> list[Version]:
    opened = [after(each) for each in sorted(draw(st.sets(hours, max_size=3)))]
    found = []
    for place, at in enumerate(opened):
        superseded = opened[place + 1] if place + 1 < len(opened) else after(2 * SPAN)
        delays = {who: draw(st.none() | st.integers(0, 24 * 30)) for who in (CRISIS, DOOR, ANA)}
        signed = {who: at + delay * HOUR for who, delay in delays.items() if delay is not None}
        last = london_date(at) + timedelta(days=draw(st.integers(14, 18)))
        found.append(Version(at, last, {who: done for who, done in signed.items() if done < superseded}))
    return found


@st.composite
def worlds(draw: st.DrawFn, teams: tuple[str, ...] = (CRISIS, DOOR)) -> World:
    free, on = BEGAN, []
    for start in sorted(draw(st.sets(hours, max_size=8))):
        if after(start) >= free:
            length = draw(st.integers(1, 24))
            free = after(start + length)
            entered = draw(st.just(BEGAN) | st.integers(start, start + length - 1).map(after))
            on.append((after(start), free, draw(st.sampled_from(teams)), entered))
    inducted = st.tuples(hours.map(after), st.sampled_from(sorted(VALID)))
    ends = st.none() | hours.map(lambda hour: after(hour + 1))
    return World(
        versions={kind: draw(_versions()) for kind in KINDS},
        inducted=draw(st.lists(inducted, max_size=5, unique_by=lambda each: each[0]).map(sorted)),
        shifts=on,
        places={team: draw(ends) if len(teams) > 1 else None for team in teams},
    )


@dataclass(frozen=True)
class Ground:
    """What stands in every world: a centre with two packs, and Ana in both of its teams."""

    rota: Rota
    packs: dict[str, InductionPackVersion]

    @property
    def teams(self) -> dict[str, Team]:
        return {CRISIS: self.rota.crisis, DOOR: self.rota.door}


def lay() -> Ground:
    rota = make_rota()
    packs = {kind: made.pack(rota.centre, kind, at=BEGAN, valid_for_days=days) for kind, days in VALID.items()}
    return Ground(rota, packs)


def build(ground: Ground, world: World) -> None:
    """Do everything of a world through the services, each thing at its instant."""
    rota, ana = ground.rota, ground.rota.ana
    if DOOR in world.places:
        MembershipFactory.create(user=ana, team=rota.door)
    for start, end, team, entered in world.shifts:
        duty = Duty(ground.teams[team], ana, rota.lead, start, end)
        shifts.add_shift(duty=duty, by=MAKER, at=entered)
    for team, ends in world.places.items():
        Membership.objects.filter(user=ana, team=ground.teams[team]).update(ends_at=ends)
    for kind, versions in world.versions.items():
        for each in versions:
            version = made.opened(rota.centre, kind, at=each.opened, sign_by=each.sign_by)
            _sign(ground, version, each)
    for at, kind in world.inducted:
        made.inducted(ana, ground.packs[kind], at=at)


def _sign(ground: Ground, version: AgreementVersion, each: Version) -> None:
    for who, at in each.signed.items():
        if who != ANA:
            made.signed(version, ground.teams[who].organisation, at=at)
        elif version.agreement.kind == Agreement.Kind.NORMS:
            ana = ground.rota.ana
            inductions.confirm_norms(user=ana, version=version, by=Actor.user(ana), at=at)


def instants(world: World, picks: list[tuple[int, int]]) -> list[datetime]:
    """Return instants at the edges of a world, just before them, and an hour after."""
    edges = world.edges()
    return [edges[place % len(edges)] + (-TICK, timedelta(), HOUR)[beside] for place, beside in picks]


picks = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 2)), min_size=8, max_size=8)


def _examples() -> int:
    """Return how many worlds the profile is worth: each costs hundreds of statements."""
    return settings().max_examples // 10


def test_deciding_alone_is_the_rule() -> None:
    ground = lay()

    @settings(max_examples=_examples())
    @given(world=worlds(), chosen=picks)
    def agrees(world: World, chosen: list[tuple[int, int]]) -> None:
        with transaction.atomic():
            build(ground, world)
            for at in instants(world, chosen):
                standing = deciding_alone(ground.rota.ana.pk, ground.rota.centre.pk, at)
                # Before everything began Ana has her places already.
                assert at < BEGAN or standing.allowed is world.allowed(at), at
            transaction.set_rollback(True)

    agrees()
