"""Huddles and boards of the circle's centre: Ana and Cai are on duty, Ben is not."""

from datetime import datetime, time, timedelta

from django.test import Client

from huddles.agenda import AGENDAS, Kind
from huddles.models import Action, Card, Huddle
from huddles.services import actions, cards, huddles, pressure
from huddles.services.huddles import Meeting
from nhc.models import User
from partners.models import Centre, Team
from tests.factories import MembershipFactory, UserFactory
from tests.huddles.circle import MAKER, NOW, Circle, by

DAILY = Meeting(
    kind=Kind.DAILY, turn=1, weekdays=range(7), starts=time(10, 45), agenda=AGENDAS[Kind.DAILY], timer_minutes=15
)
"""Half past nine UTC is half past ten in London when the tests act: a quarter of an hour before the huddle."""


def on_duty(circle: Circle, *, at: datetime = NOW) -> None:
    """Put Ana and Cai on the rota for the hours around an instant."""
    begins, ends = at - timedelta(hours=2), at + timedelta(hours=6)
    circle.rota.add(circle.ana, circle.rota.lead, begins, ends, at=at)
    circle.rota.add(circle.cai, circle.rota.nights, begins, ends, at=at)


def manager(circle: Circle) -> User:
    """Store somebody who looks after the centre."""
    user = UserFactory.create(name="Mae")
    MembershipFactory.create(user=user, team=circle.crisis, role="manager")
    return user


def scheduled(centre: Centre, meeting: Meeting = DAILY, *, at: datetime = NOW) -> Huddle:
    """Let a centre meet, and return the huddle that is planned."""
    huddles.set_schedule(centre=centre, meeting=meeting, by=MAKER, at=at)
    return Huddle.objects.get(centre=centre, kind=meeting.kind, turn=meeting.turn, state="planned")


def under_way(circle: Circle, *, kind: str = Kind.DAILY, at: datetime = NOW) -> Huddle:
    """Return a huddle that Ana has started."""
    return huddles.start_unplanned(centre=circle.centre, kind=kind, chair=circle.ana, by=by(circle.ana), at=at)


def card(
    circle: Circle, title: str = "Fridge alarm", *, lane: str = "safety", at: datetime = NOW, **more: object
) -> Card:
    """Put a card on the board."""
    entry = cards.Entry(lane=lane, title=title, **more)  # type: ignore[arg-type]  # whatever the test gives of an entry
    return cards.add_card(centre=circle.centre, entry=entry, by=by(circle.ana), at=at)


def action(circle: Circle, words: str = "Call the landlord", *, at: datetime = NOW, hours: float = 2) -> Action:
    """Put an action of Ben's on the board, due in some hours."""
    entry = actions.Entry(words=words, due_at=at + timedelta(hours=hours), owner=circle.ben)
    return actions.add_action(centre=circle.centre, entry=entry, by=by(circle.ana), at=at)


def declared(team: Team, level: int, words: str = "", *, user: User, at: datetime = NOW) -> None:
    """Let a team say how it stands."""
    pressure.fill_lane(team=team, level=level, why="", words=words, by=by(user), at=at)


def browser(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
