"""The norms pulse: which round is open, who has answered, and who sends its figures."""

from collections.abc import Sequence
from datetime import date, datetime

from partners.models import (
    Agreement,
    AgreementVersion,
    Centre,
    Collection,
    Organisation,
    PulseParticipation,
    PulseRound,
    Return,
)
from partners.models.pulse import CHOICES, QUESTIONS
from partners.queries.binding import in_force
from partners.queries.organisations import holds_on

CODE = "norms-pulse"
"""The measure that a round's figures are sent for."""


def open_round(centre: Centre, at: datetime) -> PulseRound | None:
    """Return the round that can be answered at an instant."""
    return (
        PulseRound.objects.select_related("centre").filter(centre=centre, opened_at__lte=at, closes_at__gt=at).first()
    )


def has_answered(shown: PulseRound, user_id: int) -> bool:
    """Whether somebody has answered a round. What they answered nobody can tell."""
    return PulseParticipation.objects.filter(round=shown, user_id=user_id).exists()


def is_collected(centre: Centre) -> bool:
    """Whether a centre collects the pulse's figures, ever did or will."""
    return Collection.objects.filter(centre=centre, measure__code=CODE).exists()


def sender(centre: Centre, day: date) -> Organisation | None:
    """Return the organisation that owes the centre's pulse on a day: the backbone. None where nobody does."""
    owed = (
        Return.objects.filter(holds_on(day), centre=centre, measures__measure__code=CODE)
        .select_related("organisation")
        .order_by("organisation__code")
        .first()
    )
    return None if owed is None else owed.organisation


def centres_with_norms(at: datetime) -> list[Centre]:
    """Return the centres with a norms charter in force: they are asked for a pulse."""
    charters = AgreementVersion.objects.filter(in_force(at), agreement__kind=Agreement.Kind.NORMS)
    return list(Centre.objects.filter(pk__in=charters.values("agreement__centre_id")).order_by("slug"))


def agreeing(counts: Sequence[int]) -> tuple[int, int, int]:
    """Return how many people answered, how many answers agree (one of the two highest choices), and of how many."""
    people = sum(counts[:CHOICES])
    agree = sum(
        counts[question * CHOICES + choice] for question in range(QUESTIONS) for choice in (CHOICES - 2, CHOICES - 1)
    )
    return people, agree, sum(counts)
