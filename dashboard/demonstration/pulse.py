"""The demonstration's norms pulse: what people answered in every month since the charter was first agreed."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random

from dashboard.demonstration.agreements import BEGAN
from nhc.actors import Actor
from nhc.clock import LONDON, london_date
from partners.queries import induction as induction_queries
from partners.queries import pulse as queries
from partners.services import pulse

LIKELY = {"riverside": 0.62, "hillside": 0.7}
"""How likely an answer agrees at first; at Riverside it grows once the charter has been changed."""

GROWTH = 0.025
"""By how much more likely it becomes each month, from the month in `GROWS` on."""
GROWS = 8

QUESTIONS = 3
AGREE, OTHERWISE = (3, 4), (0, 1, 2)
"""The choices that agree, and the others."""


def load(*, by: Actor, at: datetime) -> None:
    """Let people answer month after month, then send the figures; all in the caller's transaction.

    This month's round is open, and nobody has answered it yet.
    """
    chance = Random(41)  # noqa: S311  (made-up answers, the same each time)
    for place, opened_at in enumerate(_months(at)):
        pulse.open_rounds(by=by, at=opened_at)
        _answer(place, chance, by=by, at=opened_at + timedelta(days=3))
    pulse.close_rounds(by=by, at=at)
    pulse.open_rounds(by=by, at=at)


def _months(at: datetime) -> Sequence[datetime]:
    """Return when the rounds of past months opened, the oldest first: in each whole month since the charter."""
    firsts = []
    first = london_date(at).replace(day=1)
    while (first := (first - timedelta(days=1)).replace(day=1)) > london_date(at - BEGAN):
        firsts.append(datetime.combine(first, time(0, 15), LONDON))
    return firsts[::-1]


def _answer(place: int, chance: Random, *, by: Actor, at: datetime) -> None:
    for centre in queries.centres_with_norms(at):
        shown = queries.open_round(centre, at)
        likely = LIKELY.get(centre.slug, 0.6)
        if centre.slug == "riverside":
            likely += GROWTH * max(0, place - GROWS)
        people = {each.user_id: each.user for each in induction_queries.people(centre, at)}
        for _, user in sorted(people.items()):
            if shown is not None:
                choices = [_choice(likely, chance) for _ in range(QUESTIONS)]
                pulse.answer(shown=shown, user=user, choices=choices, by=Actor.user(user), at=at)


def _choice(likely: float, chance: Random) -> int:
    return chance.choice(AGREE if chance.random() < likely else OTHERWISE)
