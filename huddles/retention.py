"""How long the record of a person is kept: the rules of the NHS Records Management Code of Practice, as data.

Plain Python. A rule counts from the day on which the person was last seen: the end of their last episode.
"""

from dataclasses import dataclass
from datetime import date

ADULTHOOD = 18
CHILD_UNTIL = 25
"""A child's record is kept until the 25th birthday, or the 26th for one who was 17 at the end (appendix II)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the Code: for how many years after the end, and where the Code says so."""

    code: str
    name: str
    years: int
    cites: str


_CODE = "NHS Records Management Code of Practice, appendix II"

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("adult_health", "Adult health record", 8, f"{_CODE}: adult health records"),
        Rule("mental_health", "Mental health record", 20, f"{_CODE}: mental health records, including psychology"),
    )
}

LONGEST = RULES["mental_health"]
"""The rule of a centre that has chosen none: nothing goes too early for want of a choice."""


def kept_until(rule: Rule, *, last_seen: date, born_on: date | None, born_about: bool = False) -> date:
    """Return the first day on which a record may be disposed of.

    It is never before a child's 25th or 26th birthday. Where a date of birth is not known and something was said about
    it (`born_about`), they may have been a child of any age: 25 years after they were last seen. Where nothing was said
    they count as an adult.
    """
    until = _years_later(last_seen, rule.years)
    if born_on is None:
        return max(until, _years_later(last_seen, CHILD_UNTIL)) if born_about else until
    if last_seen >= _years_later(born_on, ADULTHOOD):
        return until
    seventeen = last_seen >= _years_later(born_on, ADULTHOOD - 1)
    return max(until, _years_later(born_on, CHILD_UNTIL + seventeen))


def _years_later(day: date, years: int) -> date:
    """Return the same day some years later; 1 March for a 29 February that the year has not."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
