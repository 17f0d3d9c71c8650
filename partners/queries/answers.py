"""What an organisation has answered: return by return for a list, and figure by figure for one return."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from partners.models import Centre, MeasureVersion, Observation, Organisation
from partners.periods import Period
from partners.queries import contract, returns
from partners.queries.returns import Owed

_AT_ONCE = 400
_READS = 5


@dataclass(frozen=True, slots=True)
class OwedReturn:
    """Everything an organisation owes a centre for one period."""

    centre: str
    period: Period
    entries: tuple[Owed, ...]

    @property
    def due(self) -> date:
        """The last day on which it is in time."""
        return min(entry.due for entry in self.entries)

    @property
    def states(self) -> dict[str, int]:
        """How many figures are in which state, in the order of the register."""
        counts = {state: sum(entry.state == state for entry in self.entries) for state in returns.STATES}
        return {state: count for state, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class ReturnPage:
    """Some returns, newest period first, and from which place to go on; empty where these are the last."""

    returns: list[OwedReturn]
    following: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """One figure of one return: what it means, what was sent for the period, and the last figure of an earlier one."""

    owed: Owed
    version: MeasureVersion
    current: Observation | None
    earlier: Observation | None


def page_of_returns(
    organisation: Organisation,
    *,
    today: date,
    centre: str | None = None,
    state: str | None = None,
    after: tuple[str, ...] = (),
    size: int = 20,
) -> ReturnPage:
    """Return up to `size` returns after a place, those with a figure in a state if one is named.

    Looks at a few thousand figures at most; a page may then be short, or empty, and still have one that follows.
    """
    found: list[OwedReturn] = []
    for _ in range(_READS):
        entries = returns.owed(organisation, today=today, centre=centre, after=after, limit=_AT_ONCE)
        whole, last = _whole_groups(entries)
        for group in whole:
            after = group[-1].place
            found.extend(each for each in _by_kind(group) if state is None or state in each.states)
            if len(found) >= size:
                more = group is not whole[-1] or not last
                return ReturnPage(found, after if more else ())
        if last:
            return ReturnPage(found, ())
    return ReturnPage(found, after)


def _whole_groups(entries: list[Owed]) -> tuple[list[list[Owed]], bool]:
    """Return the entries by start and centre, without the last group where it may go on, and whether all came."""
    groups = [list(group) for _, group in groupby(entries, key=lambda entry: entry.place[:2])]
    last = len(entries) < _AT_ONCE
    return (groups if last or len(groups) < 2 else groups[:-1]), last


def _by_kind(group: Iterable[Owed]) -> Iterator[OwedReturn]:
    """Split what starts on one day at one centre: a month and a quarter may."""
    kinds: dict[Period, list[Owed]] = {}
    for entry in group:
        kinds.setdefault(entry.period, []).append(entry)
    for period, entries in kinds.items():
        yield OwedReturn(entries[0].centre, period, tuple(entries))


def answered(organisation: Organisation, centre: Centre, period: str, *, today: date) -> list[Answered]:
    """Return every figure owed for a period's name, in the centre's order of measures.

    Raises `partners.periods.InvalidPeriodError`.
    """
    entries = returns.owed(organisation, today=today, centre=centre.slug, period=period)
    versions: dict[tuple[date, int], MeasureVersion] = {}
    for start in {entry.period.start for entry in entries}:
        collected = contract.collected_versions(centre, start)
        versions |= {(start, measure): version for measure, version in collected.items()}
    order = {place: number for number, place in enumerate(versions)}
    current, earlier = _figures(organisation, centre, entries)
    found = [
        Answered(
            owed=entry,
            version=versions[entry.period.start, entry.measure_id],
            current=current.get((entry.measure_id, entry.period.start)),
            earlier=earlier.get(entry.measure_id),
        )
        for entry in entries
        if (entry.period.start, entry.measure_id) in versions
    ]
    return sorted(found, key=lambda each: (each.owed.period, order[each.owed.period.start, each.owed.measure_id]))


def totals_of(organisation: Organisation, centre: Centre, ids: Iterable[int]) -> dict[int, Observation]:
    """Return an organisation's totals by id, those that were corrected since among them; others are left out."""
    found = Observation.objects.filter(pk__in=list(ids), organisation=organisation, centre=centre, dimension="")
    return {each.pk: each for each in found}


def _figures(
    organisation: Organisation, centre: Centre, entries: list[Owed]
) -> tuple[dict[tuple[int, date], Observation], dict[int, Observation]]:
    """Return the open totals of the periods, and for each measure the last figure of an earlier one. Two queries."""
    if not entries:
        return {}, {}
    starts = {entry.period.start for entry in entries}
    totals = Observation.objects.filter(
        organisation=organisation,
        centre=centre,
        measure_id__in={entry.measure_id for entry in entries},
        dimension="",
        closed_seq__isnull=True,
    )
    current = {(each.measure_id, each.period_start): each for each in totals.filter(period_start__in=starts)}
    reported = totals.filter(period_start__lt=min(starts), state=Observation.State.REPORTED).select_related("version")
    latest = reported.order_by("measure_id", "-period_start").distinct("measure_id")
    return current, {each.measure_id: each for each in latest}
