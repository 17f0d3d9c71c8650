"""The rules of the shared contract, applied to a whole submission at once. Plain Python: the rules are handed in.

Nothing stops at the first fault: a sender learns everything that is wrong in one go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from partners import dimensions, periods
from partners.formats import Batch, Fault, Row

LARGEST = 2**53 - 1
_MICRO = Decimal("0.000001")
STATES = frozenset({"reported", "none_offered", "not_collected", "withheld", "withdrawn"})
REASON_LENGTH = 300


@dataclass(frozen=True, slots=True)
class VersionRule:
    """One version of a measure, as far as a submission must know it."""

    id: int
    starts: date
    ends: date | None
    period_type: str
    whole_numbers: bool
    has_denominator: bool
    is_proportion: bool
    breakdowns: frozenset[str]

    def covers(self, day: date) -> bool:
        """Whether a period that starts on the day is counted by this version."""
        return self.starts <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """A measure at one centre, for one organisation.

    `collected` holds the date ranges in which the centre collects it; `closes` the days after a period's end from which
    the organisation's return refuses changes, with the range of period starts to which it applies.
    """

    id: int
    versions: tuple[VersionRule, ...]
    collected: tuple[tuple[date, date | None], ...]
    closes: tuple[tuple[date, date | None, str, int], ...] = ()


class Figure(NamedTuple):
    """One valid observation, ready to store, with its place in the batch. A withdrawn one closes what holds its key."""

    place: int
    measure_id: int
    version_id: int
    period_start: date
    dimension: str
    category: str
    state: str
    numerator: int | float | Decimal | None
    denominator: int | float | Decimal | None
    reason: str


@dataclass(slots=True)
class Checked:
    """What a batch comes to: figures to store where nothing is wrong, faults otherwise, warnings either way."""

    figures: list[Figure] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    periods: dict[tuple[date, date], str] = field(default_factory=dict)


class _Slot(NamedTuple):
    """A (measure, period) pair resolved once, however many rows name it."""

    measure_id: int
    version: VersionRule | None
    start: date
    faults: tuple[tuple[str, str, str], ...]
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class _Clean:
    """A slot where nothing is wrong: what its rows may be broken down by, and the places of those already passed."""

    measure_id: int
    version_id: int
    start: date
    allowed: frozenset[tuple[str, str]]
    seen: dict[tuple[str, str], int]
    has_denominator: bool


TOTAL = ("", "")
"""Dimension and category of a figure that is not broken down."""

DETAILS = {
    "wrong-type": "A list, object or true/false stands where a single value belongs.",
    "missing-field": "A value is missing.",
    "unknown-field": "The contract knows no such field.",
    "unknown-measure": "No measure has this code. GET /api/v1/measures/ lists them.",
    "measure-not-collected-here": "The centre does not collect this measure for this period.",
    "unknown-centre": "There is no such centre that you are a partner of.",
    "several-centres": "One submission concerns one centre. Send one for each centre.",
    "invalid-period": "This is not a period. Write it as the measure counts it, like 2026-03 for a month.",
    "wrong-period-type": "The measure is counted in another kind of period.",
    "future-period": "The period has not begun yet.",
    "period-closed": "The period is closed to changes. Ask the centre to open it.",
    "unknown-dimension": "There is no such breakdown. GET /api/v1/dimensions/ lists them.",
    "unknown-category": "The breakdown has no such category. GET /api/v1/dimensions/ lists them.",
    "breakdown-not-collected": "The measure is not broken down in this way. Send exactly one allowed dimension.",
    "not-a-number": "Enter the number as plain digits, like 41, without commas, signs or words.",
    "negative-number": "The number is below 0. Enter 0 or more.",
    "number-too-large": "The number is larger than 9,007,199,254,740,991.",
    "not-a-whole-number": "This is a count. Enter a whole number.",
    "too-many-decimals": "Use at most 6 decimals.",
    "numerator-above-denominator": "The numerator is larger than the denominator.",
    "missing-denominator": "The measure needs a denominator. Enter it.",
    "unexpected-denominator": "The measure has no denominator. Leave it out.",
    "invalid-state": "Use reported, none_offered, not_collected, withheld or withdrawn.",
    "figures-with-state": "Only a reported observation has figures. Leave them out, or leave out the state.",
    "duplicate-key": "The same measure, period and breakdown occur twice. Send each once.",
    "invalid-mode": "Use merge or replace.",
    "invalid-text": "Use at most 300 characters of plain text.",
    "period-not-ended": "The period has not ended yet: the figure may change.",
    "outlier": "This is far from your own earlier figures. Check it; it is stored as it is.",
    "total-differs-from-breakdown": "The categories do not add up to the total. Both are stored as they are.",
    "malformed": "The body cannot be read.",
}
"""One sentence for each code that says what is wrong and what to do."""


class _Check:
    """State of one pass over a batch."""

    def __init__(self, batch: Batch, rules: Mapping[str, MeasureRule], today: date) -> None:
        self.batch = batch
        self.rules = rules
        self.today = today
        self.result = Checked(faults=list(batch.faults))
        self.slots: dict[tuple[object, object], _Slot] = {}
        self.breakdowns: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
        self.seen: dict[tuple[int, date], dict[tuple[str, str], int]] = {}
        self.clean: dict[tuple[object, object], _Clean] = {}

    def fault(self, index: int, code: str, name: str, also: int | None = None) -> None:
        self.result.faults.append(Fault(code, DETAILS[code], index, name, self.batch.line(index), also))

    def run(self) -> Checked:
        rows = iter(enumerate(self.batch.rows))
        while (other := self.pass_plain(rows)) is not None:
            figure = self.row(*other)
            if figure is not None:
                self.result.figures.append(figure)
        self.warn()
        return self.result

    def pass_plain(self, rows: Iterator[tuple[int, Row]]) -> tuple[int, Row] | None:
        """Pass what nearly every row is: whole numbers for a pair already found good. Return the first other row.

        Everything else, and everything wrong, is left to `row`, which names it.
        """
        clean, new, append = self.clean, tuple.__new__, self.result.figures.append
        for place, row in rows:
            numerator, denominator, given = row.numerator, row.denominator, row.breakdown
            if type(numerator) is not int or row.state is not None or row.reason is not None:
                return place, row
            try:
                slot = clean[row.measure, row.period]
                pair = TOTAL
                if given is not None:
                    (pair,) = given.items()  # type: ignore[attr-defined]  # anything but a dictionary is caught below
                if pair not in slot.allowed:
                    return place, row
            except (KeyError, TypeError, ValueError, AttributeError):
                return place, row
            if slot.has_denominator:
                if type(denominator) is not int or not 0 <= numerator <= denominator <= LARGEST:
                    return place, row
            elif denominator is not None or not 0 <= numerator <= LARGEST:
                return place, row
            if slot.seen.setdefault(pair, place) != place:
                return place, row
            dimension, category = pair
            values = (
                place, slot.measure_id, slot.version_id, slot.start, dimension, category, "reported", numerator,
                denominator, "",
            )  # fmt: skip
            append(new(Figure, values))
        return None

    def row(self, index: int, row: Row) -> Figure | None:
        before = len(self.result.faults)
        slot = self.slot(index, row)
        dimension, category = ("", "") if row.breakdown is None else self.breakdown(index, row, slot)
        state = "reported" if row.state is None else row.state
        if type(state) is not str:
            self.fault(index, "wrong-type", "state")
            return None
        if state not in STATES:
            self.fault(index, "invalid-state", "state")
            return None
        reason = self.reason(index, row.reason)
        numerator, denominator = self.figures(index, row, state, None if slot is None else slot.version)
        if slot is None or slot.version is None or len(self.result.faults) != before:
            return None
        first = self.seen.setdefault((slot.measure_id, slot.start), {}).setdefault((dimension, category), index)
        if first != index:
            self.fault(first, "duplicate-key", "", index)
            return None
        return Figure(
            index,
            slot.measure_id,
            slot.version.id,
            slot.start,
            dimension,
            category,
            state,
            numerator,
            denominator,
            reason,
        )

    def slot(self, index: int, row: Row) -> _Slot | None:
        key = (row.measure, row.period)
        try:
            slot = self.slots.get(key)
        except TypeError:
            slot = None
        if slot is None:
            missing = False
            for name, value in (("measure", row.measure), ("period", row.period)):
                if value is None or value == "":
                    self.fault(index, "missing-field", name)
                    missing = True
                elif type(value) is not str and not (name == "period" and type(value) is date):
                    self.fault(index, "wrong-type", name)
                    missing = True
            if missing:
                return None
            slot = self.slots[key] = self.resolve(str(row.measure), row.period)
            if slot.version is not None and not slot.faults and not slot.unfinished:
                self.clean[key] = _Clean(
                    slot.measure_id,
                    slot.version.id,
                    slot.start,
                    _allowed(slot.version.breakdowns),
                    self.seen.setdefault((slot.measure_id, slot.start), {}),
                    has_denominator=slot.version.has_denominator,
                )
        for code, name, detail in slot.faults:
            self.result.faults.append(Fault(code, detail, index, name, self.batch.line(index)))
        if slot.unfinished:
            self.result.warnings.append(
                Fault("period-not-ended", DETAILS["period-not-ended"], index, "period", self.batch.line(index))
            )
        return slot

    def resolve(self, measure: str, period: object) -> _Slot:
        rule = self.rules.get(measure)
        if rule is None:
            return _Slot(0, None, self.today, (("unknown-measure", "measure", DETAILS["unknown-measure"]),))
        found: periods.Period | None = None
        problem = ("invalid-period", "period", DETAILS["invalid-period"])
        for version in rule.versions:
            try:
                found = _read_period(period, version.period_type)
            except periods.WrongPeriodTypeError as error:
                problem = (
                    "wrong-period-type",
                    "period",
                    f"{DETAILS['wrong-period-type']} {str(error).rpartition('. ')[2]}",
                )
                found = None
                continue
            except periods.InvalidPeriodError:
                found = None
                continue
            if version.covers(found.start):
                return self.resolved(rule, version, found)
        if found is None:
            return _Slot(rule.id, None, self.today, (problem,))
        code = "future-period" if found.start > self.today else "measure-not-collected-here"
        return _Slot(rule.id, None, found.start, ((code, "period", DETAILS[code]),))

    def resolved(self, rule: MeasureRule, version: VersionRule, period: periods.Period) -> _Slot:
        faults = []
        if not any(_within(period.start, starts, ends) for starts, ends in rule.collected):
            faults.append(("measure-not-collected-here", "measure", DETAILS["measure-not-collected-here"]))
        if period.start > self.today:
            faults.append(("future-period", "period", DETAILS["future-period"]))
        for starts, ends, kind, days in rule.closes:
            if kind == period.kind and _within(period.start, starts, ends) and (self.today - period.end).days > days:
                faults.append(("period-closed", "period", DETAILS["period-closed"]))
        self.result.periods[period.start, period.end] = period.name
        unfinished = period.start <= self.today <= period.end
        return _Slot(rule.id, version, period.start, tuple(faults), unfinished)

    def breakdown(self, index: int, row: Row, slot: _Slot | None) -> tuple[str, str]:
        given = row.breakdown
        if not isinstance(given, dict):
            self.fault(index, "wrong-type", "breakdown")
            return "", ""
        if len(given) != 1:
            self.fault(index, "breakdown-not-collected" if given else "missing-field", "breakdown")
            return "", ""
        dimension, category = next(iter(given.items()))
        if dimension == "" or category is None:
            self.fault(index, "missing-field", "category" if category is None else "dimension")
            return "", ""
        if type(category) is not str:
            self.fault(index, "wrong-type", "category")
            return "", ""
        if dimension not in dimensions.DIMENSIONS:
            self.fault(index, "unknown-dimension", "dimension")
        elif not dimensions.is_category(dimension, category):
            self.fault(index, "unknown-category", "category")
        elif slot is not None and slot.version is not None and dimension not in slot.version.breakdowns:
            self.fault(index, "breakdown-not-collected", "dimension")
        return dimension, category

    def reason(self, index: int, given: object) -> str:
        if given is None:
            return ""
        if type(given) is not str:
            self.fault(index, "wrong-type", "reason")
            return ""
        if not is_plain_text(given, REASON_LENGTH):
            self.fault(index, "invalid-text", "reason")
        return given

    def figures(
        self, index: int, row: Row, state: str, version: VersionRule | None
    ) -> tuple[int | float | Decimal | None, int | float | Decimal | None]:
        numerator, denominator = row.numerator, row.denominator
        if state != "reported":
            if numerator is not None or denominator is not None:
                self.fault(index, "figures-with-state", "numerator" if numerator is not None else "denominator")
            return None, None
        upper = self.number(index, "numerator", numerator, version)
        lower = self.number(index, "denominator", denominator, version)
        if numerator is None:
            self.fault(index, "missing-field", "numerator")
        if version is None:
            return upper, lower
        if version.has_denominator:
            if denominator is None:
                self.fault(index, "missing-denominator", "denominator")
            elif version.is_proportion and upper is not None and lower is not None and upper > lower:
                self.fault(index, "numerator-above-denominator", "numerator")
        elif denominator is not None:
            self.fault(index, "unexpected-denominator", "denominator")
        return upper, lower

    def number(self, index: int, name: str, given: object, version: VersionRule | None) -> int | float | Decimal | None:
        if given is None:
            return None
        kind = type(given)
        if kind is int:
            if 0 <= given <= LARGEST:  # type: ignore[operator]  # an int, by the line above
                return given  # type: ignore[return-value]  # an int, as above
        elif kind is not float and kind is not Decimal:
            self.fault(index, "not-a-number" if kind is str else "wrong-type", name)
            return None
        return self.fraction(index, name, given, version)  # type: ignore[arg-type]  # int, float or Decimal by now

    def fraction(
        self, index: int, name: str, given: int | float | Decimal, version: VersionRule | None
    ) -> int | float | Decimal | None:
        code = ""
        if given != given or (given in (float("inf"), float("-inf")) and isinstance(given, float)):
            code = "not-a-number"
        elif given < 0:
            code = "negative-number"
        elif given > LARGEST:
            code = "number-too-large"
        elif given == int(given):
            return int(given)
        elif version is not None and version.whole_numbers:
            code = "not-a-whole-number"
        elif _decimals_above_six(given):
            code = "too-many-decimals"
        if code:
            self.fault(index, code, name)
            return None
        return given

    def warn(self) -> None:
        """Compare each total with the sum of its categories, where both are in the batch and add up by nature."""
        sums: dict[tuple[int, date], dict[str, int | Decimal]] = {}
        totals: dict[tuple[int, date], int] = {}
        measure_id, start, slot = 0, None, {}
        for place, measure, _, begins, dimension, _, state, numerator, _, _ in self.result.figures:
            if state != "reported":
                continue
            if begins is not start or measure != measure_id:  # rows of one slot mostly follow each other
                measure_id, start = measure, begins
                slot = sums.setdefault((measure, begins), {})
            slot[dimension] = slot.get(dimension, 0) + (numerator if type(numerator) is int else _exact(numerator))
            if not dimension:
                totals[measure, begins] = place
        for key, place in totals.items():
            total = sums[key].pop("")
            for dimension, parts in sums[key].items():
                if parts != total:
                    code = "total-differs-from-breakdown"
                    detail = f"{DETAILS[code]} Breakdown: {dimensions.DIMENSIONS[dimension].label.lower()}."
                    self.result.warnings.append(Fault(code, detail, place, "numerator", self.batch.line(place)))


def check(batch: Batch, rules: Mapping[str, MeasureRule], today: date) -> Checked:
    """Apply every rule to every row. `rules` holds the measures that the batch names; `today` is Europe/London's."""
    return _Check(batch, rules, today).run()


def is_plain_text(text: str, length: int) -> bool:
    """Whether text can be stored as it is: short enough, no control characters, no halves of characters."""
    return len(text) <= length and not any(
        (character < " " and character not in "\n\t") or character == "\x7f" or "\ud800" <= character <= "\udfff"
        for character in text
    )


@cache
def _allowed(breakdowns: frozenset[str]) -> frozenset[tuple[str, str]]:
    return frozenset({TOTAL, *(pair for pair in dimensions.PAIRS if pair[0] in breakdowns)})


def _read_period(given: object, kind: str) -> periods.Period:
    """Read a period; a spreadsheet that turned `2026-03` into a date means the period that starts on that day.

    Raises InvalidPeriodError and WrongPeriodTypeError.
    """
    if isinstance(given, date):
        period = periods.containing(given, kind)
        if period.start != given:
            raise periods.InvalidPeriodError
        return period
    return periods.parse(str(given), kind)


def _exact(number: int | float | Decimal | None) -> int | Decimal:
    return Decimal(repr(number)) if isinstance(number, float) else number or 0


def _within(day: date, starts: date, ends: date | None) -> bool:
    return starts <= day and (ends is None or day < ends)


def _decimals_above_six(number: float | Decimal) -> bool:
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    return exact != exact.quantize(_MICRO)
