"""Making figures up: always the same ones, so that what the charts show is known beforehand.

Chance depends on the centre, measure, organisation and place of the month in the window, never on the calendar:
whenever the demonstration is loaded, its charts have the same shape and end with the last complete month. Noise is
spread evenly within bounds, so that on its own it never leaves the limits of an XmR chart.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from dashboard.demonstration.sending import Sent

MONTHS = 36


@dataclass(frozen=True, slots=True)
class Gap:
    """Months for which an organisation gives an answer without figures; without a state it sends nothing at all."""

    organisation: str
    places: tuple[int, ...]
    state: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """How one measure goes at one centre.

    `levels` are (place of the month, level) with straight lines between them: the value of a ratio, a factor for a
    count. `sizes` are an organisation's usual denominator of a month, or its usual count. `noise` is the furthest that
    chance moves the level, as a share of it. `among` names the count that is the ratio's denominator; `steady`
    denominators hardly move. `first` is the place of the first month; from `calm` on, chance does a tenth of what it
    did, so that a trend may be seen. Another `seed` is another chance.
    """

    levels: tuple[tuple[int, float], ...]
    sizes: Mapping[str, int]
    noise: float
    kind: Literal["proportion", "ratio", "count"] = "proportion"
    among: str = ""
    steady: bool = False
    first: int = 0
    breakdowns: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    calm: int = MONTHS
    seed: int = 0

    def gap(self, organisation: str, place: int) -> Gap | None:
        """Return the gap that this organisation has in this month."""
        return next((gap for gap in self.gaps if gap.organisation == organisation and place in gap.places), None)


SHARES: Mapping[str, Mapping[str, float]] = {
    "ethnic_group": {
        "A": 0.585,
        "B": 0.012,
        "C": 0.06,
        "D": 0.018,
        "E": 0.012,
        "F": 0.01,
        "G": 0.014,
        "H": 0.03,
        "J": 0.055,
        "K": 0.035,
        "L": 0.025,
        "M": 0.03,
        "N": 0.045,
        "P": 0.012,
        "R": 0.008,
        "S": 0.014,
        "Z": 0.015,
        "99": 0.02,
    },
    "deprivation_quintile": {"1": 0.34, "2": 0.24, "3": 0.18, "4": 0.13, "5": 0.08, "99": 0.03},
}
"""How the people of a made-up month divide."""

ODDS: Mapping[str, Mapping[str, float]] = {
    "ethnic_group": {"A": 1.03, "J": 0.94, "K": 0.92, "M": 0.93, "N": 0.94},
    "deprivation_quintile": {"1": 0.94, "2": 0.98, "4": 1.04, "5": 1.06},
}
"""How much more or less likely than others a group is to be counted; 1 where nothing is said."""


def window(today: date) -> list[date]:
    """Return the first days of the 36 months that end with the last complete one."""
    months = []
    month = today.replace(day=1)
    for _ in range(MONTHS):
        month = (month - timedelta(days=1)).replace(day=1)
        months.append(month)
    return months[::-1]


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens at one centre, by measure."""

    centre: str
    stories: Mapping[str, Story]

    def figures(self, organisation: str, months: Sequence[date]) -> list[Sent]:
        """Return everything that one organisation sends for a window of months, month after month."""
        return [
            sent for place, month in enumerate(months) for sent in self._month(organisation, place, f"{month:%Y-%m}")
        ]

    def _month(self, organisation: str, place: int, period: str) -> Iterator[Sent]:
        for code, story in self.stories.items():
            if organisation not in story.sizes or place < story.first:
                continue
            gap = story.gap(organisation, place)
            if gap is None:
                total = Sent(code, period, *self._total(code, organisation, place))
                yield total
                for dimension in story.breakdowns:
                    yield from _broken_down(dimension, total, capped=story.kind == "proportion")
            elif gap.state:
                yield Sent(code, period, state=gap.state, reason=gap.reason)

    def _total(self, code: str, organisation: str, place: int) -> tuple[int, int | None]:
        """Return numerator and denominator of one organisation and month."""
        story = self.stories[code]
        noise = story.noise if place < story.calm else story.noise / 10
        level = _level(story, place) * (1 + noise * _chance(self.centre, code, story.seed, place))
        own = level * (1 + noise / 4 * _chance(self.centre, code, story.seed, organisation, place))
        size = story.sizes[organisation]
        if story.kind == "count":
            return round(size * own), None
        if story.among:
            denominator, _ = self._total(story.among, organisation, place)
        elif story.steady:
            denominator = size + place * size // 2000
        else:
            denominator = round(size * (1 + 0.05 * _chance(self.centre, code, "people", organisation, place)))
        numerator = round(denominator * own)
        return min(numerator, denominator) if story.kind == "proportion" else numerator, denominator


def _level(story: Story, place: int) -> float:
    """Return the level of a month: on the line between the two named months around it."""
    at = bisect_right([month for month, _ in story.levels], place)
    if at == 0:
        return story.levels[0][1]
    month, level = story.levels[at - 1]
    if at == len(story.levels):
        return level
    following, next_level = story.levels[at]
    return level + (next_level - level) * (place - month) / (following - month)


def _chance(*names: str | int) -> float:
    """Return a number between -1 and 1 that the names alone decide."""
    return Random(" ".join(map(str, names))).random() * 2 - 1  # noqa: S311  (repeatable by design; nothing is secret)


def _broken_down(dimension: str, total: Sent, *, capped: bool) -> Iterator[Sent]:
    """Divide a total into categories that add up to it."""
    shares = SHARES[dimension]
    odds = ODDS[dimension]
    numerator = total.numerator or 0
    if total.denominator is None:
        parts = divided(numerator, list(shares.values()), [numerator] * len(shares))
        for category, part in zip(shares, parts, strict=True):
            yield Sent(total.measure, total.period, part, None, dimension, category)
        return
    people = divided(total.denominator, list(shares.values()), [total.denominator] * len(shares))
    weights = [count * odds.get(category, 1.0) for category, count in zip(shares, people, strict=True)]
    most = [count if capped else numerator * (count > 0) for count in people]
    for category, part, count in zip(shares, divided(numerator, weights, most), people, strict=True):
        yield Sent(total.measure, total.period, part, count, dimension, category)


def divided(total: int, weights: Sequence[float], most: Sequence[int]) -> list[int]:
    """Divide a whole number by weights, none above its most; what is left goes where it is missed most.

    Raises ValueError where the parts together may not hold the total.
    """
    if total > sum(most):
        raise ValueError(f"{total} is more than all parts may hold together.")
    whole = sum(weights) or 1.0
    ideal = [total * weight / whole for weight in weights]
    parts = [min(int(share), limit) for share, limit in zip(ideal, most, strict=True)]
    for _ in range(total - sum(parts)):
        wanting = [place for place, limit in enumerate(most) if parts[place] < limit]
        parts[max(wanting, key=lambda place: ideal[place] - parts[place])] += 1
    return parts
