"""What is wrong with one cell of a sender's own sheet, and what to do about it, in the words of the page.

The REST API's sentences speak to programmers. These name the sender's rows, columns and measures.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from partners import periods
from partners.dimensions import DIMENSIONS
from partners.models import Centre, MeasureVersion
from partners.services.checks import Finding

STATES = {
    "": "Not answered",
    "due": "Due",
    "overdue": "Overdue",
    "received": "Received",
    "reported": "Received",
    "none_offered": "None offered",
    "not_collected": "Not collected",
    "withheld": "Withheld",
    "withdrawn": "Withdrawn",
}
"""What each answer is called. None of them is nought."""

LEAVE_OUT = frozenset(
    {
        "breakdown-not-collected",
        "duplicate-key",
        "future-period",
        "measure-not-collected-here",
        "period-closed",
        "several-centres",
        "unknown-category",
        "unknown-dimension",
        "unknown-measure",
    }
)
"""What is often best answered by not sending the row."""

_FEW = 8
"""Codes that one sentence can list."""

_PLAIN = {
    "not-a-number": "Enter a number, like 14",
    "negative-number": "Enter 0 or more",
    "number-too-large": "Enter a number of at most 9,007,199,254,740,991",
    "not-a-whole-number": "Enter a whole number, like 14",
    "too-many-decimals": "Enter a number with at most 6 decimals",
    "missing-denominator": "Enter the denominator too",
    "unexpected-denominator": "Clear this cell: the measure has no denominator",
    "breakdown-not-collected": "The measure is not broken down in this way. Leave the row out",
    "invalid-state": "Choose none_offered, not_collected or withheld, or clear this cell",
    "figures-with-state": "Clear the figures, or clear the state",
    "future-period": "This period has not begun. Correct it, or leave the row out",
    "period-closed": "This period is closed to changes. Leave the row out, or ask the centre to open it",
    "invalid-text": "Enter at most 300 characters of plain text",
    "outlier": "Far from your own earlier figures. Check it: it can be sent as it is",
    "period-not-ended": "This period has not ended, so the figure may still change",
    "total-differs-from-breakdown": "The categories do not add up to this total. Both can be sent as they are",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the sentences about one sheet draw on: its centre, its period, and the measures that it may hold."""

    centre: Centre
    period: str
    versions: Mapping[str, MeasureVersion] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that something is said of: its column's name, and its row's values by column name."""

    name: str
    row: int
    values: Mapping[str, str]
    header: bool = False
    twins: tuple[int, ...] = ()


def sentence(finding: Finding, cell: Cell, sheet: Sheet) -> str:
    """Return what to do about a finding, without a full stop."""
    version = sheet.versions.get(cell.values.get("measure", ""))
    made = _MADE.get(finding.code)
    said = None if made is None else made(cell, sheet, version)
    return said or _PLAIN.get(finding.code, finding.detail.removesuffix("."))


type Maker = Callable[[Cell, Sheet, MeasureVersion | None], str | None]


def _number(cell: Cell, _: Sheet, version: MeasureVersion | None) -> str | None:
    if version is None:
        return None
    label = version.denominator_label if cell.name == "denominator" else version.numerator_label
    return f'Enter "{label}" as a number, like 14'


def _denominator(_: Cell, __: Sheet, version: MeasureVersion | None) -> str | None:
    return None if version is None else f'Enter "{version.denominator_label}" too'


def _above(cell: Cell, _: Sheet, version: MeasureVersion | None) -> str | None:
    if version is None:
        return None
    lower = _mid_sentence(version.denominator_label)
    upper, of = cell.values.get("numerator"), cell.values.get("denominator")
    return f"{version.numerator_label} ({upper}) cannot be more than {lower} ({of})"


def _mid_sentence(label: str) -> str:
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _missing(cell: Cell, _: Sheet, version: MeasureVersion | None) -> str:
    if cell.name == "numerator" and version is not None:
        return f'Enter "{version.numerator_label}"'
    return f"Enter the {cell.name or 'missing value'}"


def _measure(cell: Cell, sheet: Sheet, _: MeasureVersion | None) -> str:
    given = cell.values.get("measure", "")
    titles = {version.title.lower(): code for code, version in sheet.versions.items()}
    close = get_close_matches(given.lower(), [*sheet.versions, *titles], n=1, cutoff=0.5)
    advice = f'Did you mean "{titles.get(close[0], close[0])}"?' if close else "Copy its code from the template"
    return f'There is no measure "{given[:64]}". {advice}'


def _period(_: Cell, sheet: Sheet, version: MeasureVersion | None) -> str:
    if version is None:
        return f"Enter the period, like {sheet.period}"
    try:
        example = periods.parse(sheet.period, version.period_type).name
    except (periods.WrongPeriodTypeError, periods.InvalidPeriodError):
        example = periods.EXAMPLES[version.period_type]
    return f"Enter the {version.period_type.replace('_', ' ')}, like {example}"


def _dimension(_: Cell, __: Sheet, version: MeasureVersion | None) -> str:
    allowed = list(DIMENSIONS) if version is None else version.breakdowns
    return f"Enter {' or '.join(allowed)}" if allowed else "Leave the row out: the measure has no breakdowns"


def _category(cell: Cell, _: Sheet, __: MeasureVersion | None) -> str:
    """Name the code for what was written in words, or every code where they are few."""
    given = cell.values.get("category", "")
    known = DIMENSIONS.get(cell.values.get("dimension", ""))
    categories = {} if known is None else {each.label.lower(): each for each in known.categories}
    # Only what is nearly a label: nobody should be led to another ethnicity because its name is spelled alike.
    close = get_close_matches(given.lower(), categories, n=1, cutoff=0.9)
    if close:
        meant = categories[close[0]]
        return f'There is no category "{given[:64]}". Did you mean "{meant.code}", {meant.label}?'
    *most, last = [each.code for each in categories.values()] or [""]
    advice = f"Enter {', '.join(most)} or {last}" if 0 < len(most) < _FEW else "Copy one from the template's sheet Help"
    return f'There is no category "{given[:64]}". {advice}, or leave the row out' if given else advice


def _elsewhere(_: Cell, sheet: Sheet, __: MeasureVersion | None) -> str:
    return f"{sheet.centre.name} does not collect this measure for this period. Leave the row out"


def _centre(_: Cell, sheet: Sheet, __: MeasureVersion | None) -> str:
    return f'This sheet is for {sheet.centre.name}. Enter "{sheet.centre.slug}", or leave the row out'


def _twice(cell: Cell, _: Sheet, __: MeasureVersion | None) -> str:
    rows = " and ".join(str(row + 1) for row in sorted({cell.row, *cell.twins}))
    return f"Rows {rows} hold the same figure. Leave all but one out"


def _column(cell: Cell, _: Sheet, __: MeasureVersion | None) -> str:
    if not cell.header:
        return "There is no column name above this cell. Clear it"
    if not cell.name:
        return "This column has no name. Leave it out, or name it"
    return f'We do not use the column "{cell.name}". Leave it out, or correct its name'


_MADE: Mapping[str, Maker] = {
    "not-a-number": _number,
    "missing-denominator": _denominator,
    "numerator-above-denominator": _above,
    "missing-field": _missing,
    "unknown-measure": _measure,
    "invalid-period": _period,
    "wrong-period-type": _period,
    "unknown-dimension": _dimension,
    "unknown-category": _category,
    "measure-not-collected-here": _elsewhere,
    "several-centres": _centre,
    "duplicate-key": _twice,
    "unknown-field": _column,
}
