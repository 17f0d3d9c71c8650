"""The fictional partnership: two centres, eight organisations, their teams, the people and what they owe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from dashboard.demonstration.made_up import Scene, window
from dashboard.demonstration.measures import BEGINS, MEASURES
from dashboard.demonstration.sending import Sent, send
from dashboard.demonstration.stories import (
    AMBULANCE,
    ANNOTATED,
    BACKBONES,
    CORRECTIONS,
    COUNCIL,
    HOME_CARE,
    HOUSING,
    LANTERN,
    PHARMACY,
    PRACTICES,
    REBASED,
    SCENES,
    TRUST,
    Correction,
)
from dashboard.services import charts
from nhc.actors import Actor
from nhc.clock import LONDON, london_date
from nhc.models import User
from partners.services import contract, organisations, people

if TYPE_CHECKING:
    from partners.models import Centre, Measure, Organisation, Team

NOTE = "Every figure of this centre, its targets included, was made up to show how the service works."


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation, and its team's name at each centre where it is a partner."""

    name: str
    sector: str
    teams: Mapping[str, str]


PARTNERS: Mapping[str, Partner] = {
    TRUST: Partner(
        "Fernvale Mental Health NHS Trust", "nhs_trust", {"riverside": "Crisis team", "hillside": "Crisis team"}
    ),
    PRACTICES: Partner("Eastmoor GP Federation", "primary_care", {"riverside": "GP hub"}),
    COUNCIL: Partner(
        "Eastmoor Council", "local_authority", {"riverside": "Adult social care", "hillside": "Adult social care"}
    ),
    LANTERN: Partner(
        "Lantern Peer Support", "vcfse", {"riverside": "Lantern peer workers", "hillside": "Lantern peer workers"}
    ),
    HOME_CARE: Partner("Ashgrove Home Care", "social_care", {"hillside": "Home support"}),
    PHARMACY: Partner("Millgate Pharmacy", "pharmacy", {"riverside": "Millgate Pharmacy"}),
    AMBULANCE: Partner(
        "Vale Ambulance Service", "ambulance", {"riverside": "Mental health car", "hillside": "Mental health car"}
    ),
    HOUSING: Partner("Open Door Housing", "housing", {"riverside": "Open Door Housing"}),
    BACKBONES["riverside"]: Partner("Riverside backbone", "other", {"riverside": "Backbone"}),
    BACKBONES["hillside"]: Partner("Hillside backbone", "other", {"hillside": "Backbone"}),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who signs in as `account` at a centre's domain.

    Without an employer they are a volunteer, without a role no member. They work in the team of the organisation
    `team`, or else of the employer.
    """

    account: str
    name: str
    employer: str | None
    role: str | None
    team: str = ""


PEOPLE: Mapping[str, tuple[Person, ...]] = {
    "riverside": (
        Person("manager", "Grace Oduya", PRACTICES, "manager", BACKBONES["riverside"]),
        Person("lead", "Amina Yusuf", TRUST, "lead"),
        Person("clinician", "Dana Reid", TRUST, "practitioner"),
        Person("peer", "Sam Okafor", LANTERN, "peer"),
        Person("board", "Helen Akande", COUNCIL, "board"),
        Person("group", "Joanna Marsh", PRACTICES, "group"),
        Person("submitter", "Bill Hartley", LANTERN, "submitter"),
        Person("linemanager", "Martin Shaw", TRUST, "linemanager"),
        Person("operator", "Ifeoma Grant", COUNCIL, "operator"),
        Person("privacy", "Rosalind Pike", TRUST, "privacy"),
    ),
    "hillside": (
        Person("manager", "Derek Whitlock", HOME_CARE, "manager", BACKBONES["hillside"]),
        Person("lead", "Meera Joshi", TRUST, "lead"),
        Person("clinician", "Callum Byrne", TRUST, "practitioner"),
        Person("peer", "Nadia Karim", None, "peer", LANTERN),
        Person("board", "Owen Pritchard", COUNCIL, "board"),
        Person("group", "Fiona Adeyemi", HOME_CARE, "group"),
        Person("submitter", "Tessa Lowe", HOME_CARE, "submitter"),
        Person("linemanager", "Gavin Stott", TRUST, "linemanager"),
        Person("operator", "Mary Chukwu", AMBULANCE, "operator"),
        Person("privacy", "Philip Dunn", COUNCIL, "privacy"),
    ),
}
LINE_MANAGED = ("lead", "clinician")
"""Whom the line manager of each centre manages from their own employer."""

ANALYSTS: Mapping[str, tuple[str, ...]] = {"riverside": ("manager", "board", "operator"), "hillside": ("operator",)}
"""Who also has a place, in the same role, at every centre of published figures."""

_POPULATION = {"riverside": 41_200, "hillside": 24_600}


def email(account: str, centre: str) -> str:
    """Return a demonstration sign-in."""
    return f"{account}@{centre}.example"


@dataclass(frozen=True, slots=True)
class Loading:
    """What every step needs: who acts and when, and the 36 months."""

    by: Actor
    at: datetime
    months: Sequence[date]

    @property
    def opened(self) -> date:
        """The day on which everything begins."""
        return self.months[0]

    @property
    def opened_at(self) -> datetime:
        """The start of that day."""
        return datetime.combine(self.opened, time(), tzinfo=LONDON)


def load(*, password: str, by: Actor, at: datetime) -> None:
    """Store the partnership and send its figures; all of it in the caller's transaction."""
    loading = Loading(by, at, window(london_date(at)))
    measures = {
        code: contract.add_measure(code=code, definition=definition, by=by, at=at)
        for code, definition in MEASURES.items()
    }
    partners = {code: _organisation(code, partner, loading) for code, partner in PARTNERS.items()}
    for scene in SCENES:
        centre = _centre(scene.centre, loading)
        teams = _teams(centre, partners, loading)
        users = _people(centre, partners, teams, loading)
        _owe(scene, centre, partners, measures, loading)
        _send(scene, centre, partners, users, loading)
        _mark(centre, measures, users["manager"], loading)
        people.share_password(users=users.values(), password=password, by=by, at=at)


def _organisation(code: str, partner: Partner, loading: Loading) -> "Organisation":
    return organisations.add_organisation(
        code=code, name=partner.name, sector=partner.sector, demonstration=True, by=loading.by, at=loading.at
    )


def _centre(slug: str, loading: Loading) -> "Centre":
    return organisations.add_centre(
        slug=slug,
        name=f"{slug.capitalize()} Neighbourhood Health Centre",
        figures="made_up",
        figures_note=NOTE,
        population=_POPULATION[slug],
        by=loading.by,
        at=loading.at,
    )


def _teams(centre: "Centre", partners: Mapping[str, "Organisation"], loading: Loading) -> dict[str, "Team"]:
    """Make each organisation that works at the centre a partner with a team; return the teams by organisation."""
    teams = {}
    for code, partner in PARTNERS.items():
        if centre.slug in partner.teams:
            organisations.add_partnership(
                organisation=partners[code], centre=centre, from_date=loading.opened, by=loading.by, at=loading.at
            )
            teams[code] = organisations.add_team(
                organisation=partners[code],
                centre=centre,
                name=partner.teams[centre.slug],
                by=loading.by,
                at=loading.at,
            )
    return teams


def _people(
    centre: "Centre",
    partners: Mapping[str, "Organisation"],
    teams: Mapping[str, "Team"],
    loading: Loading,
) -> dict[str, User]:
    """Store the centre's people and where they work; return them by account."""
    users: dict[str, User] = {}
    # A line manager comes before whom they manage.
    for person in sorted(PEOPLE[centre.slug], key=lambda person: person.account != "linemanager"):
        users[person.account] = people.add_person(
            email=email(person.account, centre.slug),
            name=person.name,
            organisation=None if person.employer is None else partners[person.employer],
            employed_from=loading.opened_at,
            line_manager=users["linemanager"] if person.account in LINE_MANAGED else None,
            by=loading.by,
            at=loading.at,
        )
        if person.role is not None:
            people.add_membership(
                user=users[person.account],
                team=teams[person.team or person.employer or ""],
                role=person.role,
                starts_at=loading.opened_at,
                by=loading.by,
                at=loading.at,
            )
    return users


def _owe(
    scene: Scene,
    centre: "Centre",
    partners: Mapping[str, "Organisation"],
    measures: Mapping[str, "Measure"],
    loading: Loading,
) -> None:
    """Let the centre collect the measures, and agree what each organisation owes."""
    for position, code in enumerate(MEASURES):
        first = scene.stories[code].first
        contract.collect_measure(
            centre=centre,
            measure=measures[code],
            from_date=loading.months[first] if first else BEGINS,
            position=position,
            by=loading.by,
            at=loading.at,
        )
    for organisation in PARTNERS:
        owed = [code for code in MEASURES if organisation in scene.stories[code].sizes]
        if owed:
            contract.add_return(
                organisation=partners[organisation],
                centre=centre,
                measures=[measures[code] for code in owed],
                from_date=loading.months[max(scene.stories[code].first for code in owed)],
                by=loading.by,
                at=loading.at,
            )


def _send(
    scene: Scene,
    centre: "Centre",
    partners: Mapping[str, "Organisation"],
    users: Mapping[str, User],
    loading: Loading,
) -> None:
    """Send every organisation's figures; those of the submitter's employer in their name, then what came late."""
    submitter = next(person for person in PEOPLE[scene.centre] if person.account == "submitter")
    for code in PARTNERS:
        figures = scene.figures(code, loading.months)
        if not figures:
            continue
        corrections = [each for each in CORRECTIONS[scene.centre] if each.organisation == code]
        first, later = _corrected(figures, corrections, loading.months)
        by = loading.by
        if code == submitter.employer:
            by = Actor.user(users["submitter"], organisation=code)
        send(first, organisation=partners[code], centre=centre, reason="Made-up figures", by=by, at=loading.at)
        for correction, sent in zip(corrections, later, strict=True):
            send([sent], organisation=partners[code], centre=centre, reason=correction.reason, by=by, at=loading.at)


def _corrected(
    figures: Sequence[Sent], corrections: Sequence[Correction], months: Sequence[date]
) -> tuple[list[Sent], list[Sent]]:
    """Return the figures as they were first sent, and the corrected ones, which hold what was found later."""
    first = list(figures)
    later = []
    for correction in corrections:
        period = f"{months[correction.place]:%Y-%m}"
        at = next(
            at
            for at, sent in enumerate(first)
            if (sent.measure, sent.period, sent.dimension) == (correction.measure, period, "")
        )
        later.append(first[at])
        first[at] = first[at]._replace(numerator=(first[at].numerator or 0) - correction.more)
    return first, later


def _mark(centre: "Centre", measures: Mapping[str, "Measure"], manager: User, loading: Loading) -> None:
    """Rebase and annotate charts as the centre's manager does."""
    by = Actor.user(manager)
    for step in REBASED[centre.slug]:
        charts.rebase(
            centre=centre,
            measure=measures[step.measure],
            date=loading.months[step.place],
            reason=step.reason,
            agreed_by=step.agreed_by,
            by=by,
            at=loading.at,
        )
    for note in ANNOTATED[centre.slug]:
        charts.annotate(
            centre=centre,
            measure=measures[note.measure],
            date=loading.months[note.place],
            text=note.text,
            by=by,
            at=loading.at,
        )
