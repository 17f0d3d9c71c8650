"""A centre with a rota: two teams, two duties, and people who work there."""

from dataclasses import dataclass
from datetime import UTC, datetime, time

from nhc.actors import Actor
from nhc.models import User
from partners.hours import LONDON, Hours
from partners.models import Centre, DutyRole, Shift, Team
from partners.services import duty_roles, shifts
from partners.services.shifts import Duty
from tests.factories import LONG_AGO, CentreFactory, MembershipFactory, PartnershipFactory, TeamFactory, UserFactory

MAKER = Actor.system("rota tests")
EVERY_NIGHT = tuple(Hours(weekday, time(20), time(8)) for weekday in range(7))


@dataclass(frozen=True)
class Rota:
    """`lead` must be held round the clock, `nights` from 20:00 to 08:00. Ana and Ben work in the crisis team, Cai next
    door in the charity's."""

    centre: Centre
    crisis: Team
    door: Team
    lead: DutyRole
    nights: DutyRole
    ana: User
    ben: User
    cai: User

    @property
    def people(self) -> tuple[User, ...]:
        return self.ana, self.ben, self.cai

    def team_of(self, user: User) -> Team:
        """Return the team a person works in."""
        return self.door if user == self.cai else self.crisis

    def duty(self, user: User, role: DutyRole, starts_at: datetime, ends_at: datetime) -> Duty:
        """Return a person on duty for their own team."""
        return Duty(self.team_of(user), user, role, starts_at, ends_at)

    def add(self, user: User, role: DutyRole, starts_at: datetime, ends_at: datetime, *, at: datetime) -> Shift:
        """Put a person on the rota."""
        return shifts.add_shift(duty=self.duty(user, role, starts_at, ends_at), by=MAKER, at=at)


def make_rota(*, at: datetime = LONG_AGO, centre: Centre | None = None) -> Rota:
    """Store a centre with a rota that has no shifts yet, its duties wanted from `at` on."""
    centre = centre or CentreFactory.create()
    crisis, door = (TeamFactory.create(centre=centre, name=name) for name in ("Crisis team", "Open door"))
    for team in (crisis, door):
        PartnershipFactory.create(organisation=team.organisation, centre=centre)
    ana, ben, cai = (UserFactory.create(name=name) for name in ("Ana", "Ben", "Cai"))
    for user, team in ((ana, crisis), (ben, crisis), (cai, door)):
        MembershipFactory.create(user=user, team=team)
    lead = duty_roles.add_duty_role(
        centre=centre, code="shift-lead", name="Shift lead", round_the_clock=True, by=MAKER, at=at
    )
    nights = duty_roles.add_duty_role(
        centre=centre, code="night-nurse", name="Night nurse", position=1, cover=EVERY_NIGHT, by=MAKER, at=at
    )
    return Rota(centre, crisis, door, lead, nights, ana, ben, cai)


def london(year: int, month: int, day: int, hour: int = 0, minute: int = 0, *, fold: int = 0) -> datetime:
    """Return the instant of a wall time in London."""
    return datetime(year, month, day, hour, minute, tzinfo=LONDON, fold=fold).astimezone(UTC)
