"""95% confidence limits of proportions and rates, as England's public health profiles compute them.

The night run computes the same limits in SQL; this is what it is checked against. Limits are of raw
fractions: a measure's multiplier is for the page.
"""

import math
from decimal import Decimal
from typing import NamedTuple

Z = 1.959963984540054
"""The 97.5th percentile of the normal distribution."""

EXACT_POISSON: tuple[tuple[float, float], ...] = (
    (0.0, 3.6888794541139363),
    (0.025317807984289876, 5.571643390938899),
    (0.2422092785439649, 7.224687667723961),
    (0.6186721228956013, 8.767273069742327),
    (1.0898653736263249, 10.241588675403698),
    (1.6234863901184204, 11.668332079322669),
    (2.2018942534908508, 13.059474022518685),
    (2.814363051519866, 14.42267536170238),
    (3.4538321767485014, 15.763189220193315),
    (4.115373097378332, 17.08480345141917),
)
"""The exact Poisson limits of 0 to 9 events (Garwood): the rates at which so many, or so few, have a chance of 2.5%."""


class Limits(NamedTuple):
    """Lower and upper 95% confidence limit."""

    lower: float
    upper: float


def limits(unit: str, numerator: int | Decimal, denominator: int | Decimal | None) -> Limits | None:
    """The limits that fit the measure's unit: `proportion` Wilson's, `rate` Poisson's, any other none.

    None too where the model does not fit: no denominator, or one of zero; parts of an event; more than all.
    """
    if not denominator or numerator < 0 or numerator != int(numerator):
        return None
    if unit == "proportion" and numerator <= denominator == int(denominator):
        return wilson(int(numerator), int(denominator))
    if unit == "rate":
        events = poisson(int(numerator))
        return Limits(events.lower / float(denominator), events.upper / float(denominator))
    return None


def wilson(successes: int, trials: int) -> Limits:
    """Wilson's score limits of `successes / trials`, for 0 to `trials` successes and 1 trial or more."""
    squared = Z * Z
    centre = 2 * successes + squared
    reach = Z * math.sqrt(squared + 4 * successes * (1 - successes / trials))
    span = 2 * (trials + squared)
    # The ends are exact in theory; rounding would put them a hair outside 0 or 1.
    lower = 0.0 if successes == 0 else (centre - reach) / span
    upper = 1.0 if successes == trials else (centre + reach) / span
    return Limits(lower, upper)


def poisson(events: int) -> Limits:
    """Limits of a number of events: exact under 10, from there on Byar's."""
    return Limits(*EXACT_POISSON[events]) if events < len(EXACT_POISSON) else byar(events)


def byar(events: int) -> Limits:
    """Byar's approximation of the Poisson limits, good for 10 events or more; 1 at least."""
    above = events + 1
    lower = events * (1 - 1 / (9 * events) - Z / (3 * math.sqrt(events))) ** 3
    upper = above * (1 - 1 / (9 * above) + Z / (3 * math.sqrt(above))) ** 3
    return Limits(lower, upper)
