"""What an organisation owes: one entry for each measure of each period of its returns, newest period first."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain, islice

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from partners import periods
from partners.models import (
    Centre,
    Collection,
    MeasureVersion,
    Observation,
    Organisation,
    Partnership,
    Return,
    ReturnMeasure,
)
from partners.models.contract import PeriodType
from partners.periods import Period
from partners.queries.organisations import holds_on

RECEIVED, DUE, OVERDUE = "received", "due", "overdue"
STATES = (
    DUE,
    OVERDUE,
    RECEIVED,
    Observation.State.NONE_OFFERED.value,
    Observation.State.NOT_COLLECTED.value,
    Observation.State.WITHHELD.value,
)


@dataclass(frozen=True, slots=True)
class Owed:
    """A figure that an organisation owes a centre. `closes` is the last day for changes, None where there is none."""

    centre_id: int
    centre: str
    measure_id: int
    measure: str
    title: str
    period: Period
    due: date
    closes: date | None
    state: str = DUE

    @property
    def place(self) -> tuple[str, str, str]:
        """Where the entry stands in the list; no two share one."""
        return self.period.start.isoformat(), self.centre, self.measure


@dataclass(frozen=True, slots=True)
class _Contract:
    """When measures mean something, where they are collected, and since when the organisation is a partner there."""

    versions: dict[int, list[MeasureVersion]]
    collected: dict[tuple[int, int], list[Collection]]
    partnerships: dict[int, list[Partnership]]

    def title(self, owed_in: Return, measure_id: int, period: Period) -> str | None:
        """Return the measure's title where it is owed for the period, else None."""
        if not any(_holds(each, period) for each in self.partnerships.get(owed_in.centre_id, [])):
            return None
        if not any(_holds(each, period) for each in self.collected.get((owed_in.centre_id, measure_id), [])):
            return None
        for version in self.versions.get(measure_id, []):
            if version.starts <= period.start and (version.ends is None or period.start < version.ends):
                return version.title if version.period_type == period.kind else None
        return None


def owed(
    organisation: Organisation,
    *,
    today: date,
    centre: str | None = None,
    period: str | None = None,
    after: tuple[str, ...] = (),
    limit: int | None = None,
) -> list[Owed]:
    """Return what is owed in one period, or in every period from the newest that has begun back to the first.

    At centres where the organisation is a partner today. `after` is the `place` of the entry before the first. Raises
    `partners.periods.InvalidPeriodError` where `period` names none of any kind.
    """
    if period is not None:
        _refuse_no_period(period)
    returns = list(_returns(organisation, today, centre))
    contract = _contract(organisation, returns)
    newest = date.fromisoformat(after[0]) if after else today
    runs = [_run(contract, each, _periods(each, period, newest)) for each in returns]
    entries: Iterable[Owed] = chain.from_iterable(map(_by_place, _same_start(heapq.merge(*runs, key=_newest_first))))
    if after:
        entries = (entry for entry in entries if _is_after(entry, after))
    return _with_states(organisation, list(islice(entries, limit)), today)


def monthly_from(organisation: Organisation, centre: Centre, day: date) -> list[Return]:
    """Return what an organisation owes a centre each month from a day on, now or later, the earliest first."""
    owed = Return.objects.filter(organisation=organisation, centre=centre, period_type=PeriodType.MONTH)
    return list(owed.exclude(until_date__lte=day).order_by("from_date", "pk"))


def _returns(organisation: Organisation, today: date, centre: str | None) -> QuerySet[Return]:
    partnership = Partnership.objects.filter(
        holds_on(today), organisation=organisation, centre_id=OuterRef("centre_id")
    )
    found = Return.objects.filter(Exists(partnership), organisation=organisation)
    if centre is not None:
        found = found.filter(centre__slug=centre)
    measures = ReturnMeasure.objects.select_related("measure").order_by("measure__code")
    return found.select_related("centre").prefetch_related(Prefetch("measures", measures)).order_by("pk")


def _contract(organisation: Organisation, returns: list[Return]) -> _Contract:
    measures = {each.measure_id for owed_in in returns for each in owed_in.measures.all()}
    centres = {owed_in.centre_id for owed_in in returns}
    contract = _Contract({}, {}, {})
    if measures:
        for version in MeasureVersion.objects.filter(measure_id__in=measures):
            contract.versions.setdefault(version.measure_id, []).append(version)
        for each in Collection.objects.filter(measure_id__in=measures, centre_id__in=centres):
            contract.collected.setdefault((each.centre_id, each.measure_id), []).append(each)
        for partnership in Partnership.objects.filter(organisation=organisation, centre_id__in=centres):
            contract.partnerships.setdefault(partnership.centre_id, []).append(partnership)
    return contract


def _refuse_no_period(text: str) -> None:
    for kind in periods.EXAMPLES:
        try:
            periods.parse(text, kind)
        except periods.WrongPeriodTypeError:
            return
        except periods.InvalidPeriodError:
            continue
        return
    raise periods.InvalidPeriodError(f"'{text[:40]}' is not a period. Write it like 2026-03.")


def _periods(owed_in: Return, text: str | None, newest: date) -> Iterator[Period]:
    if text is not None:
        try:
            named = periods.parse(text, owed_in.period_type)
        except (periods.WrongPeriodTypeError, periods.InvalidPeriodError):
            return
        if _holds(owed_in, named):
            yield named
        return
    last = newest if owed_in.until_date is None else min(newest, owed_in.until_date - timedelta(days=1))
    if last < owed_in.from_date:
        return
    period = periods.containing(last, owed_in.period_type)
    while period.start >= owed_in.from_date:
        yield period
        period = period.preceding()


def _run(contract: _Contract, owed_in: Return, ahead: Iterator[Period]) -> Iterator[Owed]:
    for period in ahead:
        for each in owed_in.measures.all():
            title = contract.title(owed_in, each.measure_id, period)
            if title is None:
                continue
            closes = owed_in.closes_after_days
            yield Owed(
                centre_id=owed_in.centre_id,
                centre=owed_in.centre.slug,
                measure_id=each.measure_id,
                measure=each.measure.code,
                title=title,
                period=period,
                due=period.end + timedelta(days=owed_in.due_after_days),
                closes=None if closes is None else period.end + timedelta(days=closes),
            )


def _newest_first(entry: Owed) -> int:
    return -entry.period.start.toordinal()


def _same_start(entries: Iterable[Owed]) -> Iterator[list[Owed]]:
    group: list[Owed] = []
    for entry in entries:
        if group and entry.period.start != group[0].period.start:
            yield group
            group = []
        group.append(entry)
    if group:
        yield group


def _by_place(group: list[Owed]) -> list[Owed]:
    return sorted(group, key=lambda entry: (entry.centre, entry.measure))


def _is_after(entry: Owed, after: tuple[str, ...]) -> bool:
    start, *rest = entry.place
    return start < after[0] or (start == after[0] and tuple(rest) > after[1:])


def _holds(row: Return | Collection | Partnership, period: Period) -> bool:
    return row.from_date <= period.start and (row.until_date is None or period.start < row.until_date)


def _with_states(organisation: Organisation, entries: list[Owed], today: date) -> list[Owed]:
    """Fill in what the organisation has answered, from its open totals, in one query."""
    if not entries:
        return []
    starts = [entry.period.start for entry in entries]
    sent = Observation.objects.filter(
        organisation=organisation,
        centre_id__in={entry.centre_id for entry in entries},
        measure_id__in={entry.measure_id for entry in entries},
        period_start__range=(min(starts), max(starts)),
        dimension="",
        closed_seq__isnull=True,
    ).values_list("centre_id", "measure_id", "period_start", "state")
    answers = {(centre, measure, start): state for centre, measure, start, state in sent}
    return [_answered(entry, answers, today) for entry in entries]


def _answered(entry: Owed, answers: dict[tuple[int, int, date], str], today: date) -> Owed:
    state = answers.get((entry.centre_id, entry.measure_id, entry.period.start))
    if state is None:
        state = OVERDUE if today > entry.due else DUE
    elif state == Observation.State.REPORTED:
        state = RECEIVED
    return replace(entry, state=state)
