"""People come to the demonstration's centres: the front door, streams, rooms, referrals and who is in which room.

Everybody here is made up, and meant to look it. NHS numbers are of the range that is kept for tests and never issued.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from dashboard.demonstration.partnership import email
from huddles import nhs_number
from huddles.queries import episodes as episode_queries
from huddles.queries import streams as stream_queries
from huddles.services import episodes, referrals, spaces, streams
from huddles.services.people import Details
from huddles.services.referrals import Referrer
from huddles.services.spaces import Booking, Room
from nhc.actors import Actor
from nhc.models import User
from partners.queries import directory
from partners.queries import organisations as organisation_queries

if TYPE_CHECKING:
    from huddles.models import Referral
    from partners.models import Centre, Team

FRONT_DOOR = "Crisis team"
SET_UP_BEFORE = timedelta(days=21)
NEXT = timedelta(minutes=40)
"""Between two acts on one referral."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who was referred some hours ago, and how far it has come.

    `team` is who became responsible after triage; nothing: still the front door. `source` is a partner's team, or
    `self` or `carer`.
    """

    given: str
    family: str
    born: date | None
    hours: float
    source: str
    words: str
    stream: str = ""
    answer: str = ""
    team: str = ""
    back: str = ""
    needs: str = ""
    alias: str = ""


_LISTENS = "Somebody of the team calls today, and listens first."
_VISITS = "Two of us visit this afternoon. We tell you how it went."
_MEETS = "We talk about it in the meeting on Thursday, and call before."

ARRIVALS: Mapping[str, Sequence[Arrival]] = {
    "riverside": (
        Arrival("Testina", "Exampleton", date(1984, 5, 6), 25.5, "GP hub", "Four nights without sleep since the move."),
        Arrival("Demo", "Sampleworth", date(1971, 11, 2), 21, "self", "I would like to talk."),
        Arrival("Mockley", "Pretend", None, 6, "carer", "My brother does not leave his room any more."),
        Arrival("", "", None, 3, "Mental health car", "Met at the bus station.", alias="The man with the red kite"),
        Arrival("Fictia", "Madeup", date(1992, 2, 29), 30, "GP hub", "Panic at work.", "one-professional", _LISTENS),
        Arrival(
            "Placeholder", "Jones-Example", date(1966, 7, 15), 52, "Adult social care", "Lost her home.", "outreach",
            _VISITS, "Adult social care", needs="Step-free access",
        ),
        Arrival(
            "Invented", "Notreal", date(1999, 12, 31), 75, "self", "Nobody to talk to.", "one-professional", _LISTENS,
            "Lantern peer workers",
        ),
        Arrival("Sampler", "Dummyfield", date(1958, 3, 3), 90, "GP hub", "Memory and mood.", "weekly-meeting", _MEETS),
        Arrival(
            "Examplia", "Testborough", date(1989, 9, 9), 120, "Mental health car", "Came in by car.",
            "joint-prompt-action", _VISITS, needs="A quiet room",
        ),
        Arrival(
            "Imagina", "Unreal", date(2003, 1, 20), 170, "Open Door Housing", "Behind with the rent.",
            "joint-prompt-action", _VISITS, "Open Door Housing",
        ),
        Arrival("Nota", "Realperson", date(1977, 8, 8), 200, "GP hub", "Low mood for months.", "weekly-meeting"),
        Arrival(
            "Wrongdoor", "Specimen", date(1995, 5, 5), 48, "Millgate Pharmacy", "Asks for a repeat prescription.",
            answer="The GP hub on the ground floor does this the same day.",
            back="Asked the GP hub, who see the person today; outreach is not needed.",
        ),
    ),
    "hillside": (
        Arrival("Quasi", "Fakename", date(1980, 10, 10), 20, "Adult social care", "Carer has gone into hospital."),
        Arrival("Pseudo", "Nymington", date(1969, 6, 1), 60, "self", "Grief.", "one-professional", _LISTENS,
                "Lantern peer workers"),
        Arrival("Bogus", "Testperson", date(1991, 4, 4), 100, "Home support", "Refuses food.", "outreach", _VISITS),
        Arrival("Sham", "Example-Smith", date(1963, 12, 12), 150, "Mental health car", "Shouting.", "weekly-meeting",
                _MEETS),
    ),
}  # fmt: skip
ROOMS: Mapping[str, Sequence[Room]] = {
    "riverside": (
        Room("Garden room", 4, quiet=True, sensory_aware=True, accessible=True, notes="Looks onto the garden"),
        Room("Front room", 12, accessible=True, notes="Open to everybody, with tea", position=1),
        Room("Room 2", 3, quiet=True, position=2),
        Room("Room 5", 3, accessible=True, position=3),
        Room("Family room", 6, sensory_aware=True, accessible=True, notes="Toys", position=4),
        Room("Hall", 30, accessible=True, notes="A hearing loop", position=5),
    ),
    "hillside": (
        Room("Blue room", 4, quiet=True, sensory_aware=True),
        Room("Kitchen", 8, accessible=True, position=1),
        Room("Room 1", 3, quiet=True, accessible=True, position=2),
    ),
}


@dataclass(slots=True)
class _Place:
    """A centre, its teams by name, and whom the demonstration lets act there."""

    centre: "Centre"
    clinician: Actor
    at: datetime
    teams: "dict[str, Team]" = field(default_factory=dict)
    numbers: int = 0


def load(*, by: Actor, at: datetime) -> None:
    """Set up the front door, streams and rooms of both centres, let people come, and put some of them into rooms."""
    for number, centre in enumerate(each for each in organisation_queries.all_centres() if each.slug in ARRIVALS):
        clinician = Actor.user(User.objects.get(email=email("clinician", centre.slug)))
        place = _Place(centre, clinician, at, numbers=100 * number)
        place.teams = {team.name: team for team in directory.teams_at(centre, at)}
        began = at - SET_UP_BEFORE
        streams.set_front_door(centre=centre, team=place.teams[FRONT_DOOR], self_referral=True, by=by, at=began)
        streams.begin_with_usual_streams(centre=centre, by=by, at=began)
        rooms = [spaces.add_space(centre=centre, room=room, by=by, at=began) for room in ROOMS[centre.slug]]
        for arrival in sorted(ARRIVALS[centre.slug], key=lambda each: -each.hours):
            _arrive(place, arrival, by)
        for space, purpose, start, length in zip(
            rooms, ("quiet_time", "group", "one_to_one"), (-1, -2, 2), (2, 3, 1), strict=False
        ):
            starts_at = at + timedelta(hours=start)
            with_them = (
                episode_queries.open_by_team(place.teams[FRONT_DOOR], at).first() if purpose != "group" else None
            )
            booking = Booking(
                space, place.teams[FRONT_DOOR], starts_at, starts_at + timedelta(hours=length), purpose, with_them
            )
            spaces.book_space(booking=booking, by=clinician, at=min(starts_at, at))


def _arrive(place: _Place, arrival: Arrival, by: Actor) -> None:
    received_at = place.at - timedelta(hours=arrival.hours)
    received = referrals.receive_referral(
        centre=place.centre,
        details=_details(place, arrival),
        words=arrival.words,
        referrer=_referrer(place, arrival),
        by=by,
        at=received_at,
    ).referral
    if arrival.back:
        referrals.hand_back_referral(
            referral=received,
            answer=arrival.answer,
            alternatives_tried=arrival.back,
            version=received.version,
            by=place.clinician,
            at=received_at + NEXT,
        )
    elif arrival.stream:
        _triage(place, arrival, received)


def _triage(place: _Place, arrival: Arrival, received: "Referral") -> None:
    stream = stream_queries.stream_by_code(place.centre, arrival.stream)
    assert stream is not None, arrival.stream  # noqa: S101  (one of the usual ones)
    done = referrals.triage_referral(
        referral=received,
        stream=stream,
        version=received.version,
        answer=arrival.answer,
        by=place.clinician,
        at=received.received_at + NEXT,
    )
    if arrival.team:
        episodes.hand_responsibility(
            episode=done.episode,
            to_team=place.teams[arrival.team],
            reason="Agreed in the huddle",
            by=place.clinician,
            at=received.received_at + 2 * NEXT,
        )


def _details(place: _Place, arrival: Arrival) -> Details:
    place.numbers += 1
    return Details(
        given_name=arrival.given,
        family_name=arrival.family,
        alias=arrival.alias,
        nhs_number=made_up_number(place.numbers) if arrival.source == "GP hub" else "",
        born_on=arrival.born,
        telephone=f"01632 960 {place.numbers % 1000:03}",
        access_needs=arrival.needs,
    )


def _referrer(place: _Place, arrival: Arrival) -> Referrer:
    if arrival.source in {"self", "carer"}:
        carer = arrival.source == "carer"
        return Referrer(arrival.source, name="Carin Pretend" if carer else "", contact="01632 960 999")
    return Referrer("staff", place.teams[arrival.source].organisation, name=arrival.source)


def made_up_number(place: int) -> str:
    """Return an NHS number of the range 999 000 0000 on, which is kept for tests; the check digit is right.

    The numbers that no check digit fits are passed over.
    """
    first = [f"999{number:06}" for number in range(1, 2 * place + 40)]
    fitting = [digits for digits in first if nhs_number.check_digit(digits) < 10]
    digits = fitting[place]
    return f"{digits}{nhs_number.check_digit(digits)}"
