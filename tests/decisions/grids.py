"""Grids as tests need them, made through the services that make real ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from decisions.contents import Cell, Content, Step
from decisions.models import ConsentRound, Decision, Forum, GridVersion, Scenario
from decisions.queries import grids as queries
from decisions.queries import rounds as round_queries
from decisions.services import decisions, grids, publication, rounds, scenarios
from nhc.actors import Actor
from nhc.models import User
from partners.models import Centre, DutyRole, Organisation
from tests.decisions.forums import answered, forum, seat, statement
from tests.factories import EmploymentFactory
from tests.partners.rotas import Rota, make_rota

MAKER = Actor.system("grid tests")
WEEK = timedelta(days=7)
TELEPHONE = "01632 960999"


@dataclass(frozen=True)
class Place:
    """A centre with a rota whose teams have telephones, and what its grid may say of it."""

    rota: Rota

    @property
    def centre(self) -> Centre:
        return self.rota.centre

    @property
    def organisations(self) -> tuple[Organisation, Organisation]:
        """Return the partners: of the crisis team and of the charity next door."""
        return self.rota.crisis.organisation, self.rota.door.organisation


def make_place(*, at: datetime) -> Place:
    """Store a centre with two partners, two duties and no shifts."""
    rota = make_rota(at=at)
    for team in (rota.crisis, rota.door):
        team.telephone = "01632 960101"
        team.save()
    return Place(rota)


def decided_by(role: DutyRole, code: str = "crisis-diversion", **more: object) -> Content:
    """Return a scenario that a duty decides, whose ladder ends with a telephone number."""
    plain = Content(
        code=code,
        title=code.replace("-", " ").capitalize(),
        rights=frozenset({Cell("decides", duty_role=role.pk)}),
        ladder=(Step(10, duty_role=role.pk), Step(5, telephone=TELEPHONE)),
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of Content


def drafted(centre: Centre, contents: Sequence[Content], *, at: datetime) -> GridVersion:
    """Return a draft that says this."""
    draft = grids.start_draft(centre=centre, by=MAKER, at=at)
    return scenarios.replace_scenarios(version=draft, edition=draft.version, contents=contents, by=MAKER, at=at)


def consulted(version: GridVersion, *, at: datetime, days: int = 7) -> ConsentRound:
    """Put a draft to the partners."""
    return rounds.open_round(
        version=version,
        edition=version.version,
        summary="What is new",
        deadline=at + timedelta(days=days),
        by=MAKER,
        at=at,
    )


def published(centre: Centre, contents: Sequence[Content], *, at: datetime) -> GridVersion:
    """Return a version that is in force from `at`, after a round in which nobody said anything."""
    draft = drafted(centre, contents, at=at - WEEK)
    consent = consulted(draft, at=at - WEEK)
    rounds.close_round(consent=consent, by=MAKER, at=at)
    return publication.publish(version=draft, by=MAKER, at=at)


def speaker(organisation: Organisation) -> User:
    """Return somebody who speaks for an organisation: who looks after its people."""
    return EmploymentFactory.create(organisation=organisation, administrator=True).user


def said(consent: ConsentRound, organisation: Organisation, answer: str, *, at: datetime) -> None:
    """Let an organisation answer."""
    by = Actor.user(speaker(organisation))
    rounds.answer(consent=consent, organisation=organisation, answer=answer, reason="Because", by=by, at=at)


def group(place: Place, *, at: datetime) -> Forum:
    """Return the centre's partnership group, in which Ana sits for nobody but herself."""
    of = forum(place.centre, "group", at=at)
    seat(of, place.rota.ana, None, at=at)
    return of


def decided(consent: ConsentRound, user: User, *, adopted: bool = True, at: datetime) -> Decision:
    """Let somebody who alone sits in the group answer what it is asked about a round, and record what was decided."""
    proposal = consent.proposals.get(state="open")
    answered(proposal, user, "agree", at=at)
    return decisions.decide_proposal(
        proposal=proposal, statement=statement(at=at, adopted=adopted), by=Actor.user(user), at=at
    )


def scenario(version: GridVersion, code: str = "crisis-diversion") -> Scenario:
    """Return a scenario as it is stored."""
    return version.scenarios.get(code=code)


def in_force(centre: Centre, at: datetime) -> int | None:
    """Return the number of the version in force."""
    version = queries.version_in_force(centre, at)
    return None if version is None else version.number


def newest(consent: ConsentRound) -> dict[str, str]:
    """Return what each organisation said last, by its code."""
    return {each.organisation.code: each.answer for each in round_queries.newest_answers(consent).values()}
