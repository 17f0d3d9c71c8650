"""The small-number rule: what of a figure may be shown to those who may not see it exactly.

The rule `hes` is the one that NHS England applies to hospital episode statistics: figures that rest on 1 to 7
people are hidden, everything else is rounded to the nearest 5. The rounding takes the place of a second round
of hiding: what sums and differences of rounded figures say about a hidden one is nearly always a range; where it
is not, `dashboard.disclosure.tables` says what to hide besides. The rule looks at one cell alone, so it can be
applied at every way out.
"""

from dataclasses import dataclass
from decimal import Decimal

from dashboard.intervals import limits

CONFIDENTIAL = "c"
"""The flag of a hidden figure: government statistics' shorthand for confidential."""

LARGEST_HIDDEN = 7
ROUNDED_TO = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as it may be shown. Everything is None where it is hidden (`flag` is `c`) or was not there (no flag).

    `value` is numerator over denominator (the numerator where the measure has no denominator), limits are
    95%.
    """

    numerator: int | Decimal | None
    denominator: int | Decimal | None
    value: float | None
    lower: float | None
    upper: float | None
    flag: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """One cell as it is. `denominator` is None where the measure has none."""

    numerator: int | Decimal
    denominator: int | Decimal | None = None

    def plus(self, other: "Figures") -> "Figures":
        """Return both together."""
        numerator = self.numerator + other.numerator
        if self.denominator is None or other.denominator is None:
            return Figures(numerator)
        return Figures(numerator, self.denominator + other.denominator)

    @property
    def zero(self) -> "Figures":
        """What nobody adds to these."""
        return Figures(0, None if self.denominator is None else 0)

    @property
    def rounded(self) -> "Figures":
        """Both counts to the nearest 5."""
        return Figures(rounded(self.numerator), None if self.denominator is None else rounded(self.denominator))

    @property
    def counts(self) -> tuple[int | Decimal, ...]:
        """All that must not be small: the numerator, and where there is a denominator that and their difference."""
        if self.denominator is None:
            return (self.numerator,)
        return self.numerator, self.denominator, self.denominator - self.numerator

    @property
    def small(self) -> bool:
        """Whether the rule hides it."""
        return any(map(small, self.counts))


NOTHING = Cell(None, None, None, None, None, None)
HIDDEN = Cell(None, None, None, None, None, CONFIDENTIAL)


def apply(
    numerator: int | Decimal | None,
    denominator: int | Decimal | None = None,
    *,
    unit: str,
    rule: str = "hes",
) -> Cell:
    """One figure under the measure's rule (`hes`, or `none`: exact, for figures already published nationally).

    `denominator` is None where the measure has none; a `numerator` of None (nothing reported) shows nothing.
    `unit` is the measure's and picks the limits (`dashboard.intervals.limits`). Raises ValueError for a rule
    of another name, so that a new one cannot let figures through.
    """
    if rule not in {"hes", "none"}:
        raise ValueError(f"There is no disclosure rule {rule!r}. Use hes or none.")
    if numerator is None:
        return NOTHING
    if rule == "none":
        return _cell(numerator, denominator, unit)
    figures = Figures(numerator, denominator)
    return HIDDEN if figures.small else _cell(figures.rounded.numerator, figures.rounded.denominator, unit)


def beside_own(own: Figures, others: Figures, *, unit: str) -> Cell:
    """One figure to a reader who knows a part of it: their own with what the rule shows of all others' together.

    The others' figures enter as the rule shows them and as nothing else: rounded, or not at all. So whatever the
    reader sends or corrects, and however often, what they read says no more of the others than that. A count is
    rounded twice: it may be 4 from the truth, and 5 from what a reader with no part in it is shown.
    """
    theirs = others.rounded
    if others.small or any(small(mine) and not near for mine, near in zip(own.counts, theirs.counts, strict=True)):
        return HIDDEN
    together = own.plus(theirs).rounded
    return _cell(together.numerator, together.denominator, unit)


def small(count: int | Decimal) -> bool:
    """1 to 7; of quantities that are not whole, anything above 0 and under 8."""
    return 0 < count < LARGEST_HIDDEN + 1


def rounded(count: int | Decimal) -> int:
    """The nearest 5; halfway (which only a quantity such as 12.5 can be) goes up."""
    return int((2 * count + ROUNDED_TO) // (2 * ROUNDED_TO)) * ROUNDED_TO


def _cell(numerator: int | Decimal, denominator: int | Decimal | None, unit: str) -> Cell:
    if denominator is None:
        value: float | None = float(numerator)
    else:
        value = float(numerator) / float(denominator) if denominator else None
    interval = limits(unit, numerator, denominator)
    lower, upper = interval if interval else (None, None)
    return Cell(numerator, denominator, value, lower, upper, None)
