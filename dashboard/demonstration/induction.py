"""The demonstration's inductions: everybody is inducted, one at each centre for ten more days."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dashboard.demonstration.partnership import email
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.models import User
from partners.queries import agreements as agreement_queries
from partners.queries import induction as queries
from partners.queries import organisations as organisation_queries
from partners.services import induction_packs, inductions, notices
from partners.services.induction_packs import Step

if TYPE_CHECKING:
    from partners.models import Centre, InductionPackVersion

LAPSING: Mapping[str, str] = {"riverside": "clinician", "hillside": "peer"}
"""Whose induction ends ten days after the load, by centre."""

OPENED = timedelta(days=380)
COMPLETED = timedelta(days=100)
VALID = {"full": 365, "fast-track": 30}

_NORMS = Step("confirm", "Our norms", question="I have read the norms charter and keep to it.", norms=True)
_ESCALATING = Step(
    "check",
    "When nobody answers",
    question="You raised an escalation and nobody has answered. What happens?",
    options=("It waits until the morning", "The next rung is asked, and you are told to phone", "It is closed"),
    answer=1,
    feedback="A rung that does not answer in time is passed by, and the page shows a number to call.",
)
STEPS: Mapping[str, tuple[Step, ...]] = {
    "full": (
        Step(
            "read",
            "Who works here",
            body="Staff of **many employers** share a building. Each keeps its managers.",
        ),
        Step("read", "Sharing information", body="Share what the team around a person needs. Tell the person."),
        Step("confirm", "Safeguarding", question="I know whom to tell when I am worried about a child or an adult."),
        _ESCALATING,
        _NORMS,
    ),
    "fast-track": (
        Step("read", "Ten minutes before your shift", body="The shift lead knows everybody. Ask before you wonder."),
        _ESCALATING,
        _NORMS,
    ),
}


def load(*, by: Actor, at: datetime) -> None:
    """Store it all in the caller's transaction, after the agreements and the rota."""
    for slug in ("riverside", "hillside"):
        found = organisation_queries.centre_with_partners(slug, london_date(at))
        if found is not None:
            versions = {kind: _pack(found.centre, kind, at=at - OPENED) for kind in STEPS}
            _induct(found.centre, versions, at=at)
    notices.give_notices(by=by, at=at)


def _pack(centre: "Centre", kind: str, *, at: datetime) -> "InductionPackVersion":
    manager = Actor.user(User.objects.get(email=email("manager", centre.slug)))
    draft = induction_packs.draft_pack(centre=centre, kind=kind, by=manager, at=at)
    for step in STEPS[kind]:
        induction_packs.add_step(version=draft, step=step, by=manager, at=at)
    draft.refresh_from_db()
    return induction_packs.open_pack(
        version=draft, valid_for_days=VALID[kind], edition=draft.edition, by=manager, at=at
    )


def _induct(centre: "Centre", versions: Mapping[str, "InductionPackVersion"], *, at: datetime) -> None:
    """Let everybody go through the full induction, but for one who came by the fast track and has ten days left."""
    lapsing = User.objects.get(email=email(LAPSING[centre.slug], centre.slug))
    for user in {each.user_id: each.user for each in queries.people(centre, at)}.values():
        if user == lapsing:
            _complete(user, versions["fast-track"], at=at - timedelta(days=VALID["fast-track"] - 10))
        else:
            _complete(user, versions["full"], at=at - COMPLETED)


def _complete(user: User, version: "InductionPackVersion", *, at: datetime) -> None:
    by = Actor.user(user)
    induction = inductions.begin(user=user, version=version, by=by, at=at)
    charter = agreement_queries.in_force_at(version.pack.centre, at).get("norms")
    for step in queries.steps_of(version):
        inductions.do_step(
            induction=induction,
            step=step,
            confirmed=True,
            choice=step.answer,
            norms=None if charter is None else charter.pk,
            by=by,
            at=at,
        )
