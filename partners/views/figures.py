"""Figures, answers and breakdowns in words."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from nhc.formats import figure
from partners import periods
from partners.dimensions import DIMENSIONS
from partners.models import Observation
from partners.views.wording import STATES

KINDS = {"created": "New", "changed": "Corrected", "unchanged": "No change", "removed": "Withdrawn"}
"""What sending does to a figure."""


def sent_words(said: Mapping[str, object] | None) -> str:
    """Return a figure in words: 41 of 52, 1,204, Not collected; Not sent where there is none."""
    if said is None:
        return "Not sent"
    state = str(said.get("state") or "reported")
    if state != "reported":
        return STATES.get(state, state)
    return " of ".join(text for name in ("numerator", "denominator") if (text := _number(said.get(name))))


def observation_words(observation: Observation | None) -> str:
    """Return a stored figure in words, as `sent_words` does."""
    if observation is None:
        return "Not sent"
    return sent_words(
        {
            "state": observation.state,
            "numerator": observation.numerator,
            "denominator": observation.denominator,
        }
    )


def period_words(entry: Mapping[str, object]) -> str:
    """Return what people call a period of a submission: October 2026 for `{"period": "2026-10", "start", "end"}`."""
    name = str(entry["period"])
    for kind in periods.EXAMPLES:
        try:
            period = periods.parse(name, kind)
        except (periods.InvalidPeriodError, periods.WrongPeriodTypeError):
            continue
        if (period.start.isoformat(), period.end.isoformat()) == (entry["start"], entry["end"]):
            return period.words
    return name


def counts_words(counts: Mapping[str, int]) -> str:
    """Return "3 new, 1 corrected"; what did not happen is left out."""
    said = {"created": "new", "changed": "corrected", "removed": "withdrawn", "unchanged": "without change"}
    return ", ".join(f"{counts[name]:,} {words}" for name, words in said.items() if counts.get(name)) or "nothing new"


def breakdown_words(dimension: str, category: str) -> str:
    """Return "ethnicity: Indian"; nothing for a total."""
    if not dimension:
        return ""
    known = DIMENSIONS.get(dimension)
    if known is None:
        return f"{dimension}: {category}"
    labels = {each.code: each.label for each in known.categories}
    return f"{known.label.lower()}: {labels.get(category, category)}"


def _number(given: object) -> str:
    if given is None or given == "":
        return ""
    try:
        return figure(Decimal(str(given).replace(",", "")))
    except InvalidOperation:
        return str(given)
