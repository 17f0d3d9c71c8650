"""Forums and what lies with them, as tests need them, made through the services that make real ones."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from decisions.models import Decision, Forum, ForumSeat, Issue, Meeting, Proposal, Risk
from decisions.services import decisions, forums, issues, meetings, proposals, risks
from decisions.services.decisions import Statement
from decisions.services.risks import Holding, Judgement
from nhc.actors import Actor
from nhc.clock import london_date
from nhc.models import User
from partners.models import Centre, Organisation
from partners.queries.agreements import organisation_at
from tests.cast import MAKER, NOW, Cast

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Gathering:
    """Riverside's partnership group, where Alice sits for the trust and Bashir for the charity, and its empty board."""

    group: Forum
    board: Forum
    alice: ForumSeat
    bashir: ForumSeat


def gathering(people: Cast, *, at: datetime = NOW) -> Gathering:
    """Return the cast's forums."""
    group = forum(people.riverside, "group", at=at)
    board = forum(people.riverside, "board", at=at)
    return Gathering(
        group,
        board,
        seat(group, people.alice, people.trust, at=at),
        seat(group, people.bashir, people.charity, at=at),
    )


def forum(centre: Centre, kind: str = "group", *, at: datetime = NOW, name: str = "") -> Forum:
    """Return a forum that has begun."""
    label = str(Forum.Kind(kind).label)
    return forums.begin_forum(centre=centre, kind=kind, name=name or label, purpose="To talk", by=MAKER, at=at)


def seat(of: Forum, user: User, organisation: Organisation | None, *, at: datetime = NOW) -> ForumSeat:
    """Seat somebody."""
    return forums.give_seat(forum=of, user=user, organisation=organisation, by=MAKER, at=at)


def issue(of: Forum, raiser: User, *, at: datetime = NOW, title: str = "No room after eight") -> Issue:
    """Return an issue that somebody who works at the centre raised."""
    organisation = organisation_at(raiser.pk, of.centre, at)
    assert organisation is not None
    return issues.raise_issue(
        forum=of,
        title=title,
        words="The rooms are locked at eight.",
        organisation=organisation,
        by=Actor.user(raiser),
        at=at,
    )


def proposal(
    of: Forum,
    proposer: User,
    *,
    template: str = "consent",
    at: datetime = NOW,
    days: int = 10,
    title: str = "Keep two rooms open until ten",
) -> Proposal:
    """Return a proposal that is open for some days."""
    return proposals.make_proposal(
        forum=of,
        title=title,
        words="Two rooms stay **open**.",
        template=template,
        deadline=at + timedelta(days=days),
        organisation=forums.speaks_for(proposer.pk, of, at),
        by=Actor.user(proposer),
        at=at,
    )


def answered(to: Proposal, user: User, answer: str, *, reason: str = "", at: datetime = NOW) -> None:
    """Answer a proposal."""
    proposals.answer_proposal(proposal=to, answer=answer, reason=reason, by=Actor.user(user), at=at)


def statement(*measures: str, at: datetime = NOW, adopted: bool = True, review_on: date | None = None) -> Statement:
    """Return an outcome statement that is reviewed after three months."""
    review = review_on or london_date(at) + 91 * DAY
    return Statement("Two rooms stay open.", adopted, review if adopted else None, measures=measures)


def decision(of: Forum, *measures: str, at: datetime = NOW, review_on: date | None = None) -> Decision:
    """Return a decision that was adopted."""
    return decisions.record_decision(
        forum=of,
        title="Rooms stay open",
        statement=statement(*measures, at=at, review_on=review_on),
        by=MAKER,
        at=at,
    )


def meeting(of: Forum, *, at: datetime = NOW, days: int = 7) -> Meeting:
    """Return a meeting that is planned."""
    return meetings.plan_meeting(forum=of, starts_at=at + timedelta(days=days), place="Room 1", by=MAKER, at=at)


def judgement(likelihood: int = 3, impact: int = 4, *, at: datetime = NOW, days: int = 28) -> Judgement:
    """Return how a risk stands."""
    return Judgement(likelihood, impact, "People wait longer than they should.", london_date(at) + days * DAY)


def risk(of: Forum, *organisations: Organisation, at: datetime = NOW, title: str = "Waits grow") -> Risk:
    """Return a risk that is open and held by organisations."""
    return risks.open_risk(
        forum=of,
        title=title,
        judgement=judgement(at=at),
        holdings=[Holding(each, "Its people carry the waits.") for each in organisations],
        by=MAKER,
        at=at,
    )
