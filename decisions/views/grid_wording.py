"""Grids in words: limits, times, and what the finder found."""

from datetime import datetime
from decimal import Decimal

from decisions.finder import Finding, Kind
from nhc import formats

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def amount_words(amount: Decimal, unit: str) -> str:
    """Return "£200", "4 hours" or "1 person": an amount with its unit, which stands as the grid has it."""
    return formats.with_unit(amount, unit)


def minutes_words(minutes: int) -> str:
    """Return "15 minutes", "1 hour", "1 hour 30 minutes" or "2 days"."""
    parts = []
    for size, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        count, minutes = divmod(minutes, size)
        if count:
            parts.append(formats.counted(count, name))
    return " ".join(parts)


def finding_words(finding: Finding) -> str:
    """Return what was found in a sentence without its end, the time of it left out."""
    titles = [row.title for row in finding.rows]
    named = _list(titles if len(titles) < 4 else [*titles[:2], f"{len(titles) - 2} more"])
    if finding.kind is Kind.EMPTY_RUNG:
        return f"Nobody is on as {finding.holders[0].name}, who is called for {named}"
    if finding.kind is Kind.TWO_DECIDE:
        return f"{_list([each.name for each in finding.holders])} both decide {named}"
    if finding.always:
        return f"The grid names nobody who decides {named}"
    return f"Nobody who decides {named} is on"


def when_words(finding: Finding) -> str:
    """Return when it is so: "Tue 24 Nov, 08:00 to 20:00"; "At all times" where no hour would help."""
    if finding.always:
        return "At all times"
    return span_words(finding.starts_at, finding.ends_at)


def span_words(starts_at: datetime, ends_at: datetime) -> str:
    """Return two instants, the day of the second one where it is another."""
    first, last = formats.day_and_time(starts_at), formats.day_and_time(ends_at)
    same = first.partition(",")[0] == last.partition(",")[0]
    return f"{first} to {last.partition(', ')[2] if same else last}"


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


WORDS = {
    "amount_words": amount_words,
    "minutes_words": minutes_words,
    "finding_words": finding_words,
    "when_words": when_words,
}
"""What templates of grids call."""
