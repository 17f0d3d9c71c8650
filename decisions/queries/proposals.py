"""What forums are asked to decide, and how the answers stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from decisions.counting import Answer, Standing, Template, standing
from decisions.models import ConsentRound, Forum, ForumSeat, Proposal, ProposalAnswer
from decisions.queries import forums, rounds
from nhc.clock import last_date, london_date

if TYPE_CHECKING:
    from partners.models import Centre


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who sits in the forum and their newest answer, None where they have said nothing."""

    seat: ForumSeat
    answer: ProposalAnswer | None


@dataclass(frozen=True, slots=True)
class Heard:
    """A proposal as it stands: everybody's newest answer by name, and whether it can be decided."""

    voices: list[Voice]
    standing: Standing

    @property
    def undecided(self) -> list[ForumSeat]:
        """Return who has said nothing."""
        return [voice.seat for voice in self.voices if voice.answer is None]


def proposals_of(forum: Forum, *, states: tuple[str, ...] = ()) -> QuerySet[Proposal]:
    """Return a forum's proposals, the open ones first, then newest first, with how many have answered (`said`)."""
    chosen = Q(forum=forum, state__in=states) if states else Q(forum=forum)
    return (
        Proposal.objects.filter(chosen)
        .select_related("made_by", "organisation")
        .annotate(said=Count("answers__user", distinct=True, filter=~Q(answers__answer=Answer.NO_ANSWER)))
        .order_by(F("moved_at").desc(nulls_first=True), "-made_at", "-pk")
    )


def proposal_by_id(forum: Forum, proposal_id: int) -> Proposal | None:
    """Return one proposal of a forum, with forum, centre, issue, round of consent and who made it."""
    return (
        Proposal.objects.select_related(
            "forum__centre", "issue", "made_by", "organisation", "about_round__version__grid__centre"
        )
        .filter(forum=forum, pk=proposal_id)
        .first()
    )


def open_about(consent: ConsentRound) -> Proposal | None:
    """Return what the partnership group is asked about the objections of a round, None where it is asked nothing."""
    return consent.proposals.select_related("forum").filter(state="open").first()


def newest_answers(proposal: Proposal) -> dict[int, ProposalAnswer]:
    """Return each person's newest answer, by person."""
    found = proposal.answers.select_related("user", "organisation").order_by("user", "-answered_at", "-pk")
    return {answer.user_id: answer for answer in found.distinct("user")}


def history_of(proposal: Proposal) -> QuerySet[ProposalAnswer]:
    """Return every answer that was ever given, newest first."""
    return proposal.answers.select_related("user", "organisation").order_by("-answered_at", "-pk")


def heard(proposal: Proposal, at: datetime) -> Heard:
    """Return how a proposal stands. Two queries, and one more about objections to the grid.

    Those who speak for an organisation that objects to the grid are heard and not counted: nobody is judge in their
    own cause, and so an objection is no veto.
    """
    seats = forums.seats_of(proposal.forum, at)
    newest = newest_answers(proposal)
    objecting: set[int] = set()
    if proposal.about_round is not None:
        objecting = {each.organisation_id for each in rounds.objections_of(proposal.about_round)}
    counted: Mapping[int, Answer] = {
        user: Answer(answer.answer) for user, answer in newest.items() if answer.answer != Answer.NO_ANSWER
    }
    stands = standing(
        Template(proposal.template),
        counted,
        [seat.user_id for seat in seats if seat.organisation_id not in objecting],
        over=at >= proposal.deadline,
    )
    return Heard([Voice(seat, newest.get(seat.user_id)) for seat in seats], stands)


def waiting_for(user_id: int, centre: "Centre", at: datetime) -> list[Proposal]:
    """Return the open proposals of a centre that a person is asked about and has not answered, the nearest first."""
    seated = ForumSeat.objects.filter(forums.sits(at), user_id=user_id, forum=OuterRef("forum"))
    said = ProposalAnswer.objects.filter(proposal=OuterRef("pk"), user_id=user_id)
    found = Proposal.objects.filter(Exists(seated), ~Exists(said), forum__centre=centre, state="open")
    return list(found.select_related("forum").order_by("deadline", "pk"))


def undecided(at: datetime) -> list[tuple[Proposal, list[int]]]:
    """Return every open proposal whose deadline is within two weeks, with the keys of those who have said nothing."""
    last = london_date(at) + timedelta(days=15)
    found = list(
        Proposal.objects.filter(state="open", deadline__gt=at, deadline__date__lte=last)
        .select_related("forum__centre")
        .order_by("pk")
    )
    seated = forums.people_in({proposal.forum_id for proposal in found}, at)
    said: set[tuple[int, int]] = set(
        ProposalAnswer.objects.filter(proposal__in=found).values_list("proposal_id", "user_id")
    )
    return [
        (proposal, [user for user in seated[proposal.forum_id] if (proposal.pk, user) not in said])
        for proposal in found
    ]


def due_days(proposal: Proposal, at: datetime) -> int:
    """Return how many days there are from today until the last on which it can be answered, in London."""
    return (last_date(proposal.deadline) - london_date(at)).days
