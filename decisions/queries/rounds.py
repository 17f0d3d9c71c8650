"""Rounds of consent: what each partner has said, who is still silent, and which objections stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from decisions.lifecycle import ConsentAnswerKind
from decisions.models import ConsentAnswer, ConsentRound, GridVersion
from nhc.clock import london_date
from partners.queries import directory, speakers

if TYPE_CHECKING:
    from partners.models import Organisation


@dataclass(frozen=True, slots=True)
class Stand:
    """A partner and what it says in a round: its newest answer, None while it has said nothing."""

    organisation: "Organisation"
    answer: ConsentAnswer | None


def open_round(version: GridVersion) -> ConsentRound | None:
    """Return the round in which partners answer about a version now."""
    return version.rounds.filter(closed_at__isnull=True).first()


def last_round(version: GridVersion) -> ConsentRound | None:
    """Return the newest round about a version, open or closed."""
    return version.rounds.order_by("-opened_at", "-pk").first()


def rounds_of(version: GridVersion) -> list[ConsentRound]:
    """Return every round about a version that has closed, newest first."""
    found = version.rounds.select_related("version__grid__centre").filter(closed_at__isnull=False)
    return list(found.order_by("-opened_at", "-pk"))


def round_by_id(round_id: int) -> ConsentRound | None:
    """Return a round with its version."""
    return ConsentRound.objects.select_related("version__grid__centre").filter(pk=round_id).first()


def newest_answers(consent: ConsentRound) -> dict[int, ConsentAnswer]:
    """Return what each organisation said last in a round, by its key. One query."""
    found = consent.answers.select_related("organisation", "user").order_by("organisation_id", "-answered_at", "-pk")
    return {answer.organisation_id: answer for answer in found.distinct("organisation_id")}


def answers_of(consent: ConsentRound) -> list[ConsentAnswer]:
    """Return everything that was said in a round, oldest first."""
    return list(consent.answers.select_related("organisation", "user").order_by("answered_at", "pk"))


def stands(consent: ConsentRound, at: datetime) -> list[Stand]:
    """Return every partner of the centre, and whoever answered and left, with what it says. By name, two queries."""
    answers = newest_answers(consent)
    partners = directory.partners_at(consent.version.grid.centre, at)
    known = {each.pk for each in partners}
    left = [answer.organisation for answer in answers.values() if answer.organisation_id not in known]
    return [Stand(each, answers.get(each.pk)) for each in sorted([*partners, *left], key=lambda each: each.name)]


def silent(consent: ConsentRound, at: datetime) -> list["Organisation"]:
    """Return the partners that have said nothing in a round."""
    return [stand.organisation for stand in stands(consent, at) if stand.answer is None]


def unheard(consent: ConsentRound, stands: Iterable[Stand], at: datetime) -> list["Organisation"]:
    """Return the partners that have said nothing in an open round and for which nobody could. Three queries."""
    if consent.closed_at is not None:
        return []
    waiting = [stand.organisation for stand in stands if stand.answer is None]
    heard = {organisation.pk for organisation, _ in speakers.speakers(consent.version.grid.centre, waiting, at)}
    return [organisation for organisation in waiting if organisation.pk not in heard]


def objections(answers: Iterable[ConsentAnswer]) -> list[ConsentAnswer]:
    """Return the objections among answers that are each an organisation's newest."""
    return [answer for answer in answers if answer.answer == ConsentAnswerKind.OBJECT]


def objections_of(consent: ConsentRound) -> list[ConsentAnswer]:
    """Return the objections that stand in a round. One query."""
    return objections(newest_answers(consent).values())


def last_day(consent: ConsentRound) -> date:
    """Return the last day in London on which partners may answer: a deadline at midnight ends the day before."""
    return london_date(consent.deadline - timedelta.resolution)


def due(at: datetime) -> list[ConsentRound]:
    """Return the rounds anywhere whose deadline has come and that are not closed, the longest due first."""
    found = ConsentRound.objects.filter(closed_at__isnull=True, deadline__lte=at)
    return list(found.select_related("version__grid__centre").order_by("deadline", "pk"))


def waiting(at: datetime) -> list[ConsentRound]:
    """Return the rounds anywhere in which partners still answer."""
    found = ConsentRound.objects.filter(closed_at__isnull=True, deadline__gt=at)
    return list(found.select_related("version__grid__centre").order_by("deadline", "pk"))
