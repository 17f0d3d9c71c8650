"""A front door, streams and rooms beside the circle, and referrals that come through."""

from datetime import datetime
from itertools import count

from huddles.models import Referral, Space, Stream
from huddles.services import referrals, spaces, streams
from huddles.services.people import Details
from huddles.services.referrals import Referrer
from huddles.services.spaces import Booking, Room
from nhc.actors import Actor
from partners.models import Centre, Organisation, Team
from tests.huddles.circle import MAKER, NOW, Circle

_numbers = count(1)
WORDS = "Has not slept for four nights."
TESTINA = Details(given_name="Testina", family_name="Exampleton")


def opened(circle: Circle, *, team: Team | None = None, self_referral: bool = True, at: datetime = NOW) -> None:
    """Let the crisis team, or another, receive referrals; add the usual streams."""
    streams.set_front_door(
        centre=circle.centre, team=team or circle.crisis, self_referral=self_referral, by=MAKER, at=at
    )
    streams.begin_with_usual_streams(centre=circle.centre, by=MAKER, at=at)


def stream(centre: Centre, code: str = "outreach") -> Stream:
    """Return one of the usual streams."""
    return Stream.objects.get(centre=centre, code=code)


def partner(organisation: Organisation, external_id: str = "") -> Referrer:
    """Return a partner's system as a referrer."""
    return Referrer(Referral.Source.PARTNER, organisation, name="Night desk", external_id=external_id)


def referred(
    circle: Circle,
    *,
    details: Details = TESTINA,
    words: str = WORDS,
    referrer: Referrer | None = None,
    by: Actor = MAKER,
    at: datetime = NOW,
) -> Referral:
    """Receive a referral by the council."""
    return referrals.receive_referral(
        centre=circle.centre,
        details=details,
        words=words,
        referrer=referrer or partner(circle.council.organisation),
        by=by,
        at=at,
    ).referral


def room(circle: Circle, name: str = "", *, quiet: bool = False, accessible: bool = False) -> Space:
    """Add a room."""
    named = Room(name or f"Room {next(_numbers)}", seats=4, quiet=quiet, accessible=accessible)
    return spaces.add_space(centre=circle.centre, room=named, by=MAKER, at=NOW)


def wanted(circle: Circle, space: Space, starts_at: datetime, ends_at: datetime) -> Booking:
    """Return a booking of a room by the crisis team."""
    return Booking(space, circle.crisis, starts_at, ends_at, "one_to_one")
