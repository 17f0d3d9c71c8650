"""The demonstration's grids: one starter at each centre, asked about and published, with people on duty for all of it.

The rota of the duties that a starter adds follows from their hours alone, so that the finder finds what was left open
on purpose and nothing else. One act outside a guardrail waits for its review, and at Riverside a draft is discussed.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from dashboard.demonstration.partnership import email
from dashboard.demonstration.rota import AHEAD, WEEKS
from dashboard.demonstration.stories import COUNCIL, LANTERN, PRACTICES, TRUST
from decisions import starters
from decisions.queries import grids as queries
from decisions.services import grids, overrides, publication, rounds
from decisions.services import starters as starter_services
from decisions.starters import Starter, StarterRole
from nhc.actors import Actor
from nhc.clock import LONDON, london_date
from nhc.models import User
from partners.hours import first
from partners.queries import agreements as agreement_queries
from partners.queries import directory, rota
from partners.queries import organisations as organisation_queries
from partners.services import people, rota_imports

if TYPE_CHECKING:
    from decisions.models import GridVersion
    from partners.models import Centre, Team

STARTERS: Mapping[str, str] = {"riverside": "mental-health-centre", "hillside": "frailty-hub"}
ASKED = timedelta(days=27)
"""Before the load: when the partners were asked. They had a week."""

_LONGEST = timedelta(hours=12)
_TEAMS: Mapping[str, tuple[str, ...]] = {
    "duty-psychiatrist": ("Crisis team",),
    "amhp": ("Adult social care",),
    "gp-out-of-hours": ("GP hub", "Home support"),
    "duty-social-worker": ("Adult social care",),
    "emergency-duty-team": ("Adult social care",),
    "duty-pharmacist": ("Millgate Pharmacy", "Home support"),
    "peer-worker": ("Lantern peer workers",),
    "duty-manager": ("Backbone",),
    "urgent-response": ("Crisis team",),
    "night-nurse": ("Crisis team",),
    "frailty-consultant": ("Crisis team",),
    "on-call-consultant": ("Crisis team",),
    "duty-therapist": ("Home support",),
    "community-connector": ("Lantern peer workers",),
}
"""Whose people hold each duty: the first team of these names that the centre has."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "riverside": (
        "Adaeze Obi",
        "Tomasz Zielinski",
        "Rhian Bevan",
        "Imran Sheikh",
        "Beatrice Lowry",
        "Kofi Mensah",
        "Siobhan Daly",
        "Gareth Pugh",
        "Yasmin Farah",
        "Duncan Ross",
        "Leah Bennett",
        "Pavel Horak",
        "Miriam Stern",
        "Winston Clarke",
        "Anjali Rao",
        "Peter Holroyd",
        "Fatou Jallow",
        "Hugh Mercer",
        "Carys Lloyd",
    ),
    "hillside": (
        "Esther Boateng",
        "Andrzej Nowak",
        "Morag Sinclair",
        "Bilal Hussain",
        "Joan Threlfall",
        "Emeka Eze",
        "Niamh Brennan",
        "Rhodri Vaughan",
        "Samira Aden",
        "Alastair Kerr",
        "Ruth Ackroyd",
        "Milan Petrov",
        "Hannah Roth",
        "Delroy Grant",
        "Sunita Nair",
        "Edward Platt",
        "Binta Ceesay",
        "Oliver Haigh",
        "Megan Rees",
        "Grace Tembo",
        "Arthur Lunn",
        "Ines Duarte",
        "Colm Keane",
    ),
}
_SPEAKERS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "riverside": (
        (TRUST, "lead", "agree"),
        (PRACTICES, "group", "can_live_with_it"),
        (COUNCIL, "board", "agree"),
        (LANTERN, "submitter", "agree"),
    ),
    "hillside": ((TRUST, "lead", "agree"), (COUNCIL, "board", "can_live_with_it")),
}
"""Who answered for which partner. The others were silent, which blocks nothing."""

_OUTSIDE: Mapping[str, tuple[str, str, str, Decimal]] = {
    "riverside": (
        "clinician",
        "crisis-diversion",
        "The last bus had gone and the only room was at the station hotel.",
        Decimal(240),
    ),
    "hillside": (
        "clinician",
        "crisis-diversion",
        "A sitter for the night costs more than the limit at a weekend.",
        Decimal(190),
    ),
}
"""Who acted outside which guardrail, why, and with how much."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A duty role with the people who take turns at it, in their team."""

    role: StarterRole
    team: "Team"
    people: tuple[User, ...]


def load(*, by: Actor, at: datetime) -> None:
    """Store it all in the caller's transaction, after the rota and the agreements and before the inductions."""
    today = london_date(at)
    begins = first(datetime.combine(today, time())) - WEEKS
    for slug, code in STARTERS.items():
        found = organisation_queries.centre_with_partners(slug, today)
        if found is not None:
            starter = starters.read(code)
            manager = Actor.user(_user("manager", slug))
            _fill_rota(found.centre, starter, today, begins=begins, by=manager, at=at)
            _publish(found.centre, starter, by=manager, at=at)
            _act_outside(found.centre, at=at)
    _discuss(at=at)


def _user(account: str, slug: str) -> User:
    return User.objects.get(email=email(account, slug))


def _fill_rota(centre: "Centre", starter: Starter, today: date, *, begins: datetime, by: Actor, at: datetime) -> None:
    """Begin the draft, which adds the duties that the centre lacks, and put people on for all their hours."""
    before = {role.code for role in rota.duty_roles(centre)}
    starter_services.load_starter(starter=starter, centre=centre, edition=None, by=by, at=begins)
    held = _held(centre, [role for role in starter.duty_roles if role.code not in before], begins=begins, by=by, at=at)
    rota_imports.take_file(centre=centre, body=_file(held, today), by=by, at=begins)


def _held(centre: "Centre", roles: list[StarterRole], *, begins: datetime, by: Actor, at: datetime) -> list[_Held]:
    teams = {team.name: team for team in directory.teams_at(centre, at)}
    names = iter(_NAMES[centre.slug])
    held = []
    for role in roles:
        team = next(teams[name] for name in _TEAMS[role.code] if name in teams)
        several = tuple(
            _employ(f"{role.code}-{number}", next(names), team, begins=begins, by=by, at=at)
            for number in range(1, 4 if role.round_the_clock else 3)
        )
        held.append(_Held(role, team, several))
    return held


def _employ(account: str, name: str, team: "Team", *, begins: datetime, by: Actor, at: datetime) -> User:
    """Give a team somebody who holds duties and has no sign-in."""
    since = begins - WEEKS
    user = people.add_person(
        email=email(account, team.centre.slug),
        name=name,
        organisation=team.organisation,
        employed_from=since,
        by=by,
        at=at,
    )
    people.add_membership(user=user, team=team, role="practitioner", starts_at=since, by=by, at=at)
    return user


def _file(held: list[_Held], today: date) -> bytes:
    """Return the rota of the duties as a file, each shift under a reference of its own."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["team", "duty role", "person", "starts", "ends", "reference"])
    for each in held:
        for number, (starts, ends) in enumerate(_shifts(each.role, today)):
            user = each.people[number % len(each.people)]
            reference = f"{starts:%Y%m%d}-{each.role.code}-{starts:%H}"
            row = [each.team.name, each.role.code, user.email, starts.isoformat(), ends.isoformat(), reference]
            writer.writerow(row)
    return text.getvalue().encode()


def _shifts(role: StarterRole, today: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield the shifts that fill a duty's hours, twelve hours at most each; their wall times are London's."""
    for number in range(-WEEKS.days, AHEAD.days):
        day = today + timedelta(days=number)
        for starts, ends in _hours(role, day):
            while starts < ends:
                stops = min(ends, starts + _LONGEST)
                yield first(starts), first(stops)
                starts = stops


def _hours(role: StarterRole, day: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield the hours of a duty that begin on a day, as wall times."""
    following = day + timedelta(days=1)
    if role.round_the_clock:
        yield datetime.combine(day, time()), datetime.combine(following, time())
    for each in role.hours:
        if each.weekday == day.weekday():
            until = day if each.ends > each.starts else following
            yield datetime.combine(day, each.starts), datetime.combine(until, each.ends)


def _publish(centre: "Centre", starter: Starter, *, by: Actor, at: datetime) -> None:
    """Ask the partners about the draft, and publish it after a week in which some said nothing."""
    asked = at - ASKED
    draft = _in_work(centre)
    consent = rounds.open_round(
        version=draft,
        edition=draft.version,
        summary=f"Our first grid, from the starter: {starter.title}",
        deadline=asked + rounds.TIME_TO_ANSWER,
        by=by,
        at=asked,
    )
    for code, account, answer in _SPEAKERS[centre.slug]:
        organisation = organisation_queries.organisation_by_code(code)
        if organisation is not None:
            speaker = Actor.user(_user(account, centre.slug))
            reason = "We would have liked a higher limit for a night's stay." if answer == "can_live_with_it" else ""
            rounds.answer(
                consent=consent,
                organisation=organisation,
                answer=answer,
                reason=reason,
                by=speaker,
                at=asked + timedelta(days=2),
            )
    published_at = asked + rounds.TIME_TO_ANSWER
    rounds.close_round(consent=consent, by=by, at=published_at)
    publication.publish(version=draft, by=by, at=published_at)


def _in_work(centre: "Centre") -> "GridVersion":
    draft = queries.version_in_work(centre)
    if draft is None:
        raise LookupError(centre.slug)
    return draft


def _act_outside(centre: "Centre", *, at: datetime) -> None:
    """Leave one act outside a guardrail to be reviewed."""
    account, code, reason, amount = _OUTSIDE[centre.slug]
    user = _user(account, centre.slug)
    team = rota.teams_of(user.pk, centre, at)[0]
    yesterday = london_date(at) - timedelta(days=1)
    overrides.record_override(
        centre=centre,
        scenario_code=code,
        team=team,
        acted_at=datetime.combine(yesterday, time(22, 40), tzinfo=LONDON),
        reason=reason,
        amount=amount,
        by=Actor.user(user),
        at=at,
    )


def _discuss(*, at: datetime) -> None:
    """Begin Riverside's second version, with a comment on one cell."""
    found = organisation_queries.centre_with_partners("riverside", london_date(at))
    if found is None:
        return
    lead, peer = _user("lead", "riverside"), _user("peer", "riverside")
    organisation = agreement_queries.organisation_at(peer.pk, found.centre, at)
    draft = grids.start_draft(centre=found.centre, by=Actor.user(lead), at=at - timedelta(days=3))
    role = rota.duty_role_by_code(found.centre, "peer-worker")
    if organisation is not None and role is not None:
        grids.comment(
            version=draft,
            scenario_code="social-support",
            text="People ask us first. Could we decide about the first visit ourselves, up to the limit?",
            organisation=organisation,
            duty_role=role.pk,
            by=Actor.user(peer),
            at=at - timedelta(days=2),
        )
