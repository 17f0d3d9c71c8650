"""How the values of one chart are written: 88%, 1,234, 3.4 days, 12.3 per 1,000."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from dashboard.xmr_chart import Unit, XmRChart

MOST_PLACES = 3
_ROUNDING = Context(prec=400, rounding=ROUND_HALF_UP)
"""Halves go away from nought; room for any float, where the ordinary context stops at 28 digits."""


@dataclass(frozen=True, slots=True)
class Notation:
    """A unit and as many decimal places as the chart's values need to differ."""

    unit: Unit
    places: int

    def value(self, value: float) -> str:
        """Return the value with its unit."""
        return self.number(value) + self.suffix

    def number(self, value: float) -> str:
        """Return the value as multiplied, without its unit; a whole count never has decimals."""
        shown = scaled(value, self.unit)
        whole = self.unit.kind == "count" and shown == shown.to_integral_value()
        return _written(shown, 0 if whole else self.places)

    def span(self, low: float, high: float) -> str:
        """Return "68% to 91%" or "2.1 to 4.7 days"."""
        return f"{self.value(low) if self.suffix == '%' else self.number(low)} to {self.value(high)}"

    def exact(self, value: float) -> str:
        """Return a target as it was set, with the decimals it needs and no more."""
        shown = scaled(value, self.unit)
        needed = next((places for places in range(MOST_PLACES) if _rounded(shown, places) == shown), MOST_PLACES)
        return _written(shown, needed) + self.suffix

    @property
    def suffix(self) -> str:
        """What follows the number."""
        label = self.unit.label
        if is_percentage(self.unit):
            return "%"
        if self.unit.kind == "count":
            return ""
        if label.startswith("per ") or self.unit.multiplier == 1:
            return f" {label}" if label else ""
        return f" {label} per {self.unit.multiplier:,}" if label else f" per {self.unit.multiplier:,}"


def is_percentage(unit: Unit) -> bool:
    """Whether values are parts of a hundred."""
    return unit.kind == "proportion" and unit.multiplier == 100


def scaled(value: float, unit: Unit) -> Decimal:
    """Return the value as multiplied, by its decimal digits: 0.285 as 28.5 and not 28.499999999999996."""
    return _ROUNDING.multiply(Decimal(repr(float(value))), unit.multiplier)


def notation(chart: XmRChart) -> Notation:
    """Return how to write the chart's values: few decimals, but enough to tell limits and a near target apart."""
    unit = chart.unit
    places = _places(chart)
    latest, target = _latest(chart), chart.target
    if latest is not None and target is not None and latest != target and unit.kind != "count":
        while places < MOST_PLACES and Notation(unit, places).value(latest) == Notation(unit, places).value(target):
            places += 1
    return Notation(unit, places)


def _places(chart: XmRChart) -> int:
    spread = _spread(chart)
    match chart.unit.kind:
        case "count":
            mean = chart.xmr.mean[-1]
            return 0 if mean is None or abs(mean) >= 10 else 1
        case "proportion" if is_percentage(chart.unit):
            return 0 if spread >= 5 or spread == 0 else 1 if spread >= 0.5 else 2
        case "proportion" if chart.unit.multiplier == 1:
            return 2 if spread >= 0.05 or spread == 0 else 3
    return 0 if spread >= 50 else 1 if spread >= 0.5 or spread == 0 else 2


def _spread(chart: XmRChart) -> float:
    """How far the last limits, or without them the values, lie apart, as multiplied."""
    low, high = chart.xmr.lower_limit[-1], chart.xmr.upper_limit[-1]
    if low is None or high is None:
        values = [value for value in chart.xmr.values if value is not None]
        low, high = (min(values), max(values)) if values else (0.0, 0.0)
    return (high - low) * chart.unit.multiplier


def _latest(chart: XmRChart) -> float | None:
    return next((value for value in reversed(chart.xmr.values) if value is not None), None)


@lru_cache(maxsize=4096)
def _written(shown: Decimal, places: int) -> str:
    rounded = _rounded(shown, places)
    text = f"{abs(rounded):,.{places}f}"
    return f"−{text}" if rounded < 0 else text


def _rounded(shown: Decimal, places: int) -> Decimal:
    return shown.quantize(Decimal(1).scaleb(-places), context=_ROUNDING)
