"""Somebody who is supported, the team that is responsible, and people who stand at every distance from them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from huddles.models import Episode, Person
from huddles.services import episodes, people
from huddles.services.people import Details
from nhc.actors import Actor
from nhc.models import User
from partners.models import Centre, Team
from partners.permissions import Viewer
from tests import canaries
from tests.factories import MembershipFactory, PartnershipFactory, TeamFactory, UserFactory
from tests.partners.rotas import Rota, make_rota

NOW = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
MAKER = Actor.system("huddle tests")
NUMBER = canaries.NUMBER
OTHER_NUMBER = "9990000026"
SAM = Details(
    given_name=canaries.GIVEN_NAME,
    family_name=canaries.FAMILY_NAME,
    preferred_name="Sam",
    nhs_number=NUMBER,
    born_on=date(1985, 4, 3),
    telephone=canaries.TELEPHONE,
    address=canaries.ADDRESS,
    what_matters=canaries.WORDS,
)


@dataclass(frozen=True)
class Circle:
    """Sam, whom the crisis team supports: Ana and Ben work there. Cai works next door, Dee for the council.

    Pria and Petra are privacy officers; Olu only sends figures, in the crisis team; Eve is of another centre.
    """

    rota: Rota
    council: Team
    dee: User
    pria: User
    petra: User
    olu: User
    eve: User
    sam: Person
    episode: Episode

    @property
    def centre(self) -> Centre:
        return self.rota.centre

    @property
    def crisis(self) -> Team:
        return self.rota.crisis

    @property
    def door(self) -> Team:
        return self.rota.door

    @property
    def ana(self) -> User:
        return self.rota.ana

    @property
    def ben(self) -> User:
        return self.rota.ben

    @property
    def cai(self) -> User:
        return self.rota.cai


def gather(*, at: datetime = NOW) -> Circle:
    """Store them all, Sam's episode open since `at`."""
    rota = make_rota()
    council = TeamFactory.create(centre=rota.centre, name="Council team")
    PartnershipFactory.create(organisation=council.organisation, centre=rota.centre)
    dee, pria, petra, olu, eve = (UserFactory.create(name=name) for name in ("Dee", "Pria", "Petra", "Olu", "Eve"))
    elsewhere = TeamFactory.create(name="Elsewhere")
    PartnershipFactory.create(organisation=elsewhere.organisation, centre=elsewhere.centre)
    for user, team, role in (
        (dee, council, "practitioner"),
        (pria, council, "privacy"),
        (petra, council, "privacy"),
        (olu, rota.crisis, "submitter"),
        (eve, elsewhere, "practitioner"),
    ):
        MembershipFactory.create(user=user, team=team, role=role)
    sam = people.register_person(centre=rota.centre, details=SAM, by=MAKER, at=at)
    episode = episodes.open_episode(person=sam, team=rota.crisis, reason="Referred", by=MAKER, at=at)
    return Circle(rota, council, dee, pria, petra, olu, eve, sam, episode)


def supported(circle: Circle, team: Team, *, at: datetime = NOW, **details: Any) -> Episode:
    """Store somebody else whom a team supports."""
    said = Details(**{"given_name": "Noor", "family_name": "Made-up", **details})
    person = people.register_person(centre=circle.centre, details=said, by=MAKER, at=at)
    return episodes.open_episode(person=person, team=team, reason="Referred", by=MAKER, at=at)


def viewer(user: User) -> Viewer:
    """Return somebody as getters know them."""
    return Viewer.user(user)


def by(user: User) -> Actor:
    """Return somebody as services know them."""
    return Actor.user(user)


def settle() -> None:
    """Ask every deferred trigger now, as a commit would."""
    connection.check_constraints()
