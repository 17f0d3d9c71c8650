"""The demonstration's forums: a chair that has gone round, an issue that was answered and two that wait, a proposal
that lacks answers, decisions on charts, risks that a charity carries among them, and what the board wants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dashboard.demonstration.partnership import email
from dashboard.demonstration.stories import COUNCIL, LANTERN, TRUST
from decisions.queries import forums as forum_queries
from decisions.services import decisions, forums, issues, meetings, priorities, proposals, risks
from decisions.services.decisions import Statement
from decisions.services.risks import Holding, Judgement
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.models import User
from partners.queries import agreements as agreement_queries
from partners.queries import organisations as organisation_queries

if TYPE_CHECKING:
    from decisions.models import Forum, Proposal
    from partners.models import Centre, Organisation

DAY = timedelta(days=1)
BEGAN = 400 * DAY
TERM = 90 * DAY

FORUMS: Mapping[str, tuple[str, str]] = {
    "backbone": ("Backbone", "Runs the day, the rota and the building, and brings what it cannot settle to the group."),
    "group": ("Professional Partnership Group", "Practice across employers: what we do, who decides, what we learn."),
    "board": ("Neighbourhood Partnership Board", "What we want for people here, and whether it comes true."),
}
SEATS: Mapping[str, Sequence[str]] = {
    "backbone": ("manager", "lead", "peer"),
    "group": ("lead", "group", "peer", "manager"),
    "board": ("board", "group", "lead", "peer"),
}
"""By forum, the accounts that sit there."""

OUTCOMES: Sequence[tuple[str, str, Sequence[tuple[str, Sequence[str]]]]] = (
    (
        "I am seen quickly when I am in crisis",
        "Wherever somebody calls or walks in, the same team sees them.",
        (
            ("Seen within four hours, by day and by night", ("crisis-contacts-seen-in-4h",)),
            ("One front door for every referral", ("time-to-first-contact", "referrals-handed-back")),
        ),
    ),
    (
        "I am less alone afterwards",
        "Help does not end at the door of the centre.",
        (("An introduction to the community", ("visits-to-community-partners", "felt-more-connected")),),
    ),
)


@dataclass(frozen=True, slots=True)
class _Scene:
    """One centre, its forums by kind, its people by account, and now."""

    centre: "Centre"
    forums: "Mapping[str, Forum]"
    at: datetime

    def user(self, account: str) -> User:
        """Return whoever signs in as an account."""
        return User.objects.get(email=email(account, self.centre.slug))

    def by(self, account: str) -> Actor:
        """Return the person as services know them."""
        return Actor.user(self.user(account))

    def speaks_for(self, account: str) -> "Organisation":
        """Return for whom somebody works at the centre."""
        found = agreement_queries.organisation_at(self.user(account).pk, self.centre, self.at)
        if found is None:
            raise LookupError(account)
        return found

    def holding(self, code: str, carries: str = "") -> Holding:
        """Return an organisation as the holder of a risk."""
        organisation = organisation_queries.organisation_by_code(code)
        if organisation is None:
            raise LookupError(code)
        return Holding(organisation, carries)


def load(*, by: Actor, at: datetime) -> None:
    """Store it all in the caller's transaction, after the partnership."""
    for slug in ("riverside", "hillside"):
        found = organisation_queries.centre_with_partners(slug, london_date(at))
        if found is None:
            continue
        scene = _begin(found.centre, by=by, at=at)
        _chair(scene)
        _decide(scene)
        _raise(scene)
        _meet(scene)
        _risk(scene)
        _want(scene)


def _begin(centre: "Centre", *, by: Actor, at: datetime) -> _Scene:
    begun = {
        kind: forums.begin_forum(centre=centre, kind=kind, name=name, purpose=purpose, by=by, at=at - BEGAN)
        for kind, (name, purpose) in FORUMS.items()
    }
    scene = _Scene(centre, begun, at)
    for kind, accounts in SEATS.items():
        for account in accounts:
            forums.give_seat(
                forum=begun[kind],
                user=scene.user(account),
                organisation=scene.speaks_for(account),
                by=by,
                at=at - BEGAN,
            )
    return scene


def _chair(scene: _Scene) -> None:
    """Let the chair of each forum go round since it began."""
    for forum in scene.forums.values():
        began = scene.at - BEGAN
        while began < scene.at:
            seat = forum_queries.chair_of(forum, began).next
            if seat is not None:
                forums.pass_chair(forum=forum, seat=seat, ends_at=began + TERM, by=scene.by("manager"), at=began)
            began += TERM


def _decide(scene: _Scene) -> None:
    """Leave a decision that worked, one that is due for review, and a proposal that lacks answers."""
    at, today = scene.at, london_date(scene.at)
    door = decisions.record_decision(
        forum=scene.forums["board"],
        title="One front door for every referral",
        statement=Statement(
            "Every referral is received at the desk and triaged within 24 hours. The backbone answers for it.",
            review_on=today - 100 * DAY,
            cites="Memorandum of understanding, how we decide",
            measures=("time-to-first-contact", "referrals-handed-back"),
        ),
        by=scene.by("board"),
        at=at - 200 * DAY,
    )
    decisions.review_decision(
        decision=door,
        verdict="worked",
        words="Fewer referrals are handed back, and nobody misses the old doors.",
        next_on=None,
        by=scene.by("board"),
        at=at - 98 * DAY,
    )
    introduced = _propose(scene, "Introduce everybody who wants it to a community partner", made=75, open_for=14)
    for account in SEATS["group"]:
        proposals.answer_proposal(proposal=introduced, answer="agree", by=scene.by(account), at=at - 70 * DAY)
    decisions.decide_proposal(
        proposal=introduced,
        statement=Statement(
            "Whoever sees somebody asks, and a peer worker walks along the first time. From next Monday.",
            review_on=today + 10 * DAY,
            measures=("visits-to-community-partners", "felt-more-connected"),
        ),
        by=scene.by("group"),
        at=at - 60 * DAY,
    )
    rooms = _propose(scene, "Keep two rooms open until ten in the evening", made=5, open_for=11)
    proposals.answer_proposal(proposal=rooms, answer="agree", by=scene.by("lead"), at=at - 4 * DAY)
    proposals.answer_proposal(
        proposal=rooms,
        answer="can_live_with_it",
        reason="As long as somebody is at the desk.",
        by=scene.by("manager"),
        at=at - 3 * DAY,
    )


def _propose(scene: _Scene, title: str, *, made: int, open_for: int) -> "Proposal":
    return proposals.make_proposal(
        forum=scene.forums["group"],
        title=title,
        words="People told us that they need this. We try it for three months and then look at the figures.",
        template="consent",
        deadline=scene.at - (made - open_for) * DAY,
        organisation=scene.speaks_for("peer"),
        by=scene.by("peer"),
        at=scene.at - made * DAY,
    )


def _raise(scene: _Scene) -> None:
    """Leave one issue that was answered and closed, one that is looked at and one that waits."""
    at = scene.at
    transport = issues.raise_issue(
        forum=scene.forums["group"],
        title="Nobody knows who may book transport after six",
        words="We lose half an hour every evening. A name on the rota would help.",
        organisation=scene.speaks_for("clinician"),
        by=scene.by("clinician"),
        at=at - 40 * DAY,
    )
    answered = issues.answer_issue(
        issue=transport,
        answer="The shift lead may, up to 60 pounds. It stands in the decision-rights grid now.",
        version=transport.version,
        by=scene.by("lead"),
        at=at - 30 * DAY,
    )
    issues.close_issue(issue=answered, by=scene.by("clinician"), at=at - 28 * DAY)
    quiet = issues.raise_issue(
        forum=scene.forums["group"],
        title="No quiet room in the evening",
        words="People wait in the corridor because the rooms are locked at eight.",
        organisation=scene.speaks_for("peer"),
        by=scene.by("peer"),
        at=at - 12 * DAY,
    )
    issues.take_issue(issue=quiet, by=scene.by("lead"), at=at - 10 * DAY)
    issues.raise_issue(
        forum=scene.forums["backbone"],
        title="The printer at the desk prints names where visitors see them",
        words="It stands beside the door. It could stand behind the desk.",
        organisation=scene.speaks_for("clinician"),
        by=scene.by("clinician"),
        at=at - 2 * DAY,
    )


def _meet(scene: _Scene) -> None:
    """Leave a meeting with minutes, and one that is prepared."""
    group, at, by = scene.forums["group"], scene.at, scene.by("manager")
    hour = timedelta(hours=1)
    past = meetings.plan_meeting(forum=group, starts_at=at - 20 * DAY, place="Room 12", by=by, at=at - 34 * DAY)
    meetings.add_item(meeting=past, title="What the figures of the last month say", by=by, at=at - 30 * DAY)
    seats = forum_queries.seats_of(group, at - 20 * DAY)
    meetings.hold_meeting(
        meeting=past,
        present=seats[:3],
        minutes="# Figures\n\nWaits are shorter since the front door. We look again in three months.\n\n"
        "# Evenings\n\nPeers ask for a quiet room. Amina looks into it.",
        by=by,
        at=at - 20 * DAY + 2 * hour,
    )
    coming = meetings.plan_meeting(forum=group, starts_at=at + 8 * DAY, place="Room 12", by=by, at=at - 6 * DAY)
    quiet = group.issues.filter(state="taken").first()
    meetings.add_item(meeting=coming, title="Evenings", issue=quiet, by=by, at=at - 5 * DAY)
    meetings.add_item(
        meeting=coming,
        title="Rooms",
        proposal=group.proposals.filter(state="open").first(),
        by=by,
        at=at - 4 * DAY,
    )
    meetings.add_paper(
        meeting=coming,
        title="Who comes in the evening",
        text="A third of all visits begin after six. Half of them are for company and a listening ear.",
        by=by,
        at=at - 4 * DAY,
    )


def _risk(scene: _Scene) -> None:
    """Leave a risk that rises and that a charity carries, one that falls, and one that is none any more."""
    at, today, by = scene.at, london_date(scene.at), scene.by("manager")
    waiting = risks.open_risk(
        forum=scene.forums["group"],
        title="People wait at home with nobody looking in",
        judgement=Judgement(
            3, 4, "Between the first call and the first visit nobody is charged with looking in.", today
        ),
        holdings=[
            scene.holding(TRUST),
            scene.holding(LANTERN, "Peer workers call every second day. Nobody pays for it, and nobody covers leave."),
        ],
        by=by,
        at=at - 120 * DAY,
    )
    risks.review_risk(
        risk=waiting,
        judgement=Judgement(4, 4, "Two peer workers have left, and calls were missed.", today + 5 * DAY),
        version=1,
        by=by,
        at=at - 20 * DAY,
    )
    lantern, trust = scene.holding(LANTERN).organisation, scene.holding(TRUST).organisation
    risks.add_control(
        risk=waiting, words="Calls every second day", organisation=lantern, in_place=True, by=by, at=at - 110 * DAY
    )
    risks.add_control(
        risk=waiting,
        words="Paid cover for calls when peer workers are away",
        organisation=trust,
        due_on=today + 30 * DAY,
        by=by,
        at=at - 19 * DAY,
    )
    lease = risks.open_risk(
        forum=scene.forums["board"],
        title="The lease of the building ends next year",
        judgement=Judgement(4, 5, "Without a lease there is no centre.", today - 30 * DAY),
        holdings=[scene.holding(COUNCIL, "It signs the lease."), scene.holding(TRUST)],
        by=by,
        at=at - 150 * DAY,
    )
    risks.review_risk(
        risk=lease,
        judgement=Judgement(2, 5, "The owner has offered five years more.", today + 60 * DAY),
        version=1,
        by=by,
        at=at - 30 * DAY,
    )
    twice = risks.open_risk(
        forum=scene.forums["backbone"],
        title="Visits are typed twice",
        judgement=Judgement(4, 2, "Two systems, one pair of hands.", today - 100 * DAY),
        holdings=[scene.holding(LANTERN, "Its people type in the evening."), scene.holding(TRUST)],
        by=by,
        at=at - 190 * DAY,
    )
    risks.close_risk(risk=twice, reason="The trust's system sends them on now.", by=by, at=at - 90 * DAY)


def _want(scene: _Scene) -> None:
    """Write down what the board wants, down to the measures."""
    by, at = scene.by("board"), scene.at - 180 * DAY
    for title, words, under in OUTCOMES:
        outcome = priorities.agree_outcome(forum=scene.forums["board"], title=title, words=words, by=by, at=at)
        for priority, measures in under:
            priorities.set_priority(outcome=outcome, title=priority, measures=measures, by=by, at=at)
