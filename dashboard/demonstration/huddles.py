"""The demonstration's huddles: five days of them held, one missed, and a board that is written before the next.

Times hang on the day of the load, so that the board of a newly loaded demonstration has something due soon, something
late and somebody who has not filled their lane.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from dashboard.demonstration.partnership import email
from huddles.agenda import AGENDAS, LANES, Kind
from huddles.queries import huddle as huddle_queries
from huddles.services import actions, attendance, cards, closing, harms, huddles, pressure
from huddles.services.huddles import Meeting
from nhc.actors import Actor
from nhc.models import User
from partners.hours import operational_date
from partners.queries import directory
from partners.queries import organisations as organisation_queries

if TYPE_CHECKING:
    from partners.models import Centre

SLUGS = ("riverside", "hillside")
PAST = 5
"""Days before the load on which the daily huddle was planned; on the first of them nobody came."""
LEFT_OUT = {3: ("signal",), 2: ("space", "signal"), 1: ()}
"""What was not gone through, so many days ago."""

CARDS = (
    ("safety", "Fridge alarm, vaccines moved", "Check the log and say whether they can be used.", "lead", 2.0),
    ("safety", "Wet floor at the back door", "", "manager", 6.0),
    ("flow", "Two people wait for an interpreter", "The usual service has nobody before noon.", "clinician", 0.6),
    ("staffing", "Bank shift of tomorrow is not filled", "", "lead", 4.0),
    ("handovers", "Night crisis team to community nursing", "Offered, not accepted yet.", "clinician", 0.4),
    ("escalations", "Transport home for two people", "", "manager", 3.0),
)
"""Lane, title, words, who owns it, and in how many hours it is due."""
ACTIONS = (
    ("Ask the council for a ramp at the side door", "manager", 1.5),
    ("Call the interpreters' second service", "clinician", 0.5),
    ("Send the housing team the way to the huddle", "lead", -2.0),
)
LEVELS: Mapping[str, tuple[int, str, str, str]] = {
    "Crisis team": (3, "Two off sick", "We can take no new visits before noon.", "clinician"),
    "Lantern peer workers": (1, "", "", "peer"),
    "GP hub": (2, "Full clinic", "One slot is kept at 14:00.", "group"),
}
"""What teams said ahead, and who said it; the others have not filled their lane."""


def load(*, by: Actor, at: datetime) -> None:
    """Store it all in the caller's transaction, after people and the rota."""
    for slug in SLUGS:
        found = organisation_queries.centre_with_partners(slug, at.date())
        if found is not None:
            _load_centre(found.centre, by, at)


def _load_centre(centre: "Centre", by: Actor, at: datetime) -> None:
    today = operational_date(at, centre.day_starts)
    manager = _person(centre, "manager")
    begins = huddles.instant_on(centre, today - timedelta(days=PAST), centre.day_starts)
    daily = Meeting(Kind.DAILY, 1, range(7), time(9), AGENDAS[Kind.DAILY], 15)
    huddles.set_schedule(centre=centre, meeting=daily, by=manager, at=begins)
    pressure.set_thresholds(
        centre=centre,
        parts={"people": [4, 8, 12], "waiting": [12, 24, 48], "gaps": [1, 4, 8], "late": [1, 3, 6]},
        reason="Agreed by the backbone for the first three months",
        version=0,
        by=manager,
        at=begins,
    )
    for ago in range(PAST, 0, -1):
        _past(centre, today - timedelta(days=ago), ago, by)
    _two_hubs(centre, manager, at)
    harms.record_harm(
        centre=centre, happened_on=today - timedelta(days=19), words="A fall in the waiting area", by=manager, at=at
    )
    _board(centre, by, at)
    huddles.plan_huddles(by=by, at=at)


def _past(centre: "Centre", day: date, ago: int, by: Actor) -> None:
    """Hold the huddle of a day that is over, or miss it."""
    starts_at = huddles.instant_on(centre, day, time(9))
    huddles.plan_huddles(by=by, at=starts_at - timedelta(minutes=30))
    planned = [each for each in huddle_queries.of_day(centre, day) if each.state == "planned"]
    if ago == PAST or not planned:
        closing.record_missed(by=by, at=starts_at + closing.MISSED_AFTER)
        return
    chair = _user(centre, ("manager", "lead")[ago % 2])
    chairing = Actor.user(chair)
    huddle = huddles.start_huddle(huddle=planned[0], chair=chair, by=chairing, at=starts_at + timedelta(minutes=ago))
    for organisation in directory.partners_at(centre, starts_at)[: 4 + ago % 3]:
        attendance.mark(huddle=huddle, organisation=organisation, here=True, by=chairing, at=starts_at)
    for minute, lane in enumerate(lane for lane in LANES if lane not in LEFT_OUT.get(ago, ())):
        at = starts_at + timedelta(minutes=ago + minute)
        huddles.open_lane(huddle=huddle, lane=lane, by=chairing, at=at)
    closing.close_huddle(
        huddle=huddle,
        summary="Beds are not the limit today, hands are. Cover for the front door is agreed.",
        by=chairing,
        at=starts_at + timedelta(minutes=11 + ago),
    )


def _two_hubs(centre: "Centre", manager: Actor, at: datetime) -> None:
    """Let the transfer of care hub meet twice a day on weekdays."""
    for turn, hour in ((1, 11), (2, 15)):
        meeting = Meeting(Kind.TRANSFER_OF_CARE, turn, range(5), time(hour), AGENDAS[Kind.TRANSFER_OF_CARE], 15)
        huddles.set_schedule(centre=centre, meeting=meeting, by=manager, at=at)


def _board(centre: "Centre", by: Actor, at: datetime) -> None:
    """Write today's board: cards, actions, and what teams said ahead."""
    for lane, title, words, account, hours in CARDS:
        owner = _user(centre, account)
        entry = cards.Entry(lane, title, words, owner, due_at=at + timedelta(hours=hours))
        cards.add_card(centre=centre, entry=entry, by=Actor.user(owner), at=at)
    for words, account, hours in ACTIONS:
        owner = _user(centre, account)
        due_at, opened_at = at + timedelta(hours=hours), at - timedelta(hours=24)
        agreed = actions.Entry(words, due_at, owner, opened_at=opened_at)
        actions.add_action(centre=centre, entry=agreed, by=Actor.user(owner), at=at)
    for team in directory.teams_at(centre, at):
        if team.name in LEVELS:
            level, why, words, account = LEVELS[team.name]
            said_by = _person(centre, account)
            pressure.fill_lane(team=team, level=level, why=why, words=words, by=said_by, at=at)


def _user(centre: "Centre", account: str) -> User:
    return User.objects.get(email=email(account, centre.slug))


def _person(centre: "Centre", account: str) -> Actor:
    return Actor.user(_user(centre, account))
