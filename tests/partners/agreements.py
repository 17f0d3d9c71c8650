"""Agreements and inductions as tests need them, made through the services that make real ones."""

from datetime import date, datetime, timedelta

from nhc.actors import Actor
from nhc.clock import london_date
from nhc.models import User
from partners.models import (
    Agreement,
    AgreementVersion,
    Centre,
    Induction,
    InductionPackVersion,
    Organisation,
    Signatory,
    Signature,
)
from partners.queries import agreements as queries
from partners.queries.people import current
from partners.services import agreements, induction_packs, inductions, signatures
from partners.services.induction_packs import Step
from tests.factories import EmploymentFactory, PartnershipFactory, UserFactory

MAKER = Actor.system("agreement tests")
TEXT = "# Sharing\n\nWe share totals.\n\nNobody shares names."


def opened(
    centre: Centre,
    kind: str = "information-sharing",
    *,
    at: datetime,
    text: str = TEXT,
    sign_by: date | None = None,
) -> AgreementVersion:
    """Return a version that is in force from `at`: the first, or the one after a change that a partner proposed."""
    agreement = queries.by_kind(centre, kind)
    if agreement is None:
        agreement = agreements.start_agreement(centre=centre, kind=kind, text=text, by=MAKER, at=at).agreement
    elif queries.draft_of(agreement) is None:
        proposer = UserFactory.create()
        proposal = agreements.propose_change(
            agreement=agreement,
            base_text=queries.newest(agreement).text,
            text=f"{queries.newest(agreement).text}\n\nAnd more.",
            reason="Something is missing",
            organisation=PartnershipFactory.create(centre=centre).organisation,
            by=Actor.user(proposer),
            at=at,
        )
        agreements.adopt_proposal(proposal=proposal, version=1, by=MAKER, at=at)
    last = sign_by or london_date(at) + timedelta(days=30)
    return agreements.open_for_signature(
        agreement=agreement,
        text=queries.newest(agreement).text,
        summary="What is new",
        sign_by=last,
        review_on=last + timedelta(days=300),
        by=MAKER,
        at=at,
    )


def signatory(organisation: Organisation, *, at: datetime, user: User | None = None) -> Signatory:
    """Return somebody who signs for the organisation."""
    if user is None:
        user = EmploymentFactory.create(organisation=organisation).user
    return signatures.appoint_signatory(
        organisation=organisation, user=user, capacity="Chief executive", by=MAKER, at=at
    )


def signed(version: AgreementVersion, organisation: Organisation, *, at: datetime) -> Signature:
    """Sign for the organisation, by somebody appointed for it."""
    power = Signatory.objects.filter(current(at), organisation=organisation).first()
    power = power or signatory(organisation, at=at)
    return signatures.sign(version=version, organisation=organisation, by=Actor.user(power.user), at=at)


def pack(
    centre: Centre, kind: str = "full", *, at: datetime, valid_for_days: int = 365, norms: bool = False
) -> InductionPackVersion:
    """Return a pack that people can go through: something to read, to watch, to confirm and to answer."""
    draft = induction_packs.draft_pack(centre=centre, kind=kind, by=MAKER, at=at)
    for step in STEPS:
        induction_packs.add_step(version=draft, step=step, by=MAKER, at=at)
    if norms:
        induction_packs.add_step(version=draft, step=NORMS, by=MAKER, at=at)
    draft.refresh_from_db()
    return induction_packs.open_pack(
        version=draft, valid_for_days=valid_for_days, edition=draft.edition, by=MAKER, at=at
    )


STEPS = (
    Step("read", "Who is who", body="Every team has a **lead**."),
    Step("watch", "The building", address="https://films.example.org/building"),
    Step("confirm", "Safeguarding", question="I know whom to tell."),
    Step(
        "check",
        "Escalation",
        question="Nobody answers. Whom do you call?",
        options=("Nobody", "The next rung"),
        answer=1,
        feedback="A rung that does not answer is passed by.",
    ),
)
NORMS = Step("confirm", "Our norms", question="I keep to the norms charter.", norms=True)


def inducted(user: User, version: InductionPackVersion, *, at: datetime) -> Induction:
    """Let somebody go through a pack at one instant."""
    by = Actor.user(user)
    induction = inductions.begin(user=user, version=version, by=by, at=at)
    charter = queries.in_force_at(version.pack.centre, at).get(Agreement.Kind.NORMS)
    for step in version.steps.order_by("position"):
        induction = inductions.do_step(
            induction=induction,
            step=step,
            confirmed=True,
            choice=step.answer,
            norms=None if charter is None else charter.pk,
            by=by,
            at=at,
        ).induction
    return induction
