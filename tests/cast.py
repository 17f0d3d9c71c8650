"""The people and organisations of the tests, made through the services that make real ones."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from nhc.actors import Actor
from nhc.models import User
from partners.models import Centre, Measure, Organisation, Return, Team
from partners.services import contract, keys, organisations, people
from partners.services.contract import Definition
from tests.factories import FIRST_DAY, LONG_AGO

NOW = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)
"""The instant at which the cast acts: 10:30 in London. March is over and its figures are due on 14 April."""
TODAY = date(2026, 4, 2)

MAKER = Actor.system("cast")


@dataclass(frozen=True)
class Cast:
    """Two centres, four organisations, two measures and these people:

    alice: manager at Riverside, employed by the trust; a member.
    bashir: submits for the trust (ZZ001) and the charity (ZZ002) at Riverside; a member.
    carol: employed by the charity, without a membership; outside.
    dev: nothing at all; must see nothing.
    operator: operator at Riverside, employed by the council; outside.

    The housing association works at Hillside alone. `trust_key` may submit and read, `charity_key` too.
    """

    riverside: Centre
    hillside: Centre
    trust: Organisation
    charity: Organisation
    council: Organisation
    housing: Organisation
    seen: Measure
    visits: Measure
    trust_return: Return
    charity_return: Return
    backbone: Team
    alice: User
    bashir: User
    carol: User
    dev: User
    operator: User
    trust_key: str
    charity_key: str
    housing_key: str


def gather() -> Cast:
    """Store the cast and return it. Needs a database where the test may write."""
    riverside, hillside = (_centre(slug) for slug in ("riverside", "hillside"))
    trust = _organisation("ZZ001", "Riverside Mental Health Trust", "nhs_trust", riverside)
    charity = _organisation("ZZ002", "Open Door", "vcfse", riverside)
    council = _organisation("ZZ003", "Borough Council", "local_authority", riverside)
    housing = _organisation("ZZ004", "Hillside Homes", "housing", hillside)
    seen = contract.add_measure(code="crisis-contacts-seen-in-4h", definition=SEEN, by=MAKER, at=NOW)
    visits = contract.add_measure(code="visits-to-community-partners", definition=VISITS, by=MAKER, at=NOW)
    for centre in (riverside, hillside):
        for measure in (seen, visits):
            contract.collect_measure(centre=centre, measure=measure, from_date=FIRST_DAY, by=MAKER, at=NOW)
    team = organisations.add_team(organisation=trust, centre=riverside, name="Backbone", by=MAKER, at=NOW)
    door = organisations.add_team(organisation=charity, centre=riverside, name="Front door", by=MAKER, at=NOW)
    desk = organisations.add_team(organisation=council, centre=riverside, name="Service desk", by=MAKER, at=NOW)
    alice, bashir = _person("alice", trust), _person("bashir", trust)
    operator = _person("operator", council)
    for user, place, role in (
        (alice, team, "manager"),
        (bashir, team, "submitter"),
        (bashir, door, "submitter"),
        (operator, desk, "operator"),
    ):
        people.add_membership(user=user, team=place, role=role, starts_at=LONG_AGO, by=MAKER, at=NOW)
    return Cast(
        riverside=riverside,
        hillside=hillside,
        trust=trust,
        charity=charity,
        council=council,
        housing=housing,
        seen=seen,
        visits=visits,
        trust_return=_return(trust, riverside, seen, visits),
        charity_return=_return(charity, riverside, visits),
        backbone=team,
        alice=alice,
        bashir=bashir,
        carol=_person("carol", charity),
        dev=_person("dev", None),
        operator=operator,
        trust_key=key(trust),
        charity_key=key(charity),
        housing_key=key(housing),
    )


def key(organisation: Organisation, *scopes: str, expires_at: datetime | None = None) -> str:
    """Make a key of the organisation, for both scopes unless some are named, and return its text."""
    made = keys.create_key(
        organisation=organisation, scopes=scopes or ("submit", "read"), expires_at=expires_at, by=MAKER, at=NOW
    )
    return made.text


SEEN = Definition(
    starts=FIRST_DAY,
    title="Crisis contacts seen in 4 hours",
    definition="Contacts in a crisis where someone was seen face to face within 4 hours.",
    numerator_label="Seen within 4 hours",
    denominator_label="Contacts in a crisis",
    unit="proportion",
    multiplier=100,
    aggregation="ratio_of_sums",
    period_type="month",
    improvement="increase",
    breakdowns=("ethnic_group", "deprivation_quintile"),
    target=0.9,
    imd_version="2025",
)
VISITS = Definition(
    starts=FIRST_DAY,
    title="Visits to community partners",
    definition="Visits that a partner in the community received after an introduction.",
    numerator_label="Visits",
    unit="count",
    unit_label="visits",
    aggregation="sum",
    period_type="month",
    improvement="increase",
)


def _centre(slug: str) -> Centre:
    return organisations.add_centre(slug=slug, name=f"{slug.capitalize()} centre", by=MAKER, at=NOW)


def _organisation(code: str, name: str, sector: str, centre: Centre) -> Organisation:
    organisation = organisations.add_organisation(code=code, name=name, sector=sector, by=MAKER, at=NOW)
    organisations.add_partnership(organisation=organisation, centre=centre, from_date=FIRST_DAY, by=MAKER, at=NOW)
    return organisation


def _person(name: str, organisation: Organisation | None) -> User:
    return people.add_person(
        email=f"{name}@example.org",
        name=name.capitalize(),
        organisation=organisation,
        employed_from=LONG_AGO,
        by=MAKER,
        at=NOW,
    )


def _return(organisation: Organisation, centre: Centre, *measures: Measure) -> Return:
    return contract.add_return(
        organisation=organisation, centre=centre, measures=measures, from_date=date(2026, 1, 1), by=MAKER, at=NOW
    )
