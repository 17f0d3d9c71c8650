"""Who looks after whom in the demonstration: administrators, line managers, the directory's entries, and areas.

Telephone numbers are from the range that is kept for stories.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from dashboard.demonstration.partnership import email
from dashboard.demonstration.stories import AMBULANCE, COUNCIL, HOME_CARE, LANTERN, PRACTICES, TRUST
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.models import User
from partners.queries import directory, staff
from partners.queries import organisations as organisation_queries
from partners.services import areas, people, teams
from partners.services.teams import Entry

ADMINISTRATORS: Mapping[str, tuple[str, str]] = {
    TRUST: ("lead", "riverside"),
    PRACTICES: ("manager", "riverside"),
    COUNCIL: ("board", "riverside"),
    LANTERN: ("submitter", "riverside"),
    HOME_CARE: ("manager", "hillside"),
    AMBULANCE: ("operator", "hillside"),
}
"""Who looks after the people of each organisation that employs somebody here: account and centre."""

LINE_MANAGED: Mapping[str, tuple[str, str]] = {"peer": ("submitter", LANTERN), "group": ("manager", PRACTICES)}
"""Riverside's accounts whose home line manager is another account, and their employer."""

APPOINTED = (email("board", "riverside"), email("board", "hillside"))
"""Who reads the whole area."""

_WEEKDAYS = "Monday to Friday, 9:00 to 17:00"
_ENTRIES: Mapping[str, tuple[str, str, str, str]] = {
    "Crisis team": (
        "Sees people in a mental health crisis within 4 hours, at the centre or at home.",
        "Every day, round the clock",
        "Rooms 1 to 4, ground floor",
        "lead",
    ),
    "GP hub": (
        "Same-day appointments and advice for the practices.",
        _WEEKDAYS,
        "Rooms 5 and 6, ground floor",
        "group",
    ),
    "Adult social care": (
        "Assessments under the Care Act, support for carers and safeguarding enquiries.",
        _WEEKDAYS,
        "Room 12, first floor",
        "board",
    ),
    "Lantern peer workers": (
        "People with lived experience who listen, walk along and introduce to the community.",
        "Every day, 8:00 to 22:00",
        "The front room",
        "peer",
    ),
    "Home support": ("Support at home after a crisis.", "Every day, 7:00 to 22:00", "Room 8, first floor", "submitter"),
    "Millgate Pharmacy": (
        "Medicines, reviews and advice without an appointment.",
        "Monday to Saturday, 8:30 to 18:30",
        "",
        "",
    ),
    "Mental health car": (
        "A paramedic and a mental health nurse who go out together.",
        "Every day, 14:00 to 02:00",
        "The yard",
        "operator",
    ),
    "Open Door Housing": ("Advice on tenancies, debt and homelessness.", _WEEKDAYS, "Room 14, first floor", ""),
    "Backbone": (
        "Runs the day, the rota and the building.",
        "Every day, 7:00 to 19:00",
        "The desk",
        "manager",
    ),
}
"""By a team's name: what it does, its hours, where it is, and which account runs it."""


def load(*, by: Actor, at: datetime) -> None:
    """Store it all in the caller's transaction, after the partnership."""
    for code, (account, centre) in ADMINISTRATORS.items():
        _administer(code, _user(account, centre), by=by, at=at)
    for account, (manager, code) in LINE_MANAGED.items():
        _line_manage(code, _user(account, "riverside"), _user(manager, "riverside"), by=by, at=at)
    for centre in ("riverside", "hillside"):
        _enter(centre, by=by, at=at)
    _second_centre(by=by, at=at)
    _areas(by=by, at=at)


def _user(account: str, centre: str) -> User:
    return User.objects.get(email=email(account, centre))


def _administer(code: str, user: User, *, by: Actor, at: datetime) -> None:
    organisation = organisation_queries.organisation_by_code(code)
    employment = None if organisation is None else staff.employment_of(user, organisation, at)
    if employment is not None:
        people.set_administrator(employment=employment, administrator=True, by=by, at=at)


def _line_manage(code: str, user: User, manager: User, *, by: Actor, at: datetime) -> None:
    organisation = organisation_queries.organisation_by_code(code)
    employment = None if organisation is None else staff.employment_of(user, organisation, at)
    if employment is not None:
        people.set_line_manager(employment=employment, line_manager=manager, by=by, at=at)


def _enter(slug: str, *, by: Actor, at: datetime) -> None:
    """Write the entries of a centre's teams, each run by someone who works in it."""
    found = organisation_queries.centre_with_partners(slug, london_date(at))
    if found is None:
        return
    for number, team in enumerate(directory.teams_at(found.centre, at)):
        purpose, hours, place, account = _ENTRIES[team.name]
        leads = {user.email: user.pk for user in directory.may_lead(team, at)}
        entry = Entry(
            name=team.name,
            purpose=purpose,
            hours=hours,
            place=place,
            telephone=f"01632 960{(10 if slug == 'riverside' else 50) + number:03}",
            email=email("-".join(team.name.lower().split()), slug),
            lead=leads.get(email(account, slug)) if account else None,
        )
        teams.edit(team=team, entry=entry, version=team.version, by=by, at=at)


def _second_centre(*, by: Actor, at: datetime) -> None:
    """Riverside's clinician helps out in Hillside's crisis team for two months."""
    hillside = organisation_queries.centre_with_partners("hillside", london_date(at))
    team = None if hillside is None else directory.teams_at(hillside.centre, at, sought="Crisis team").first()
    if team is not None:
        people.add_membership(
            user=_user("clinician", "riverside"),
            team=team,
            role="practitioner",
            starts_at=at,
            ends_at=at + timedelta(days=60),
            by=by,
            at=at,
        )


def _areas(*, by: Actor, at: datetime) -> None:
    """Both centres lie in one place, which is a part of an integrated care board's area."""
    board = areas.add_area(code="vale-and-moor", name="Vale and Moor", kind="integrated_care_board", by=by, at=at)
    place = areas.add_area(code="eastmoor", name="Eastmoor", kind="place", parent=board, by=by, at=at)
    for slug in ("riverside", "hillside"):
        found = organisation_queries.centre_with_partners(slug, london_date(at))
        if found is not None:
            areas.add_centre(area=place, centre=found.centre, from_date=london_date(at), by=by, at=at)
    for address in APPOINTED:
        areas.appoint(user=User.objects.get(email=address), area=board, starts_at=at, by=by, at=at)
