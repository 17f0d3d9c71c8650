"""The demonstration's agreements: opened, changed once, signed by all partners but one, and one proposal that waits."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dashboard.demonstration.partnership import email
from dashboard.demonstration.stories import AMBULANCE, BACKBONES, COUNCIL, HOME_CARE, HOUSING, LANTERN, PRACTICES, TRUST
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.models import User
from partners.queries import agreements as queries
from partners.queries import organisations as organisation_queries
from partners.services import agreements, people, signatures

if TYPE_CHECKING:
    from partners.models import AgreementVersion, Centre, Organisation, Signatory

UNSIGNED = HOUSING
"""The partner that has not signed Riverside's information-sharing agreement."""

SIGNATORIES: Mapping[str, tuple[str, str, str]] = {
    TRUST: ("lead", "riverside", "Medical director"),
    PRACTICES: ("manager", "riverside", "Chair of the federation"),
    COUNCIL: ("board", "riverside", "Director of adult social services"),
    LANTERN: ("submitter", "riverside", "Chief officer"),
    HOME_CARE: ("manager", "hillside", "Registered manager"),
    AMBULANCE: ("operator", "hillside", "Locality director"),
    BACKBONES["riverside"]: ("manager", "riverside", "Centre manager"),
    BACKBONES["hillside"]: ("manager", "hillside", "Centre manager"),
}
"""Who signs for each organisation: account, centre and office. The others' signatories have no sign-in."""

BEGAN = timedelta(days=500)
CHANGED = timedelta(days=200)
REVIEWED = timedelta(days=365)

TEXTS: Mapping[str, str] = {
    "memorandum": """# What we are

We are partners at one centre. Each of us keeps its own staff, duties and accounts; together we answer for what people
meet when they come through the door.

# How we decide

- Whoever the decision-rights grid names decides, and says so the same day.
- What nobody may decide alone goes to the partnership group.
- We look at what we decided after three months.""",
    "information-sharing": """# What we share

We share totals with every partner that signs this. Small numbers stay hidden where they could point to someone.

# About people

- We share what the team around a person needs, and tell the person.
- Every look at a record is kept, and can be asked about.""",
    "norms": """# How we treat each other

- We answer a handover or say why not.
- We say when something is not right, and thank whoever does.
- No organisation counts for more than another.""",
}
_ADDED = "\n- We do not finish a shift with an open question and nobody to hold it."


def load(*, by: Actor, at: datetime) -> None:
    """Store it all in the caller's transaction, after the directory."""
    for code in SIGNATORIES:
        organisation = organisation_queries.organisation_by_code(code)
        if organisation is not None:
            _appoint(organisation, by=by, at=at - BEGAN)
    for slug in ("riverside", "hillside"):
        found = organisation_queries.centre_with_partners(slug, london_date(at))
        if found is not None:
            _agree(found.centre, organisation_queries.organisations_by_id(found.partners), by=by, at=at)


def _appoint(organisation: "Organisation", *, by: Actor, at: datetime) -> None:
    account, centre, office = SIGNATORIES[organisation.code]
    user = User.objects.get(email=email(account, centre))
    signatures.appoint_signatory(organisation=organisation, user=user, capacity=office, by=by, at=at)


def _agree(centre: "Centre", partners: list["Organisation"], *, by: Actor, at: datetime) -> None:
    manager = Actor.user(User.objects.get(email=email("manager", centre.slug)))
    for kind, text in TEXTS.items():
        began = at - BEGAN
        agreements.start_agreement(centre=centre, kind=kind, text=text, by=manager, at=began)
        version = _open(centre, kind, "The first version", by=manager, at=began)
        if kind == "norms":
            version = _change(version, centre, by=manager, at=at - CHANGED)
        for organisation in partners:
            if kind != "information-sharing" or organisation.code != UNSIGNED:
                _sign(version, organisation, by=by, at=(version.opened_at or at) + timedelta(days=5))
    _propose(centre, at=at)


def _open(centre: "Centre", kind: str, summary: str, *, by: Actor, at: datetime) -> "AgreementVersion":
    agreement = queries.by_kind(centre, kind)
    if agreement is None:
        raise LookupError(kind)
    last = london_date(at) + timedelta(days=28)
    return agreements.open_for_signature(
        agreement=agreement,
        text=queries.newest(agreement).text,
        summary=summary,
        sign_by=last,
        review_on=max(last + timedelta(days=1), london_date(at) + 2 * REVIEWED),
        by=by,
        at=at,
    )


def _change(version: "AgreementVersion", centre: "Centre", *, by: Actor, at: datetime) -> "AgreementVersion":
    peer = User.objects.get(email=email("peer", centre.slug))
    organisation = queries.organisation_at(peer.pk, centre, at)
    if organisation is None:
        return version
    proposal = agreements.propose_change(
        agreement=version.agreement,
        base_text=version.text,
        text=version.text + _ADDED,
        reason="Questions were left open over night",
        organisation=organisation,
        by=Actor.user(peer),
        at=at - timedelta(days=20),
    )
    agreements.adopt_proposal(proposal=proposal, version=1, by=by, at=at - timedelta(days=10))
    return _open(centre, "norms", "Nobody leaves an open question behind at the end of a shift", by=by, at=at)


def _sign(version: "AgreementVersion", organisation: "Organisation", *, by: Actor, at: datetime) -> None:
    signatory = queries.signatories_of(organisation, at).first()
    if signatory is None:
        signatory = _somebody(organisation, by=by, at=at)
    signatures.sign(version=version, organisation=organisation, by=Actor.user(signatory.user), at=at)


def _somebody(organisation: "Organisation", *, by: Actor, at: datetime) -> "Signatory":
    """Let somebody without a sign-in sign for an organisation whose people do not sign in here."""
    user = people.add_person(
        email=f"signatory.{organisation.code.lower()}@riverside.example",
        name={HOUSING: "Colin Barr"}.get(organisation.code, "Harjit Gill"),
        organisation=organisation,
        employed_from=at,
        by=by,
        at=at,
    )
    return signatures.appoint_signatory(organisation=organisation, user=user, capacity="Director", by=by, at=at)


def _propose(centre: "Centre", *, at: datetime) -> None:
    """Leave one proposal open, with a comment."""
    lead, group = (User.objects.get(email=email(account, centre.slug)) for account in ("lead", "group"))
    agreement = queries.by_kind(centre, "memorandum")
    theirs = (queries.organisation_at(lead.pk, centre, at), queries.organisation_at(group.pk, centre, at))
    if agreement is None or theirs[0] is None or theirs[1] is None:
        return
    text = queries.newest(agreement).text
    proposal = agreements.propose_change(
        agreement=agreement,
        base_text=text,
        text=text.replace("three months", "six weeks"),
        reason="Three months is too long to find out",
        organisation=theirs[0],
        by=Actor.user(lead),
        at=at - timedelta(days=6),
    )
    agreements.comment(
        proposal=proposal,
        text="Six weeks is right for small changes. For the building I would keep three months.",
        organisation=theirs[1],
        by=Actor.user(group),
        at=at - timedelta(days=4),
    )
